package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/hktrust/hktrust/javaks"
)

// A certificate goes into a keystore and out again; everything else keeps its
// bytes. The caller reads and writes the file.
func Example() {
	data, err := os.ReadFile("../testdata/jks/v1.jks")
	if err != nil {
		log.Fatal(err)
	}
	ca, err := os.ReadFile("../testdata/jks/extra.der")
	if err != nil {
		log.Fatal(err)
	}

	ks, err := javaks.Open(data) // with the passwords that JDKs ship
	if err != nil {
		log.Fatal(err)
	}
	with, added, err := ks.Edit(javaks.Edit{Add: []javaks.Addition{{Alias: "My-CA", DER: ca}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("added %q\n", added[0].Alias)

	ks, err = javaks.Open(with)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range ks.Entries() {
		fmt.Println(e.Kind, e.Alias)
	}
	without, _, err := ks.Edit(javaks.Edit{Remove: []javaks.Removal{{SHA256: sha256.Sum256(ca)}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("restored:", bytes.Equal(without, data))
	// Output:
	// added "my-ca"
	// trusted-certificate one
	// trusted-certificate two
	// trusted-certificate my-ca
	// restored: true
}

// A keystore with a password of its own can be listed without it, but not
// edited.
func ExampleKeystore_EditError() {
	data, err := os.ReadFile("../testdata/jks/chinese-password.jks")
	if err != nil {
		log.Fatal(err)
	}
	for _, passwords := range [][]string{nil, {"wrong"}, {"密碼測試密碼"}} {
		ks, err := javaks.Open(data, passwords...)
		if err != nil {
			log.Fatal(err)
		}
		switch err := ks.EditError(); {
		case errors.Is(err, javaks.ErrPasswordRequired):
			fmt.Println(len(ks.Entries()), "entry; ask for the password")
		case errors.Is(err, javaks.ErrWrongPassword):
			fmt.Println(len(ks.Entries()), "entry; ask again")
		default:
			fmt.Println(len(ks.Entries()), "entry; can be edited:", err == nil)
		}
	}
	// Output:
	// 1 entry; ask for the password
	// 1 entry; ask again
	// 1 entry; can be edited: true
}

// An empty JKS, as Java Web Start keeps for its user, is 32 bytes long.
func ExampleNew() {
	data, err := javaks.New(javaks.JKS, "changeit", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(javaks.Detect(data), len(data))
	// Output: jks 32
}

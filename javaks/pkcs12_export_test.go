package javaks

import (
	"bytes"
	"testing"
)

// CraftedBag is a trusted certificate for CraftPKCS12.
type CraftedBag struct {
	Alias    string
	Nameless bool // no friendlyName at all
	DER      []byte
}

// CraftPKCS12 writes a passwordless trust store that no program at hand would.
func CraftPKCS12(t testing.TB, bags ...CraftedBag) []byte {
	t.Helper()
	c := content{changed: true}
	for _, b := range bags {
		crafted := craftBag(t, b.Alias, b.DER)
		if b.Nameless {
			// Another identifier of the same length: 1.2.840.113549.1.9.99.
			crafted.raw = bytes.Replace(crafted.raw, []byte(oidFriendlyName), []byte(dotted("1.2.840.113549.1.9.99")), 1)
		}
		c.bags = append(c.bags, crafted)
	}
	return craftPKCS12(t, nil, secret{}, c)
}

// CraftUnterminated writes a store whose MAC and encryption are made with the
// empty password in the form that has no terminator.
func CraftUnterminated(t testing.TB, der []byte) []byte {
	t.Helper()
	m, err := parseMAC(craftMAC(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	return craftPKCS12(t, m, secret{}, craftEncrypted(t, craftPBE(1000), secret{}, craftBag(t, "one", der)))
}

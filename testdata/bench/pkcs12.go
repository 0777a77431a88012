package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hktrust/hktrust/javaks"
)

// protections are how keytool writes PKCS#12: under a password, as it does
// unless told otherwise, and as the cacerts of JDK 18 and newer is.
var protections = []struct {
	name    string
	options []string
}{
	{"PKCS#12 with password", nil},
	{"PKCS#12 passwordless", []string{
		"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
	}},
}

// comparePKCS12 has the profile's certificates added to the same store in
// PKCS#12, which keytool makes.
func (b *bench) comparePKCS12() error {
	for _, p := range protections {
		original, err := b.converted(p.options)
		if err != nil {
			return err
		}
		ensure, imported, err := b.imports(original, p.options)
		if err != nil {
			return err
		}
		fmt.Printf("\n%s:\n", p.name)
		fmt.Printf("hktrust ensure     %8.1f ms   three CAs go in\n", ms(ensure))
		fmt.Printf("keytool            %8.1f ms   %4.0f × hktrust ensure\n", ms(imported), ratio(imported, ensure))
	}
	return nil
}

// converted is the keystore as keytool writes it with the options.
func (b *bench) converted(options []string) ([]byte, error) {
	from, to := b.path("source"), b.path("converted")
	if err := errors.Join(os.RemoveAll(to), os.WriteFile(from, b.original, 0o644), handOver(b.dir)); err != nil {
		return nil, err
	}
	err := b.run(slices.Concat([]string{b.keytool}, options, []string{
		"-importkeystore", "-noprompt", "-srckeystore", from, "-srcstorepass", "changeit",
		"-destkeystore", to, "-deststoretype", string(javaks.PKCS12), "-deststorepass", "changeit",
	}))
	if err != nil {
		return nil, err
	}
	return os.ReadFile(to)
}

// imports measures one hktrust against one keytool a certificate.
func (b *bench) imports(original []byte, options []string) (ensure, imported time.Duration, err error) {
	store := b.path("store.p12")
	fresh := func() error {
		return errors.Join(os.RemoveAll(b.path("state")), os.RemoveAll(store+".hktrust-orig"), os.WriteFile(store, original, 0o644))
	}
	ensure, err = b.median(b.runs, job{fresh, [][]string{{b.path("hktrust"), "ensure", "--store", store}}})
	if err != nil {
		return 0, 0, err
	}
	var commands [][]string
	for n, cert := range b.certs {
		commands = append(commands, slices.Concat([]string{b.keytool}, options, []string{
			"-importcert", "-noprompt", "-alias", fmt.Sprint("ca", n), "-file", cert, "-keystore", store, "-storepass", "changeit",
		}))
	}
	imported, err = b.median(b.runs/3, job{fresh, commands})
	return ensure, imported, err
}

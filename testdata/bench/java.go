//go:build unix

package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// keystore returns the file without Hongkong Post's certificates, and writes
// those of the profile for keytool.
func (b *bench) keystore() (original []byte, certs []string) {
	data, err := os.ReadFile(*cacerts)
	check(err)
	ks, err := javaks.Open(data)
	check(err)
	members, err := hkpost.Members(hkpost.Server, time.Now())
	check(err)
	var edit javaks.Edit
	for _, m := range members {
		edit.Remove = append(edit.Remove, javaks.Removal{SHA256: m.SHA256})
		certs = append(certs, b.path(m.Slug+".der"))
		check(os.WriteFile(b.path(m.Slug+".der"), m.DER(), 0o644))
	}
	original, _, err = ks.Edit(edit)
	check(err)
	return original, certs
}

func (b *bench) hktrust(args ...string) usage { return run(b.path("hktrust"), args...) }

// forget takes away what hktrust and the floor noted of earlier rounds.
func (b *bench) forget() {
	check(os.RemoveAll(b.path("state")))
	check(os.RemoveAll(b.path("receipts")))
}

// java adds the profile's three CAs to one keystore, and takes them out again.
func (b *bench) java() {
	original, certs := b.keystore()
	store, spare, theirs := b.path("cacerts"), b.path("spare"), b.path("theirs")
	b.forget()
	fresh(original, store, spare)
	ensure := func() usage { return b.hktrust("ensure", "--store", store) }
	all := compare(
		contestant{run: func() usage { return run(b.path("floor")) }},
		contestant{run: func() usage { return run(b.path("floor"), "-receipts", b.path("receipts"), spare) }},
		contestant{run: ensure},
		contestant{run: ensure},
		contestant{run: func() usage { return b.hktrust("check", "--store", store) }},
		contestant{run: func() usage { return b.hktrust("undo") }},
		contestant{run: func() usage { return b.hktrust("version") }},
		contestant{every: 8, ready: func() { fresh(original, theirs) }, run: func() usage { return b.imports(theirs, certs) }},
		contestant{every: 8, run: func() usage { return run(*keytool, "-list", "-keystore", theirs, "-storepass", "changeit") }},
	)
	names := []string{
		"an empty program", "floor", "hktrust ensure", "hktrust ensure, nothing to do", "hktrust check", "hktrust undo",
		"hktrust version", "keytool -importcert ×3", "keytool -list",
	}
	for i, name := range names {
		line(name, all[i])
	}
	atMost("ensure ÷ floor, beyond the start", all[2].without(all[0]).over(all[1].without(all[0])), 2, "×")
	atMost("undo ÷ floor, beyond the start", all[5].without(all[0]).over(all[1].without(all[0])), 2, "×")
	fmt.Printf("  keytool ÷ ensure %.0f ×, keytool -list ÷ check %.0f ×\n", all[7].over(all[2]), all[8].over(all[4]))
}

// imports has keytool add certificates, one a process.
func (b *bench) imports(store string, certs []string, options ...string) usage {
	var sum usage
	for n, cert := range certs {
		sum = sum.and(run(*keytool, slices.Concat(options, []string{
			"-importcert", "-noprompt", "-alias", fmt.Sprint("ca", n), "-file", cert, "-keystore", store, "-storepass", "changeit",
		})...))
	}
	return sum
}

// pkcs12 does the same to the same store in PKCS#12, as keytool writes it:
// under a password, as it does unless told otherwise, and as the cacerts of
// JDK 18 and newer is.
func (b *bench) pkcs12() {
	original, certs := b.keystore()
	for name, options := range map[string][]string{
		"with password": nil,
		"without": {
			"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
		},
	} {
		from, store, theirs := b.path("source"), b.path("store.p12"), b.path("theirs.p12")
		fresh(original, from)
		check(os.RemoveAll(store))
		run(*keytool, slices.Concat(options, []string{
			"-importkeystore", "-noprompt", "-srckeystore", from, "-srcstorepass", "changeit",
			"-destkeystore", store, "-deststoretype", string(javaks.PKCS12), "-deststorepass", "changeit",
		})...)
		converted, err := os.ReadFile(store)
		check(err)
		all := compare(
			contestant{ready: func() { b.forget(); fresh(converted, store) }, run: func() usage { return b.hktrust("ensure", "--store", store) }},
			contestant{every: 4, ready: func() { fresh(converted, theirs) }, run: func() usage { return b.imports(theirs, certs, options...) }},
		)
		line("hktrust ensure, "+name, all[0])
		line("keytool -importcert ×3", all[1])
		fmt.Printf("  keytool ÷ ensure %.0f ×\n", all[1].over(all[0]))
		check(os.RemoveAll(store))
	}
	b.forget()
}

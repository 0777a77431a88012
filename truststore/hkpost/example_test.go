package hkpost_test

import (
	"fmt"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

func ExampleMembers() {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	members, err := hkpost.Members(hkpost.Server, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range members {
		fmt.Printf("%-26s anchor=%-5v until %s\n", m.Slug, m.Anchor, m.NotAfter.Format(time.DateOnly))
	}
	// Output:
	// root-ca-3                  anchor=true  until 2042-06-03
	// ecert-ssl-ca-3-17-2025     anchor=false until 2032-06-03
	// ecert-ev-ssl-ca-3-17-2025  anchor=false until 2032-06-03
}

func ExampleLookup() {
	f, err := hkpost.ParseFingerprint("F9:E6:7D:33:6C:51:00:2A:C0:54:C6:32:02:2D:66:DD:" +
		"A2:E7:E3:FF:F1:0A:D0:61:ED:31:D8:BB:B4:10:CF:B2")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, _ := hkpost.Lookup(f)
	fmt.Println(c.CommonName, "- use", c.Successor)
	for _, condition := range c.Condition(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)) {
		fmt.Println(condition.Code)
	}
	// Output:
	// Hongkong Post Root CA 1 - use root-ca-3
	// known-bad
	// expired
	// superseded
}

func ExampleBuiltinTrust() {
	root, _ := hkpost.BySlug("root-ca-3")
	for _, version := range []string{"60.9", "140.5.0esr", "200.0"} {
		_, assumed, ok := hkpost.BuiltinTrust(hkpost.Firefox, version, root.SHA256)
		fmt.Println(version, ok, assumed)
	}
	// Output:
	// 60.9 false false
	// 140.5.0esr true false
	// 200.0 true true
}

func ExampleKnownBadFingerprint() {
	revoked, _ := hkpost.BySlug("ecert-ssl-ca-3-17-2017")
	bad, ok := hkpost.KnownBadFingerprint(revoked.SHA256)
	fmt.Println(ok, bad.Reason, bad.Date, bad.Replacement)
	// Output: true revoked 2026-06-18 ecert-ssl-ca-3-17-2025
}

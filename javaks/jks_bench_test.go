package javaks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
)

// cacerts144 returns a JKS as large as Debian's cacerts.
func cacerts144() []byte {
	var entries []rawEntry
	for i := range 144 {
		der := []byte(strings.Repeat(fmt.Sprintf("%04d", i), 270))
		entries = append(entries, rawEntry{fmt.Sprintf("debian:certificate_authority_%d.pem", i), der})
	}
	return rawJKS(entries...)
}

// Three CAs go into a keystore of 144, as ensure does it: open, edit, prove.
func BenchmarkJKSAddThree(b *testing.B) {
	data, pki := cacerts144(), javatest.NewRSAPKI(b)
	change := javaks.Edit{Add: []javaks.Addition{
		addition("root", pki.Root.Raw), addition("issuing-1", pki.Issuing.Raw), addition("issuing-2", pki.Leaf.Raw),
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, added := edit(b, open(b, data, "changeit"), change); len(added) != 3 {
			b.Fatal("not added")
		}
	}
}

// Opening and listing, as check does it.
func BenchmarkJKSList(b *testing.B) {
	data := cacerts144()
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range open(b, data, "changeit").Entries() {
			e.SHA256()
		}
	}
}

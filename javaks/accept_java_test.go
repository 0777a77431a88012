package javaks

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
)

var (
	certificates = flag.Int("certificates", 3000, "generated certificates to compare with JVMs, for each seed")
	seeds        = flag.Int("seeds", 1, "seeds to generate certificates from")
	firstSeed    = flag.Uint64("seed", 1, "the first seed")
)

// What is accepted, every JVM loads, with the very bytes; what is refused by a
// release, that release refuses; what is neither, is counted by its doubt.
//
//	go test ./javaks -run AgreesWithJava -certificates 20000 -seeds 10 -v
func TestAcceptableAgreesWithJava(t *testing.T) {
	jdks := javatest.Newest(t)
	for seed := *firstSeed; seed < *firstSeed+uint64(*seeds); seed++ {
		g := newGenerator(seed)
		g.real = realNodes(t, jdks[0])
		var ders [][]byte
		for range *certificates {
			ders = append(ders, g.certificate(pick(g, []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 6})))
		}
		for _, jdk := range jdks {
			compareWithJVM(t, fmt.Sprintf("seed %d", seed), jdk, ders)
		}
	}
}

// realNodes are the certificates of the JDK's own trust store.
func realNodes(t *testing.T, jdk javatest.JDK) []*node {
	t.Helper()
	data, err := os.ReadFile(jdk.Cacerts())
	if err != nil {
		t.Fatal(err)
	}
	ks, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	var list []*node
	for _, e := range ks.Entries() {
		parsed, ok := parseNodes(e.Chain[0])
		if !ok || !bytes.Equal(parsed[0].encode(), e.Chain[0]) {
			t.Fatalf("%s: the tree is not the certificate", e.Alias)
		}
		list = append(list, parsed[0])
	}
	return list
}

// compareWithJVM judges certificates and compares with the JDK.
func compareWithJVM(t *testing.T, label string, jdk javatest.JDK, ders [][]byte) {
	t.Helper()
	counts := make(map[string]int)
	known := slices.Contains(Releases[:], jdk.Major)
	for i, v := range jdk.JudgeCertificates(t, ders) {
		all, one := Acceptable(ders[i]), AcceptableTo(jdk.Major, ders[i])
		taken := "refused"
		if v.Loads() {
			taken = "taken"
		}
		if v.Factory != v.JKS || v.JKS != v.PKCS12 {
			counts["JVM disagrees with itself"]++
		}
		if (all == nil || one == nil) && (!v.Loads() || !v.Same) {
			t.Errorf("%s, certificate %d: accepted, but Java %d says %+v\n%x", label, i, jdk.Major, v, ders[i])
		}
		var refused *RefusedError
		var unproven *UnprovenError
		switch {
		case one == nil:
			counts["accepted, "+taken]++
		case errors.As(one, &refused):
			counts[fmt.Sprintf("refused %s, %s", refused.Code, taken)]++
			if known && v.Loads() {
				t.Errorf("%s, certificate %d: Java %d takes it, but: %v\n%x", label, i, jdk.Major, one, ders[i])
			}
		case errors.As(one, &unproven):
			counts[fmt.Sprintf("unproven %s, %s", unproven.Code, taken)]++
		}
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s, Java %s: %6d %s", label, jdk.Version, counts[what], what)
	}
}

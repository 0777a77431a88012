package truststore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// What builds on a receipt is found the same way however many there are.
func TestBuildersFindWhatBuildsOnAReceipt(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		kind := []Kind{KindJava, KindNSS, KindSystem}[random.IntN(3)]
		var added []ledger.Receipt // newest first
		known := builders{}
		for n := range 40 {
			r := ledger.Receipt{ID: fmt.Sprint(n), SHA256: fmt.Sprint(random.IntN(3)), Store: ledger.StoreRef{Kind: string(kind)}}
			r.After.Present = random.IntN(2) == 0
			r.After.Name, r.Before.Name = []string{"", "a", "b"}[random.IntN(3)], []string{"", "a", "b"}[random.IntN(3)]
			want := ""
			for _, l := range slices.Backward(added) {
				if buildsOn(l, r) {
					want = l.ID
					break
				}
			}
			if got, ok := known.on(r); got.ID != want || ok != (want != "") {
				t.Fatalf("seed %d, %s: %q builds on receipt %d, want %q", seed, kind, got.ID, n, want)
			}
			added = append(added, r)
			known.add(r)
		}
	}
}

package chain_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/truststore/chain"
)

func parse(t testing.TB, list [][]byte) []*chain.Certificate {
	t.Helper()
	var out []*chain.Certificate
	for _, der := range list {
		c, err := chain.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// Two hundred CAs that all sign each other end the walk, not the program.
func TestWalkIsBounded(t *testing.T) {
	const n = 200
	key := chains.KeyNamed("p256-0")
	made := chains.Make(chains.Template{Serial: []byte{1}, Subject: chains.CN("A"), Issuer: chains.CN("A"),
		NotBefore: chains.Now, NotAfter: chains.Now.AddDate(1, 0, 0), Key: key, Signer: key})
	var all []*chain.Certificate
	for i := range n {
		c := *parse(t, [][]byte{made})[0]
		c.Fingerprint[0], c.Fingerprint[1] = byte(i), byte(i>>8)
		all = append(all, &c)
	}
	steps := 0
	w := chain.Walk{
		Issuers: func([]*chain.Certificate) (out []chain.Step) {
			for _, c := range all {
				out = append(out, chain.Step{Certificate: c})
			}
			return out
		},
		Reached: func([]*chain.Certificate) bool { steps++; return false },
	}
	if err := w.From(all[0]); !errors.Is(err, chain.ErrTooComplex) {
		t.Fatalf("got %v", err)
	}
}

func TestLoopEnds(t *testing.T) {
	c := chains.Hand()[0]
	list := parse(t, c.Presented)
	w := chain.Walk{
		Issuers: func([]*chain.Certificate) []chain.Step {
			return []chain.Step{{Certificate: list[0]}, {Certificate: list[1]}}
		},
		Reached: func([]*chain.Certificate) bool { return false },
	}
	if err := w.From(list[0]); err != nil {
		t.Fatal(err)
	}
}

func TestParseReadsWhatGoRefuses(t *testing.T) {
	for _, name := range []string{"serial-negative", "leaf-duplicate-extension", "sub-names-directory"} {
		i := slices.IndexFunc(chains.Hand(), func(c chains.Chain) bool { return c.Name == name })
		parse(t, chains.Hand()[i].Presented)
	}
}

// Examine says of every hand-made chain with a fault of its own what it is,
// and nothing of a chain without one.
func TestExamine(t *testing.T) {
	want := map[string][]chain.FindingCode{
		"plain": nil, "root-sent": nil,
		"swapped":        {chain.FindingOrder, chain.FindingOrder},
		"duplicate":      {chain.FindingRepeated},
		"sub-omitted":    {chain.FindingOmitted},
		"leaf-expired":   {chain.FindingExpired},
		"leaf-future":    {chain.FindingNotYetValid, chain.FindingClock},
		"self-signed":    {chain.FindingSelfSigned},
		"signature-leaf": {chain.FindingSignature},
		"host-other":     {chain.FindingHost},
	}
	for _, c := range chains.Hand() {
		codes, ok := want[c.Name]
		if !ok {
			continue
		}
		var got []chain.FindingCode
		for _, f := range chain.Examine(parse(t, c.Presented), chain.Query{ServerName: c.Host, Time: c.Time}) {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, codes) {
			t.Errorf("%s: got %v, want %v", c.Name, got, codes)
		}
	}
}

func TestExamineSaysWhatExpiresSoon(t *testing.T) {
	c := chains.Hand()[0]
	list := parse(t, c.Presented)
	at := list[0].NotAfter.Add(-24 * time.Hour)
	got := chain.Examine(list, chain.Query{Time: at})
	if len(got) != 1 || got[0].Code != chain.FindingExpiresSoon || !got[0].When.Equal(list[0].NotAfter) {
		t.Errorf("got %+v", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range chains.Hand() {
		for _, der := range c.Presented {
			f.Add(der)
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := chain.Parse(der)
		if err != nil {
			return
		}
		c.BasicConstraints()
		c.KeyUsage()
		c.ExtKeyUsage()
		c.AuthorityKeyID()
		c.SubjectKeyID()
		c.NetscapeCertType()
		c.SubjectAltName()
		c.NameConstraints()
		c.Policies()
		c.PolicyMappings()
		c.PolicyConstraints()
		c.InhibitAnyPolicy()
		c.CheckSignature(c.Key)
		_ = fmt.Sprint(c.Subject, c.Issuer)
		store := chain.AnchorStore([]*chain.Certificate{c})
		(&chain.Rules{Partial: true, FoldName: true, Policies: true}).Judge(store, []*chain.Certificate{c, c}, chain.Query{Time: c.NotBefore, ServerName: "a.test"})
		chain.Examine([]*chain.Certificate{c, c}, chain.Query{Time: c.NotAfter, ServerName: "a.test"})
	})
}

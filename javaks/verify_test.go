package javaks

import (
	"runtime"
	"testing"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/truststore/chain"
)

// FuzzVerify: whatever is presented, the answer is a verdict.
func FuzzVerify(f *testing.F) {
	for _, c := range chains.Hand() {
		f.Add(c.Presented[0], c.Presented[len(c.Presented)-1], c.Anchors[0], c.Host)
	}
	rules := NewestRules()
	f.Fuzz(func(t *testing.T, leaf, sub, anchor []byte, host string) {
		for _, r := range []*Rules{rules, RulesOf("17.0.21.1")} {
			v := r.Verify([][]byte{anchor}, [][]byte{leaf, sub}, chain.Query{ServerName: host, Time: chains.Now})
			if v.Code == "" {
				t.Error("no verdict")
			}
		}
	})
}

// Ten certificates of one name and many keys, and anchors of that name: the
// worst that a handshake can carry stays within seconds and memory.
func TestVerifyIsBounded(t *testing.T) {
	var anchors, sent [][]byte
	made := func(serial byte, subjectKey, signer int) []byte {
		name := func(i int) string { return "p256-" + string(rune('0'+i%8)) }
		return chains.Make(chains.Template{Serial: []byte{1, serial}, Subject: chains.CN("A"), Issuer: chains.CN("A"),
			NotBefore: chains.Now.AddDate(-1, 0, 0), NotAfter: chains.Now.AddDate(1, 0, 0),
			Key: chains.KeyNamed(name(subjectKey)), Signer: chains.KeyNamed(name(signer)),
			Extensions: []chains.Extension{chains.BasicConstraints(true, -1)}})
	}
	for i := range 200 {
		anchors = append(anchors, made(byte(i), i, i+3))
	}
	for i := range MaxPresented {
		sent = append(sent, made(byte(i+1), i, i+1))
	}
	sent = append(sent[:1], append([][]byte{chains.Hand()[0].Presented[1]}, sent[1:9]...)...) // out of order: the builder
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v := NewestRules().Verify(anchors, sent, chain.Query{Time: chains.Now})
	runtime.ReadMemStats(&after)
	if grown := after.HeapSys - before.HeapSys; after.HeapSys > before.HeapSys && grown > 64<<20 {
		t.Errorf("%d MiB", grown>>20)
	}
	t.Log(v.Code, v.Why)
}

func BenchmarkVerify(b *testing.B) {
	c := chains.Hand()[0]
	rules := NewestRules()
	for b.Loop() {
		if v := rules.Verify(c.Anchors, c.Presented, chain.Query{ServerName: c.Host, Time: c.Time}); !v.OK() {
			b.Fatal(v)
		}
	}
}

func TestFoldName(t *testing.T) {
	for _, pair := range [][2]string{{"straße", "STRASSE"}, {"Caf\u00e9  X ", "cafe\u0301 x"}, {"ＡＢ", "ab"}} {
		a := foldAttribute(chain.Attribute{Type: chain.CommonName, Tag: 12, Value: []byte(pair[0])})
		b := foldAttribute(chain.Attribute{Type: chain.CommonName, Tag: 12, Value: []byte(pair[1])})
		if a != b {
			t.Errorf("%q and %q differ: %q, %q", pair[0], pair[1], a, b)
		}
	}
}

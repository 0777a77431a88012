package clients_test

import (
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/clients"
)

// Every certificate that was published verifies while it and its root are valid, if
// OpenSSL takes it for a server's at all, and at no other time: here and for OpenSSL,
// whose words are ours.
func TestPublishedCertificates(t *testing.T) {
	ask := liveOpenSSL(t)
	words := !column{name: "openssl", release: openSSLWords}.reworded(t)
	verdicts := map[chain.Code]int{}
	for _, cert := range hkpost.Certificates() {
		root, ok := hkpost.BySlug(cert.Issuer)
		if !ok || !cert.Embedded || !root.Embedded {
			continue // known by its fingerprint alone
		}
		from, until := cert.NotBefore, cert.NotAfter
		if root.NotBefore.After(from) {
			from = root.NotBefore
		}
		if root.NotAfter.Before(until) {
			until = root.NotAfter
		}
		for _, at := range []time.Time{from.AddDate(0, 0, -1), from.Add(time.Second), until.Add(-time.Second), until.AddDate(0, 0, 1)} {
			c := chains.Chain{Name: cert.Slug, Anchors: [][]byte{root.DER()}, Presented: [][]byte{cert.DER()}, Time: at}
			ours, theirs := judge(clients.OpenSSL(), c, chain.Server), ask(c)
			verdicts[ours.Code]++
			if ours.OK() != (theirs == accepted) || words && !ours.OK() && ours.Words != theirs {
				t.Errorf("%s at %s: ours %s %q, theirs %s", cert.Slug, at, ours.Code, ours.Words, theirs)
			}
			if valid := !at.Before(from) && !at.After(until); ours.OK() && !valid || dated(ours) && valid {
				t.Errorf("%s at %s: %s", cert.Slug, at, ours.Code)
			}
		}
	}
	if min(verdicts[chain.Trusted], verdicts[chain.Expired], verdicts[chain.NotYetValid]) < 8 {
		t.Errorf("verdicts: %v", verdicts)
	}
}

// dated reports whether a certificate's dates alone are at fault.
func dated(v chain.Verdict) bool {
	return v.Code == chain.Expired || v.Code == chain.NotYetValid
}

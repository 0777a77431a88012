package truststore

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"regexp"
	"strings"
	"sync"

	"github.com/hktrust/hktrust/truststore/chain"
)

//go:embed interception.tsv
var interceptionTable string

// interceptor is a product that signs connections anew, by the issuer that it
// names; nil is any value.
type interceptor struct {
	product                  string
	commonName, organisation *regexp.Regexp
}

// interceptors is the table.
var interceptors = sync.OnceValue(readInterceptors)

func readInterceptors() []interceptor {
	var out []interceptor
	for line := range strings.Lines(interceptionTable) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 3 {
			continue
		}
		out = append(out, interceptor{fields[0], wholeMatch(fields[1]), wholeMatch(fields[2])})
	}
	return out
}

func wholeMatch(pattern string) *regexp.Regexp {
	if pattern == "-" {
		return nil
	}
	return regexp.MustCompile("^(?:" + pattern + ")$")
}

func (i interceptor) matches(cert *x509.Certificate) bool {
	return (i.commonName == nil || i.commonName.MatchString(cert.Issuer.CommonName)) &&
		(i.organisation == nil || matchesAny(i.organisation, cert.Issuer.Organization))
}

func matchesAny(re *regexp.Regexp, values []string) bool {
	for _, v := range values {
		if re.MatchString(v) {
			return true
		}
	}
	return false
}

// resigned reports whether something between the server and this machine signed
// the chain, by whom as far as its names tell, and the name of the issuer. A
// chain that leads to the catalogue by signatures was not, whatever its names; one
// that only says so was.
func (c *judgedChain) resigned() (product, issuer string, ok bool) {
	if c.catalogued || len(c.parsed) == 0 {
		return "", "", false
	}
	table := interceptors()
	for _, p := range c.parsed {
		cert, err := x509.ParseCertificate(p.Raw)
		if err != nil {
			continue
		}
		for _, i := range table {
			if i.matches(cert) {
				return i.product, cert.Issuer.String(), true
			}
		}
	}
	for _, p := range c.parsed {
		if borrows(p, c.parsed) {
			return "", p.Issuer.String(), true
		}
	}
	return "", "", false
}

// borrows reports whether a certificate names a CA of the catalogue as its
// issuer, and another key signed it.
func borrows(p *chain.Certificate, among []*chain.Certificate) bool {
	named := false
	for _, known := range catalogueChain() {
		if bytes.Equal(known.RawSubject, p.RawIssuer) {
			named = true
			if p.CheckSignature(known.Key) == nil {
				return false
			}
		}
	}
	// Of a generation that the catalogue does not have it would be a CA that
	// one of its roots signed.
	return named && signerOf(p, catalogueChain()) == nil && !signedByRoot(signerOf(p, among))
}

func signedByRoot(p *chain.Certificate) bool {
	return p != nil && signerOf(p, catalogueChain()) != nil
}

// installedInterceptors notes the roots of products that can sign connections
// anew, among those that somebody added to a store: that they do is not said.
func installedInterceptors(snap *Snapshot) []Finding {
	var out []Finding
	for _, e := range snap.Entries {
		if e.DER == nil || e.Manager != "" || e.Trust.Levels[ServerAuth] != Explicit && e.Trust.Levels[AnyPurpose] != Explicit {
			continue
		}
		cert, err := x509.ParseCertificate(e.DER)
		if err != nil {
			continue
		}
		for _, i := range interceptors() {
			if i.matches(cert) {
				out = append(out, finding(CodeInterceptor, "path", snap.Info.Path, "product", i.product,
					"certificate", certificateName(e.DER), "sha256", e.SHA256.String()))
				break
			}
		}
	}
	return out
}

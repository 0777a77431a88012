package ecert

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/javaks"
)

// identities finds the certificates that are somebody's, each with its key, and
// says what is to be said of them.
func (x *examination) identities() {
	owned := x.ownCertificates()
	for _, o := range owned {
		x.result.Identities = append(x.result.Identities, x.identity(o.cert, o.key))
	}
}

// owned is a certificate with its key; nil if it has none, or none that could be
// opened.
type owned struct {
	cert *x509.Certificate
	key  *Key
}

// ownCertificates pairs keys with certificates: by the key alone, since what
// comes first in a file, and which name it has, depends on who wrote it.
func (x *examination) ownCertificates() []owned {
	var all []owned
	for _, key := range x.keys() {
		cert, err := x.match(key)
		switch {
		case err != nil:
			x.result.find(CodeKeyUnreadable, "detail", errorDetail(err))
		case cert == nil && len(x.certs) > 0:
			x.result.find(CodeKeyNoCertificate, "name", key.Name)
		case cert != nil:
			all = append(all, owned{cert, &Key{Name: key.Name, Proven: true}})
		}
	}
	if len(all) == 1 && all[0].cert != x.certs[0] {
		x.result.find(CodeNotFirst)
	}
	for _, cert := range x.certs {
		taken := func(o owned) bool { return o.cert == cert }
		if !cert.IsCA && !slices.ContainsFunc(all, taken) {
			all = append(all, owned{cert: cert})
		}
	}
	return all
}

// keys lists the file's keys and says how many there should be.
func (x *examination) keys() []javaks.PFXKey {
	keys, _ := x.pfx.Keys()
	if len(keys) > 1 {
		x.result.find(CodeSeveralKeys, "count", strconv.Itoa(len(keys)))
	}
	if x.result.Err != nil {
		return nil
	}
	switch names, only := x.onlyAuthorities(); {
	case len(keys) > 0:
	case only:
		x.result.find(CodeOnlyAuthorities, "names", names)
	default:
		x.result.find(CodeNoKey)
	}
	return keys[:min(len(keys), maxKeys)]
}

// onlyAuthorities reports whether the file has certificates of CAs and no other,
// and names them.
func (x *examination) onlyAuthorities() (names string, only bool) {
	var all []string
	for _, cert := range x.certs {
		if !cert.IsCA {
			return "", false
		}
		all = append(all, cmp.Or(cert.Subject.CommonName, cert.Subject.String()))
	}
	return strings.Join(all, ", "), len(all) > 0
}

// expiresSoon is how many days before its end a certificate is due for renewal.
const expiresSoon = 30

func (x *examination) identity(cert *x509.Certificate, key *Key) Identity {
	id := Identity{Certificate: describe(cert, x.now), Key: key}
	id.Serves = serves(cert, id.Certificate.Kind)
	x.keyFindings(&id)
	validity(&id, x.now)
	weaknesses(&id, cert)
	x.issuer(&id, cert)
	if id.Issuer == nil {
		id.Serves = UseNone
	}
	return id
}

func (x *examination) keyFindings(id *Identity) {
	switch {
	case id.Key != nil:
	case x.result.Err != nil:
		id.find(CodeKeyUnproven)
	case len(x.result.Container.Keys) > 0:
		id.find(CodeKeyMissing)
	}
}

func validity(id *Identity, now time.Time) {
	c := id.Certificate
	days := strconv.Itoa(max(c.DaysLeft, -1-c.DaysLeft))
	switch {
	case now.Before(c.NotBefore):
		id.find(CodeNotYetValid, "date", Day(c.NotBefore))
	case now.After(c.NotAfter):
		id.find(CodeExpired, "date", Day(c.NotAfter), "days", days)
	case c.DaysLeft < expiresSoon:
		id.find(CodeExpiresSoon, "date", Day(c.NotAfter), "days", days)
	}
}

var hongKong = time.FixedZone("HKT", 8*60*60)

// Day returns the day that a time is on in Hong Kong, as YYYY-MM-DD. All days in
// findings are such.
func Day(t time.Time) string { return t.In(hongKong).Format(time.DateOnly) }

func weaknesses(id *Identity, cert *x509.Certificate) {
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
		id.find(CodeWeakKey, "key", id.Certificate.PublicKey)
	}
	switch cert.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		id.find(CodeWeakSignature, "signature", id.Certificate.Signature)
	}
}

// issuer finds the issuing CA and the chain to its root.
func (x *examination) issuer(id *Identity, cert *x509.Certificate) {
	generations, proven := issuers(x.authorities, cert)
	if len(generations) == 0 {
		id.find(CodeNotECert, "issuer", cert.Issuer.CommonName)
		return
	}
	if !proven && slices.ContainsFunc(generations, func(a Authority) bool { return a.Cert != nil }) {
		id.find(CodeIssuerForged, "issuer", cert.Issuer.CommonName)
		return
	}
	issuedBy := at(generations, cert.NotBefore)
	id.Issuer = &Issuer{Name: issuedBy.CommonName, Proven: proven, Generation: issuedBy.generation(x.now)}
	for _, g := range generations {
		id.Issuer.Known = append(id.Issuer.Known, g.generation(x.now))
	}
	if !proven {
		id.find(CodeIssuerUnproven, "issuer", issuedBy.CommonName)
	}
	issuerFindings(id, generations, issuedBy, x.now)
	for _, a := range chainFrom(x.authorities, generations, issuedBy) {
		id.Chain = append(id.Chain, Link{a.CommonName, a.Slug, a.SHA256, slices.ContainsFunc(x.certs, a.Cert.Equal)})
	}
	if !x.holdsOne(generations) {
		id.find(CodeChainNotInFile, "issuer", issuedBy.CommonName)
	}
	if proven {
		id.find(CodeRevocation)
	}
}

// holdsOne: a certificate of the issuing CA is in the file.
func (x *examination) holdsOne(generations []Authority) bool {
	return slices.ContainsFunc(generations, func(a Authority) bool {
		return a.Cert != nil && slices.ContainsFunc(x.certs, a.Cert.Equal)
	})
}

// issuerFindings tell of an issuing CA that cannot be relied on any more. One
// whose certificate was revoked or has expired, while another of the same key is
// in order, still serves.
func issuerFindings(id *Identity, generations []Authority, issuedBy Authority, now time.Time) {
	sound := slices.ContainsFunc(generations, func(a Authority) bool { return a.current(now) })
	switch {
	case sound && issuedBy.current(now):
	case sound || issuedBy.Bad == nil && !now.After(issuedBy.NotAfter):
		id.find(CodeIssuerSuperseded, "issuer", issuedBy.CommonName, "date", Day(issuedBy.SupersededOn))
	case issuedBy.Bad != nil:
		id.find(CodeIssuerRevoked, "issuer", issuedBy.CommonName, "date", issuedBy.Bad.Date)
	default:
		id.find(CodeIssuerExpired, "issuer", issuedBy.CommonName, "date", Day(issuedBy.NotAfter))
	}
}

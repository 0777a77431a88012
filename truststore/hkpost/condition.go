package hkpost

import (
	"crypto/x509"
	"time"
)

// ConditionCode names something that is the matter with a certificate,
// whatever any store says of it.
type ConditionCode string

// The conditions.
const (
	ConditionExpired     ConditionCode = "expired"
	ConditionNotYetValid ConditionCode = "not-yet-valid"
	// ConditionSuperseded alone is no fault: both generations of the e-Cert CAs under
	// Root CA 2 are needed, because certificates issued under the older one
	// are in use. See [Retired] for what should go.
	ConditionSuperseded ConditionCode = "superseded"
	ConditionKnownBad   ConditionCode = "known-bad"
)

// Condition is something that is the matter with a certificate.
type Condition struct {
	Code ConditionCode
	// Since is when it began: NotAfter, SupersededOn; for a certificate that
	// is not yet valid, when that ends. It is zero for a known bad one, which
	// is so at any time: a clock that runs behind must not rehabilitate it.
	Since time.Time
	// Replacement is the slug of the certificate to use instead, if there is
	// one. It is given for superseded and known bad certificates.
	Replacement string
	// Bad says why a certificate is known to be bad; zero otherwise.
	Bad Bad
}

// Condition lists what is the matter with the certificate at a time, in the
// order known bad, expired, not yet valid, superseded. It is nil for a certificate in
// good order.
func (c Certificate) Condition(at time.Time) []Condition {
	bad, isBad := KnownBadFingerprint(c.SHA256)
	return conditions(at, c.NotBefore, c.NotAfter, bad, isBad, c)
}

// Conditions is [Certificate.Condition] for any certificate; one that the
// catalogue does not have can be expired, not yet valid, or known bad by
// issuer and serial number.
func Conditions(cert *x509.Certificate, at time.Time) []Condition {
	bad, isBad := KnownBad(cert)
	known, _ := Lookup(FingerprintOf(cert.Raw))
	return conditions(at, cert.NotBefore, cert.NotAfter, bad, isBad, known)
}

func conditions(at, notBefore, notAfter time.Time, bad Bad, isBad bool, known Certificate) []Condition {
	var out []Condition
	if isBad {
		out = append(out, Condition{Code: ConditionKnownBad, Replacement: bad.Replacement, Bad: bad})
	}
	if at.After(notAfter) {
		out = append(out, Condition{Code: ConditionExpired, Since: notAfter})
	}
	if at.Before(notBefore) {
		out = append(out, Condition{Code: ConditionNotYetValid, Since: notBefore})
	}
	if known.Successor != "" && !at.Before(known.SupersededOn) {
		out = append(out, Condition{Code: ConditionSuperseded, Since: known.SupersededOn, Replacement: known.Successor})
	}
	return out
}

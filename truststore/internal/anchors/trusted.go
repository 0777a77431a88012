package anchors

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// auxiliary is what OpenSSL's trusted certificates add to a certificate:
// purposes for which it is an anchor, and for which it is none. See
// X509_CERT_AUX in OpenSSL's x_x509a.c.
type auxiliary struct {
	trusted, rejected []x509.ExtKeyUsage // those that are known here
	limited           bool               // there is a list of purposes, perhaps empty
	others            bool               // it has some that are not known here
	said              bool               // anything at all is said, if only a name
}

// allows reports whether OpenSSL takes the certificate for an anchor for the
// purpose (x509_trust.c, obj_trust).
func (a *auxiliary) allows(purpose x509.ExtKeyUsage) bool {
	has := func(list []x509.ExtKeyUsage) bool {
		return slices.Contains(list, purpose) || slices.Contains(list, x509.ExtKeyUsageAny)
	}
	return !has(a.rejected) && (!a.limited || has(a.trusted))
}

// allowed are the purposes that OpenSSL takes it for: nil for all.
func (a *auxiliary) allowed() []x509.ExtKeyUsage {
	out := []x509.ExtKeyUsage{}
	for _, u := range usageOIDs[1:] {
		if a.allows(u.usage) {
			out = append(out, u.usage)
		}
	}
	if len(out) == len(usageOIDs)-1 {
		return nil
	}
	return out
}

// extracted are the purposes that p11-kit takes it for, nil for all: those of the
// one list that are not in the other. It is distrusted where there are none.
func (a *auxiliary) extracted() (purposes []x509.ExtKeyUsage, distrusted bool) {
	if !a.said {
		return nil, false
	}
	out := []x509.ExtKeyUsage{}
	for _, u := range a.trusted {
		if !slices.Contains(a.rejected, u) {
			out = append(out, u)
		}
	}
	if slices.Contains(out, x509.ExtKeyUsageAny) {
		return nil, false
	}
	return out, len(out) == 0 && !a.others
}

// usageOIDs are the purposes that are known here. See RFC 5280, 4.2.1.12.
var usageOIDs = [...]struct {
	usage x509.ExtKeyUsage
	oid   asn1.ObjectIdentifier
}{
	{x509.ExtKeyUsageAny, asn1.ObjectIdentifier{2, 5, 29, 37, 0}},
	{x509.ExtKeyUsageServerAuth, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}},
	{x509.ExtKeyUsageClientAuth, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}},
	{x509.ExtKeyUsageCodeSigning, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 3}},
	{x509.ExtKeyUsageEmailProtection, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}},
	{x509.ExtKeyUsageTimeStamping, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}},
}

// splitTrusted cuts a trusted certificate into the certificate and the rest.
func splitTrusted(data []byte) ([]byte, *auxiliary, error) {
	input := cryptobyte.String(data)
	var der, list, oids cryptobyte.String
	if !input.ReadASN1Element(&der, casn1.SEQUENCE) {
		return nil, nil, fmt.Errorf("%w: trusted certificate", ErrDamaged)
	}
	aux := &auxiliary{}
	if input.Empty() {
		return der, aux, nil
	}
	if !input.ReadASN1(&list, casn1.SEQUENCE) {
		return nil, nil, fmt.Errorf("%w: trust of a certificate", ErrDamaged)
	}
	aux.said = true
	if list.PeekASN1Tag(casn1.SEQUENCE) && list.ReadASN1(&oids, casn1.SEQUENCE) {
		aux.limited = true
		aux.trusted, aux.others = usages(oids)
	}
	rejected := casn1.Tag(0).Constructed().ContextSpecific()
	if list.PeekASN1Tag(rejected) && list.ReadASN1(&oids, rejected) {
		aux.rejected, _ = usages(oids)
	}
	return der, aux, nil
}

// usages are the purposes in a list that are known here; others tells that it has
// more.
func usages(oids cryptobyte.String) (known []x509.ExtKeyUsage, others bool) {
	for !oids.Empty() {
		var oid asn1.ObjectIdentifier
		if !oids.ReadASN1ObjectIdentifier(&oid) {
			return known, true
		}
		n := len(known)
		for _, u := range usageOIDs {
			if u.oid.Equal(oid) {
				known = append(known, u.usage)
			}
		}
		others = others || len(known) == n
	}
	return known, others
}

// joinTrusted makes a trusted certificate that is an anchor for the purposes.
func joinTrusted(der []byte, purposes []x509.ExtKeyUsage) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddBytes(der)
	b.AddASN1(casn1.SEQUENCE, func(aux *cryptobyte.Builder) {
		aux.AddASN1(casn1.SEQUENCE, func(list *cryptobyte.Builder) {
			for _, u := range usageOIDs {
				if slices.Contains(purposes, u.usage) {
					list.AddASN1ObjectIdentifier(u.oid)
				}
			}
		})
	})
	return b.Bytes()
}

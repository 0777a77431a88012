package javaks

import (
	"bytes"
	"crypto/sha1"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// bag is a SafeBag (RFC 7292, section 4.2). Java knows three kinds of them.
type bag struct {
	raw         []byte
	kind        Kind   // "" for what is no entry: CRLs, keys in clear, nested safes
	certificate []byte // DER
	alias       string
	named       bool
	localKeyID  []byte
	name        string // what Java looks an entry up by; "" for what is none
	hidden      bool   // a later entry has the same name
	misread     string // an attribute whose value is none that Java reads; "" if there is no such
}

const bmpString = asn1.Tag(30)

func (b bag) isTrusted() bool { return b.kind == TrustedCertificate }

// isEntry: Java sees it under a name of its own.
func (b bag) isEntry() bool { return b.kind != "" && b.kind != ChainCertificate }

func (b bag) isCertificate() bool { return b.certificate != nil }

func parseBag(raw cryptobyte.String) (bag, error) {
	b := bag{raw: raw}
	var seq, value cryptobyte.String
	if !raw.ReadASN1(&seq, asn1.SEQUENCE) {
		return b, malformed("SafeBag")
	}
	id, ok := readOID(&seq)
	if !ok || !seq.ReadASN1(&value, explicit0) {
		return b, malformed("SafeBag")
	}
	switch id {
	case oidShroudedKeyBag:
		b.kind = PrivateKey
	case oidSecretBag:
		b.kind = SecretKey
	case oidCertBag:
		if b.certificate, ok = readCertificate(value); !ok {
			return b, malformed("CertBag")
		}
		if b.certificate != nil {
			b.kind = ChainCertificate
		}
	}
	if !b.readAttributes(seq) {
		return b, malformed("attributes of a SafeBag")
	}
	return b, nil
}

// readCertificate reads a CertBag; the result is nil for other certificates
// than those of X.509.
func readCertificate(s cryptobyte.String) (der []byte, ok bool) {
	var seq, value cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	id, ok := readOID(&seq)
	if !ok || !seq.ReadASN1(&value, explicit0) || !seq.Empty() {
		return nil, false
	}
	if id != oidX509Certificate {
		return nil, true
	}
	ok = value.ReadASN1Bytes(&der, asn1.OCTET_STRING) && value.Empty()
	return der, ok
}

func (b *bag) readAttributes(s cryptobyte.String) bool {
	if s.Empty() {
		return true
	}
	var set cryptobyte.String
	if !s.ReadASN1(&set, asn1.SET) || !s.Empty() {
		return false
	}
	for !set.Empty() {
		var attribute, values cryptobyte.String
		if !set.ReadASN1(&attribute, asn1.SEQUENCE) {
			return false
		}
		id, ok := readOID(&attribute)
		if !ok || !attribute.ReadASN1(&values, asn1.SET) || !attribute.Empty() {
			return false
		}
		b.readAttribute(id, values)
	}
	return true
}

func (b *bag) readAttribute(id oid, values cryptobyte.String) {
	switch id {
	case oidFriendlyName:
		var name cryptobyte.String
		if values.ReadASN1(&name, bmpString) {
			b.alias, b.named = decodeUTF16(name), true
		} else {
			b.misread = "friendlyName"
		}
	case oidLocalKeyID:
		if !values.ReadASN1Bytes(&b.localKeyID, asn1.OCTET_STRING) {
			b.misread = "localKeyId"
		}
	case oidTrustedKeyUsage:
		if b.kind == ChainCertificate {
			b.kind = TrustedCertificate
		}
		for !values.Empty() {
			if _, ok := readOID(&values); !ok {
				b.misread = "trustedKeyUsage"
				return
			}
		}
	}
}

func decodeUTF16(octets []byte) string {
	units := make([]uint16, len(octets)/2)
	for i := range units {
		units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
	}
	return string(utf16.Decode(units))
}

func encodeUTF16(s string) []byte {
	var octets []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		octets = append(octets, byte(unit>>8), byte(unit))
	}
	return octets
}

// newTrustedBag returns a trusted certificate as keytool writes it, octet for
// octet: its attributes are not in the order of DER.
func newTrustedBag(alias string, der []byte) (bag, error) {
	raw, err := encodeCertBag(der, func(b *cryptobyte.Builder) {
		addAttribute(b, oidFriendlyName, func(b *cryptobyte.Builder) {
			b.AddASN1(bmpString, func(b *cryptobyte.Builder) { b.AddBytes(encodeUTF16(alias)) })
		})
		addAttribute(b, oidTrustedKeyUsage, func(b *cryptobyte.Builder) { addOID(b, oidAnyExtendedKeyUsage) })
	})
	return bag{raw: raw, kind: TrustedCertificate, certificate: bytes.Clone(der), alias: alias, named: true}, err
}

// newChainBag returns a certificate that is no entry. Its localKeyId is its
// own fingerprint, as OpenSSL and NSS choose it, so that Java takes it for no
// key's certificate, whatever its place.
func newChainBag(der []byte) (bag, error) {
	id := sha1.Sum(der)
	raw, err := encodeCertBag(der, func(b *cryptobyte.Builder) {
		addAttribute(b, oidLocalKeyID, func(b *cryptobyte.Builder) { b.AddASN1OctetString(id[:]) })
	})
	return bag{raw: raw, kind: ChainCertificate, certificate: der, localKeyID: id[:]}, err
}

// encodeCertBag returns a SafeBag with an X.509 certificate.
func encodeCertBag(der []byte, attributes cryptobyte.BuilderContinuation) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, oidCertBag)
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, oidX509Certificate)
				b.AddASN1(explicit0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(der) })
			})
		})
		b.AddASN1(asn1.SET, attributes)
	})
	return b.Bytes()
}

func addAttribute(b *cryptobyte.Builder, id oid, value cryptobyte.BuilderContinuation) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, id)
		b.AddASN1(asn1.SET, value)
	})
}

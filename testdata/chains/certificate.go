package chains

import (
	_ "crypto/sha1" // hashes of signatures
	_ "crypto/sha512"
	"math/big"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Template says what a certificate is to be.
type Template struct {
	Version    int // 0 is 3
	Serial     []byte
	Subject    Name
	Issuer     Name
	NotBefore  time.Time
	NotAfter   time.Time
	Key        *Key
	SPKI       []byte // instead of the key's own
	Signer     *Key
	Hash       string // of the signature, see [Key.Algorithm]
	Extensions []Extension

	// Inner, if not nil, is the algorithm inside of what is signed.
	Inner *Algorithm
	// Spoiled: the signature is wrong.
	Spoiled bool
}

// Extension is an extension of a certificate.
type Extension struct {
	OID      string
	Critical bool
	Value    []byte
}

// Name is a distinguished name; attributes of a set follow each other with
// More set on all but the last.
type Name []Attribute

// Attribute is an attribute of a name.
type Attribute struct {
	OID   string
	Tag   asn1.Tag
	Value string
	More  bool
}

// CN makes a name of an organization and a common name.
func CN(cn string) Name {
	return Name{{OID: "2.5.4.10", Tag: asn1.UTF8String, Value: "Test"}, {OID: "2.5.4.3", Tag: asn1.UTF8String, Value: cn}}
}

// OID is the DER of an object identifier.
func OID(dotted string) []byte {
	var content []byte
	var arcs []uint64
	for _, part := range strings.Split(dotted, ".") {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			panic(err)
		}
		arcs = append(arcs, n)
	}
	for _, arc := range append([]uint64{40*arcs[0] + arcs[1]}, arcs[2:]...) {
		part := []byte{byte(arc & 0x7f)}
		for arc >>= 7; arc > 0; arc >>= 7 {
			part = append([]byte{byte(arc&0x7f) | 0x80}, part...)
		}
		content = append(content, part...)
	}
	return TLV(asn1.OBJECT_IDENTIFIER, content)
}

// TLV is the DER of a value.
func TLV(tag asn1.Tag, content ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, c := range content {
			b.AddBytes(c)
		}
	})
	return b.BytesOrPanic()
}

// DER is the name's encoding.
func (n Name) DER() []byte {
	var out []byte
	for i := 0; i < len(n); i++ {
		var set []byte
		for {
			set = append(set, TLV(asn1.SEQUENCE, OID(n[i].OID), TLV(n[i].Tag, []byte(n[i].Value)))...)
			if !n[i].More || i == len(n)-1 {
				break
			}
			i++
		}
		out = append(out, TLV(asn1.SET, set)...)
	}
	return TLV(asn1.SEQUENCE, out)
}

// Make makes the certificate.
func Make(t Template) []byte {
	algorithm := t.Signer.Algorithm(t.Hash)
	inner := algorithm
	if t.Inner != nil {
		inner = *t.Inner
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if t.Version != 1 {
			version := int64(2)
			if t.Version != 0 {
				version = int64(t.Version - 1)
			}
			b.AddASN1(asn1.Tag(0).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) { b.AddASN1Int64(version) })
		}
		b.AddBytes(TLV(asn1.INTEGER, t.Serial))
		b.AddBytes(inner.DER)
		b.AddBytes(t.Issuer.DER())
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addTime(b, t.NotBefore)
			addTime(b, t.NotAfter)
		})
		b.AddBytes(t.Subject.DER())
		if t.SPKI != nil {
			b.AddBytes(t.SPKI)
		} else {
			b.AddBytes(t.Key.SPKI)
		}
		addExtensions(b, t.Extensions)
	})
	tbs := b.BytesOrPanic()
	signature := t.Signer.sign(algorithm, tbs)
	if t.Spoiled {
		signature[len(signature)-1] ^= 1
	}
	return TLV(asn1.SEQUENCE, tbs, algorithm.DER, TLV(asn1.BIT_STRING, append([]byte{0}, signature...)))
}

func addTime(b *cryptobyte.Builder, t time.Time) {
	if t.Year() >= 2050 || t.Year() < 1950 {
		b.AddASN1GeneralizedTime(t.UTC())
		return
	}
	b.AddASN1UTCTime(t.UTC())
}

func addExtensions(b *cryptobyte.Builder, list []Extension) {
	if len(list) == 0 {
		return
	}
	b.AddASN1(asn1.Tag(3).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, e := range list {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddBytes(OID(e.OID))
					if e.Critical {
						b.AddASN1Boolean(true)
					}
					b.AddASN1OctetString(e.Value)
				})
			}
		})
	})
}

// BasicConstraints makes the extension; pathLen below 0 is none.
func BasicConstraints(ca bool, pathLen int) Extension {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if ca {
			b.AddASN1Boolean(true)
		}
		if pathLen >= 0 {
			b.AddASN1Int64(int64(pathLen))
		}
	})
	return Extension{"2.5.29.19", true, b.BytesOrPanic()}
}

// KeyUsage makes the extension; bit 0 of RFC 5280 is the lowest of bits.
func KeyUsage(bits uint16) Extension {
	var octets [2]byte
	unused, used := 8, 1
	for i := range 16 {
		if bits&(1<<i) != 0 {
			octets[i/8] |= 0x80 >> (i % 8)
			used, unused = i/8+1, 7-i%8
		}
	}
	if bits == 0 {
		return Extension{"2.5.29.15", true, []byte{3, 2, 7, 0}}
	}
	return Extension{"2.5.29.15", true, TLV(asn1.BIT_STRING, []byte{byte(unused)}, octets[:used])}
}

// ExtKeyUsage makes the extension.
func ExtKeyUsage(oids ...string) Extension {
	var list [][]byte
	for _, oid := range oids {
		list = append(list, OID(oid))
	}
	return Extension{"2.5.29.37", false, TLV(asn1.SEQUENCE, list...)}
}

// SubjectKeyID makes the extension.
func SubjectKeyID(id string) Extension {
	return Extension{"2.5.29.14", false, TLV(asn1.OCTET_STRING, []byte(id))}
}

// AuthorityKeyID makes the extension; empty parts are left out.
func AuthorityKeyID(id string, issuer Name, serial []byte) Extension {
	var parts []byte
	if id != "" {
		parts = append(parts, TLV(asn1.Tag(0).ContextSpecific(), []byte(id))...)
	}
	if serial != nil {
		directory := TLV(asn1.Tag(4).Constructed().ContextSpecific(), issuer.DER())
		parts = append(parts, TLV(asn1.Tag(1).Constructed().ContextSpecific(), directory)...)
		parts = append(parts, TLV(asn1.Tag(2).ContextSpecific(), serial)...)
	}
	return Extension{"2.5.29.35", false, TLV(asn1.SEQUENCE, parts)}
}

// IssuersAt makes an authorityInfoAccess that says where the issuer's certificate
// is.
func IssuersAt(urls ...string) Extension {
	var list [][]byte
	for _, url := range urls {
		list = append(list, TLV(asn1.SEQUENCE, OID("1.3.6.1.5.5.7.48.2"), URI(url)))
	}
	return Extension{"1.3.6.1.5.5.7.1.1", false, TLV(asn1.SEQUENCE, list...)}
}

// DNS, Email, URI, IP, Directory and Other are general names, as DER.
func DNS(s string) []byte     { return TLV(asn1.Tag(2).ContextSpecific(), []byte(s)) }
func Email(s string) []byte   { return TLV(asn1.Tag(1).ContextSpecific(), []byte(s)) }
func URI(s string) []byte     { return TLV(asn1.Tag(6).ContextSpecific(), []byte(s)) }
func IP(b ...byte) []byte     { return TLV(asn1.Tag(7).ContextSpecific(), b) }
func Directory(n Name) []byte { return TLV(asn1.Tag(4).Constructed().ContextSpecific(), n.DER()) }
func RegisteredID(s string) []byte {
	whole := OID(s)
	return TLV(asn1.Tag(8).ContextSpecific(), whole[2:])
}

// OtherName is a general name of another type, here a UTF8String.
func OtherName(oid, value string) []byte {
	return TLV(asn1.Tag(0).Constructed().ContextSpecific(), OID(oid),
		TLV(asn1.Tag(0).Constructed().ContextSpecific(), TLV(asn1.UTF8String, []byte(value))))
}

// SubjectAltName makes the extension.
func SubjectAltName(critical bool, names ...[]byte) Extension {
	return Extension{"2.5.29.17", critical, TLV(asn1.SEQUENCE, names...)}
}

// NameConstraints makes the extension of general names.
func NameConstraints(permitted, excluded [][]byte) Extension {
	var parts []byte
	for i, list := range [][][]byte{permitted, excluded} {
		if len(list) == 0 {
			continue
		}
		var trees []byte
		for _, name := range list {
			trees = append(trees, TLV(asn1.SEQUENCE, name)...)
		}
		parts = append(parts, TLV(asn1.Tag(i).Constructed().ContextSpecific(), trees)...)
	}
	return Extension{"2.5.29.30", true, TLV(asn1.SEQUENCE, parts)}
}

// Policies makes the extension; an OID that ends in "+" gets a qualifier.
func Policies(critical bool, oids ...string) Extension {
	var list []byte
	for _, oid := range oids {
		name, qualified := strings.CutSuffix(oid, "+")
		var qualifiers []byte
		if qualified {
			cps := TLV(asn1.SEQUENCE, OID("1.3.6.1.5.5.7.2.1"), TLV(asn1.IA5String, []byte("http://x.test/cps")))
			qualifiers = TLV(asn1.SEQUENCE, cps)
		}
		list = append(list, TLV(asn1.SEQUENCE, OID(name), qualifiers)...)
	}
	return Extension{"2.5.29.32", critical, TLV(asn1.SEQUENCE, list)}
}

// PolicyConstraints makes the extension; numbers below 0 are left out.
func PolicyConstraints(require, inhibit int) Extension {
	var parts []byte
	for i, n := range []int{require, inhibit} {
		if n >= 0 {
			parts = append(parts, TLV(asn1.Tag(i).ContextSpecific(), []byte{byte(n)})...)
		}
	}
	return Extension{"2.5.29.36", true, TLV(asn1.SEQUENCE, parts)}
}

// PolicyMappings makes the extension of pairs.
func PolicyMappings(pairs ...[2]string) Extension {
	var list []byte
	for _, p := range pairs {
		list = append(list, TLV(asn1.SEQUENCE, OID(p[0]), OID(p[1]))...)
	}
	return Extension{"2.5.29.33", true, TLV(asn1.SEQUENCE, list)}
}

// InhibitAnyPolicy makes the extension.
func InhibitAnyPolicy(skip int) Extension {
	return Extension{"2.5.29.54", true, TLV(asn1.INTEGER, big.NewInt(int64(skip)).FillBytes(make([]byte, 1)))}
}

// NetscapeCertType makes the extension.
func NetscapeCertType(bits byte) Extension {
	return Extension{"2.16.840.1.113730.1.1", false, TLV(asn1.BIT_STRING, []byte{0, bits})}
}

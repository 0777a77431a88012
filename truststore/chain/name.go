package chain

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Name is a distinguished name: relative distinguished names, each of one or
// more attributes.
type Name [][]Attribute

// Attribute is one attribute of a name.
type Attribute struct {
	Type  string   // dotted OID
	Tag   asn1.Tag // string type of the value
	Value []byte   // content octets
	Raw   []byte   // the value with its tag and length
}

// Attribute types that rules ask for.
const (
	CommonName   = "2.5.4.3"
	EmailAddress = "1.2.840.113549.1.9.1"
)

const (
	maxNameAttributes = 256

	tagBMPString       = asn1.Tag(30)
	tagUniversalString = asn1.Tag(28)
)

func readRawName(in *cryptobyte.String) ([]byte, Name, error) {
	var raw cryptobyte.String
	if !in.ReadASN1Element(&raw, asn1.SEQUENCE) {
		return nil, nil, malformed("no name")
	}
	name, err := ParseName(raw)
	return raw, name, err
}

// ParseName reads the DER of a name.
func ParseName(der []byte) (Name, error) {
	in := cryptobyte.String(der)
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return nil, malformed("name")
	}
	var name Name
	for n := 0; !list.Empty(); {
		var set cryptobyte.String
		if !list.ReadASN1(&set, asn1.SET) {
			return nil, malformed("relative distinguished name")
		}
		var rdn []Attribute
		for !set.Empty() {
			a, err := readAttribute(&set)
			if err != nil {
				return nil, err
			}
			if n++; n > maxNameAttributes {
				return nil, malformed("name of more than %d attributes", maxNameAttributes)
			}
			rdn = append(rdn, a)
		}
		name = append(name, rdn)
	}
	return name, nil
}

func readAttribute(in *cryptobyte.String) (Attribute, error) {
	var one, oid, raw, value cryptobyte.String
	var a Attribute
	if !in.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
		!one.ReadAnyASN1Element(&raw, nil) || !one.Empty() {
		return a, malformed("attribute of a name")
	}
	a.Type, a.Raw = dotted(oid), raw
	whole := raw
	if !whole.ReadAnyASN1(&value, &a.Tag) {
		return a, malformed("attribute of a name")
	}
	a.Value = value
	return a, nil
}

// Text returns the attribute's value, ok only for the string types of X.520.
func (a Attribute) Text() (string, bool) {
	switch a.Tag {
	case asn1.UTF8String, asn1.PrintableString, asn1.IA5String:
		return strings.ToValidUTF8(string(a.Value), string(utf8.RuneError)), true
	case asn1.T61String, asn1.GeneralString:
		return latin1(a.Value), true
	case tagBMPString:
		return utf16String(a.Value), true
	case tagUniversalString:
		return utf32String(a.Value), true
	}
	return "", false
}

func latin1(b []byte) string {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return string(out)
}

func utf16String(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(units))
}

func utf32String(b []byte) string {
	var out strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		out.WriteRune(rune(b[0])<<24 | rune(b[1])<<16 | rune(b[2])<<8 | rune(b[3]))
	}
	return out.String()
}

// Last returns the last attribute of a type, the one that programs take as the
// most specific.
func (n Name) Last(oid string) (Attribute, bool) {
	for i := len(n) - 1; i >= 0; i-- {
		for _, a := range n[i] {
			if a.Type == oid {
				return a, true
			}
		}
	}
	return Attribute{}, false
}

// keywords are the short names of RFC 4514 §3, and e-mail as everybody writes it.
func keyword(oid string) string {
	switch oid {
	case CommonName:
		return "CN"
	case "2.5.4.6":
		return "C"
	case "2.5.4.7":
		return "L"
	case "2.5.4.8":
		return "ST"
	case "2.5.4.9":
		return "STREET"
	case "2.5.4.10":
		return "O"
	case "2.5.4.11":
		return "OU"
	case EmailAddress:
		return "EMAILADDRESS"
	}
	return oid
}

// String writes the name for people, the most specific part first.
func (n Name) String() string {
	var parts []string
	for i := len(n) - 1; i >= 0; i-- {
		for _, a := range n[i] {
			text, ok := a.Text()
			if !ok {
				text = "?"
			}
			parts = append(parts, keyword(a.Type)+"="+text)
		}
	}
	return strings.Join(parts, ", ")
}

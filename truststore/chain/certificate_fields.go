package chain

import (
	"errors"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNoCertificate means that bytes have not even the outline of a certificate.
var ErrNoCertificate = errors.New("no certificate")

// Fields are what identifies a certificate and what people want to know of it.
// Its slices are parts of the bytes that were read and must not be changed.
type Fields struct {
	Serial     []byte // content octets of the INTEGER, in two's complement
	RawIssuer  []byte // the Name, with tag and length
	RawSubject []byte // likewise
	// NotBefore and NotAfter are in UTC; zero where what stands there is no
	// time.
	NotBefore, NotAfter time.Time
	RawPublicKeyInfo    []byte // the SubjectPublicKeyInfo, with tag and length
}

// ReadFields reads the outline of a certificate and nothing else: it also reads
// certificates that programs hold and crypto/x509 does not parse, such as those
// with a negative serial number, a curve or version it does not know, lengths
// that are no DER, or broken extensions. It neither looks at extensions and
// signature nor minds bytes after the certificate. The error is
// ErrNoCertificate. It takes time and memory in proportion to the number of
// fields, not to their length.
func ReadFields(der []byte) (Fields, error) {
	var f Fields
	outer, ok := readField(&der, 0x30)
	if !ok {
		return f, ErrNoCertificate
	}
	signed, ok := readField(&outer.content, 0x30)
	if !ok {
		return f, ErrNoCertificate
	}
	in := signed.content
	if len(in) > 0 && in[0]&^0x20 == 0x80 {
		readField(&in, in[0]) // version
	}
	var serial, algorithm, issuer, validity, subject, key field
	for _, want := range []struct {
		field *field
		tag   byte
	}{{&serial, 0x02}, {&algorithm, 0x30}, {&issuer, 0x30}, {&validity, 0x30}, {&subject, 0x30}, {&key, 0x30}} {
		if *want.field, ok = readField(&in, want.tag); !ok {
			return f, ErrNoCertificate
		}
	}
	f.Serial, f.RawIssuer, f.RawSubject, f.RawPublicKeyInfo = serial.content, issuer.raw, subject.raw, key.raw
	f.NotBefore, f.NotAfter = readFieldTime(&validity.content), readFieldTime(&validity.content)
	return f, nil
}

// SelfIssued says whether issuer and subject are the same to the byte.
func (f Fields) SelfIssued() bool { return string(f.RawIssuer) == string(f.RawSubject) }

// Label is the first common name of the subject or, where it has none, its
// organizational unit or organization; "" if it has none of these. It is text
// from the certificate: it may hold any character.
func (f Fields) Label() string {
	var labels [3]string
	names := f.RawSubject
	name, _ := readField(&names, 0x30)
	for set, ok := readField(&name.content, 0x31); ok; set, ok = readField(&name.content, 0x31) {
		for pair, ok := readField(&set.content, 0x30); ok; pair, ok = readField(&set.content, 0x30) {
			kind, _ := readField(&pair.content, 0x06)
			// 2.5.4.3, 2.5.4.11, 2.5.4.10 (RFC 5280, appendix A.1)
			at := strings.Index("\x03\x0b\x0a", strings.TrimPrefix(string(kind.content), "\x55\x04"))
			if len(kind.content) != 3 || at < 0 || labels[at] != "" || len(pair.content) == 0 {
				continue
			}
			if value, ok := readField(&pair.content, pair.content[0]); ok {
				labels[at] = value.text()
			}
		}
	}
	for _, label := range labels {
		if label != "" {
			return label
		}
	}
	return ""
}

// field is an element of BER with a definite length.
type field struct {
	tag          byte
	content, raw []byte
}

// readField reads the next element of in, which must have the tag, and moves in
// past it. Lengths may be longer than DER wants them.
func readField(in *[]byte, tag byte) (field, bool) {
	b := *in
	if len(b) < 2 || b[0] != tag || b[0]&0x1f == 0x1f {
		return field{}, false
	}
	size, at := int(b[1]), 2
	if b[1] >= 0x80 {
		n := int(b[1] & 0x7f)
		if n == 0 || n > 4 || len(b) < 2+n {
			return field{}, false
		}
		size, at = 0, 2+n
		for _, octet := range b[2:at] {
			if size > len(b) {
				return field{}, false
			}
			size = size<<8 | int(octet)
		}
	}
	if size > len(b)-at {
		return field{}, false
	}
	*in = b[at+size:]
	return field{tag, b[at : at+size], b[:at+size]}, true
}

// readFieldTime reads the next element of in, a UTCTime or GeneralizedTime; zero
// if it is neither. Two digits of a year are from 1950 to 2049 (RFC 5280, section
// 4.1.2.5.1).
func readFieldTime(in *[]byte) time.Time {
	if len(*in) == 0 {
		return time.Time{}
	}
	t, ok := readField(in, (*in)[0])
	layouts := []string{"20060102150405Z0700", "200601021504Z0700"}
	switch {
	case !ok:
		return time.Time{}
	case t.tag == 0x17 && len(t.content) > 2:
		century := "19"
		if t.content[0] < '5' {
			century = "20"
		}
		t.content = append([]byte(century), t.content...)
	case t.tag != 0x18:
		return time.Time{}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, string(t.content)); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// text decodes a string of any of the types that names are made of; of others it
// is empty.
func (f field) text() string {
	switch f.tag {
	case 0x0c, 0x12, 0x13, 0x16, 0x1a, 0x1b: // UTF8String and those of ASCII
		return strings.ToValidUTF8(string(f.content), string(utf8.RuneError))
	case 0x14: // TeletexString, in practice Latin-1
		var s strings.Builder
		for _, c := range f.content {
			s.WriteRune(rune(c))
		}
		return s.String()
	case 0x1e: // BMPString
		units := make([]uint16, len(f.content)/2)
		for i := range units {
			units[i] = uint16(f.content[2*i])<<8 | uint16(f.content[2*i+1])
		}
		return string(utf16.Decode(units))
	case 0x1c: // UniversalString
		var s strings.Builder
		for b := f.content; len(b) >= 4; b = b[4:] {
			s.WriteRune(rune(int32(b[0])<<24 | int32(b[1])<<16 | int32(b[2])<<8 | int32(b[3])))
		}
		return s.String()
	}
	return ""
}

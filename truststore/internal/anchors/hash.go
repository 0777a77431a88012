package anchors

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/hktrust/hktrust/truststore/host"
	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxCollisions bounds the certificates of one hash that are looked at.
const maxCollisions = 100

// inDirectory reports whether OpenSSL finds the certificate in the store's
// directory and trusts it for TLS servers: it reads the files HASH.0, HASH.1 and
// so on until one is missing, where HASH stands for the subject (by_dir.c).
func (s *Store) inDirectory(der []byte) (bool, error) {
	hash, err := subjectHash(der)
	if err != nil {
		return false, err
	}
	for n := range maxCollisions {
		path := s.host.Join(s.family.hashed, fmt.Sprintf("%08x.%d", hash, n))
		data, err := s.host.ReadFile(path, maxAnchor)
		if host.Missing(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		blocks, err := certificates(data)
		if err == nil && len(blocks) > 0 && bytes.Equal(blocks[0].der, der) {
			return blocks[0].readers().OpenSSL, nil
		}
	}
	return false, nil
}

// subjectHash is the name hash of OpenSSL 1.0 and later: the beginning of the
// SHA-1 of the canonical subject (X509_NAME_hash, x509_name_canon).
func subjectHash(der []byte) (uint32, error) {
	canonical, err := canonicalSubject(der)
	if err != nil {
		return 0, err
	}
	sum := sha1.Sum(canonical)
	return binary.LittleEndian.Uint32(sum[:4]), nil
}

func canonicalSubject(der []byte) ([]byte, error) {
	damaged := fmt.Errorf("%w: certificate", ErrDamaged)
	input := cryptobyte.String(der)
	var cert, tbs, subject cryptobyte.String
	if !input.ReadASN1(&cert, casn1.SEQUENCE) || !cert.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(casn1.Tag(0).Constructed().ContextSpecific()) ||
		!tbs.SkipASN1(casn1.INTEGER) || // serial number
		!tbs.SkipASN1(casn1.SEQUENCE) || // signature algorithm
		!tbs.SkipASN1(casn1.SEQUENCE) || // issuer
		!tbs.SkipASN1(casn1.SEQUENCE) || // validity
		!tbs.ReadASN1(&subject, casn1.SEQUENCE) {
		return nil, damaged
	}
	var out []byte
	for !subject.Empty() {
		var set cryptobyte.String
		if !subject.ReadASN1(&set, casn1.SET) {
			return nil, damaged
		}
		canonical, err := canonicalSet(set)
		if err != nil {
			return nil, damaged
		}
		out = append(out, canonical...)
	}
	return out, nil
}

// canonicalSet is one relative distinguished name. Its attributes, as a rule
// one, are in the order of their canonical form.
func canonicalSet(set cryptobyte.String) ([]byte, error) {
	var attributes [][]byte
	for !set.Empty() {
		var attribute, oid, value cryptobyte.String
		var tag casn1.Tag
		if !set.ReadASN1(&attribute, casn1.SEQUENCE) || !attribute.ReadASN1Element(&oid, casn1.OBJECT_IDENTIFIER) ||
			!attribute.ReadAnyASN1Element(&value, &tag) {
			return nil, ErrDamaged
		}
		var b cryptobyte.Builder
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(oid)
			addCanonical(b, value, tag)
		})
		der, err := b.Bytes()
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, der)
	}
	slices.SortFunc(attributes, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(casn1.SET, func(b *cryptobyte.Builder) {
		for _, a := range attributes {
			b.AddBytes(a)
		}
	})
	return b.Bytes()
}

// The string types that package cryptobyte has no names for.
const (
	universalString = casn1.Tag(28)
	bmpString       = casn1.Tag(30)
)

// addCanonical writes a string in small letters and with single spaces, as
// UTF-8, and any other value as it is.
func addCanonical(b *cryptobyte.Builder, element cryptobyte.String, tag casn1.Tag) {
	var value cryptobyte.String
	whole := element
	if !element.ReadASN1(&value, tag) {
		b.SetError(ErrDamaged)
		return
	}
	var text []byte
	switch tag {
	case casn1.UTF8String:
		text = value
	case casn1.PrintableString, casn1.IA5String, casn1.T61String:
		for _, c := range value {
			text = utf8.AppendRune(text, rune(c)) // each octet is a character of Latin-1
		}
	case bmpString:
		for i := 0; i+1 < len(value); i += 2 {
			text = utf8.AppendRune(text, rune(value[i])<<8|rune(value[i+1]))
		}
	case universalString:
		for i := 0; i+3 < len(value); i += 4 {
			text = utf8.AppendRune(text, rune(binary.BigEndian.Uint32(value[i:])))
		}
	default:
		b.AddBytes(whole)
		return
	}
	b.AddASN1(casn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes(folded(text)) })
}

// folded drops spaces at both ends, makes one of several, and lowers ASCII.
func folded(text []byte) []byte {
	out := bytes.Join(bytes.FieldsFunc(text, func(r rune) bool {
		return r == ' ' || '\t' <= r && r <= '\r'
	}), []byte(" "))
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + ('a' - 'A')
		}
	}
	return out
}

package javaks

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of a file's structure. Java's own stores have one or two contents.
const (
	maxContents = 1 << 10
	maxBags     = 1 << 16
)

const (
	explicit0 = asn1.Tag(0) | classContextSpecific | constructed
	implicit0 = asn1.Tag(0) | classContextSpecific
)

// content is a ContentInfo of the AuthenticatedSafe.
type content struct {
	raw        []byte
	safe       []byte // the SafeContents in clear; nil while encrypted
	encryption *encryption
	bags       []bag
	original   []bag // the bags in the file that was opened
	changed    bool  // bags differ from raw
}

// encryption is what surrounds the ciphertext of an EncryptedData (RFC 5652,
// section 8).
type encryption struct {
	version, contentType []byte // elements, as they are in the file
	scheme               *pbe
	ciphertext           []byte
	attributes           []byte // what follows the EncryptedContentInfo, usually nothing
	secret               secret // the form of the password that decrypted it
}

// decode parses DER. What does not parse, but is BER, is converted and parsed
// again; ber says so.
func decode[T any](octets []byte, parse func(cryptobyte.String) (T, error)) (v T, ber bool, err error) {
	if v, err = parse(octets); err == nil || !errors.Is(err, ErrDamaged) {
		return v, false, err
	}
	der, notBER := toDER(octets)
	if notBER != nil || bytes.Equal(der, octets) {
		return v, false, err
	}
	v, err = parse(der)
	return v, true, err
}

// endsEarly reports whether the element that data starts with goes on beyond it.
func endsEarly(data []byte) bool {
	s := cryptobyte.String(data)
	_, _, indefinite, err := readBERHeader(&s)
	if indefinite {
		_, err = toDER(data)
	}
	return errors.Is(err, errBERShort)
}

// parsePKCS12 parses a file down to its contents. An error of the MAC alone is
// returned apart: contents in clear can be read without it.
func parsePKCS12(data []byte) (s *pkcs12Store, macError, err error) {
	outer, ber, err := decode(data, parsePFX)
	if errors.Is(err, ErrDamaged) && endsEarly(data) {
		return nil, nil, fmt.Errorf("%w: PKCS#12 of %d bytes", ErrTruncated, len(data))
	}
	if err != nil {
		return nil, nil, err
	}
	s = &pkcs12Store{data: data, authSafe: outer.authSafe}
	if len(outer.trailing) > 0 {
		s.refuse("octets after its end")
	}
	if ber {
		s.foundBER()
	}
	if s.contents, ber, err = decode(outer.authSafe, parseAuthenticatedSafe); err != nil {
		return nil, nil, err
	}
	if ber {
		s.foundBER()
	}
	if outer.mac != nil {
		s.mac, macError = parseMAC(outer.mac)
	}
	if errors.Is(macError, ErrDamaged) {
		return nil, nil, macError
	}
	return s, macError, nil
}

// pfx is the outermost structure (RFC 7292, section 4).
type pfx struct{ authSafe, mac, trailing []byte }

func parsePFX(s cryptobyte.String) (p pfx, err error) {
	var seq, info, wrapped, authSafe cryptobyte.String
	var version int
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Integer(&version) || !seq.ReadASN1(&info, asn1.SEQUENCE) {
		return p, malformed("PFX")
	}
	if version != 3 {
		return p, fmt.Errorf("%w: PKCS#12 version %d", ErrUnsupported, version)
	}
	contentType, ok := readOID(&info)
	if !ok {
		return p, malformed("PFX content type")
	}
	if contentType != oidData {
		return p, fmt.Errorf("%w: PKCS#12 protected by content type %v", ErrUnsupported, contentType)
	}
	if !info.ReadASN1(&wrapped, explicit0) || !info.Empty() ||
		!wrapped.ReadASN1(&authSafe, asn1.OCTET_STRING) || !wrapped.Empty() {
		return p, malformed("PFX content")
	}
	p.authSafe, p.trailing = authSafe, s
	if seq.Empty() {
		return p, nil
	}
	var mac cryptobyte.String
	if !seq.ReadASN1Element(&mac, asn1.SEQUENCE) || !seq.Empty() {
		return p, malformed("MAC")
	}
	p.mac = mac
	return p, nil
}

func parseAuthenticatedSafe(s cryptobyte.String) ([]content, error) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return nil, malformed("AuthenticatedSafe")
	}
	var all []content
	for !seq.Empty() {
		var raw cryptobyte.String
		if !seq.ReadASN1Element(&raw, asn1.SEQUENCE) {
			return nil, malformed("ContentInfo")
		}
		c, err := parseContent(raw)
		if err != nil {
			return nil, err
		}
		if all = append(all, c); len(all) > maxContents {
			return nil, fmt.Errorf("%w: more than %d contents", ErrTooLarge, maxContents)
		}
	}
	return all, nil
}

func parseContent(raw cryptobyte.String) (content, error) {
	c := content{raw: raw}
	var info, wrapped cryptobyte.String
	if !raw.ReadASN1(&info, asn1.SEQUENCE) {
		return c, malformed("ContentInfo")
	}
	contentType, ok := readOID(&info)
	if !ok || !info.ReadASN1(&wrapped, explicit0) || !info.Empty() {
		return c, malformed("ContentInfo")
	}
	switch contentType {
	case oidData:
		if !wrapped.ReadASN1Bytes(&c.safe, asn1.OCTET_STRING) || !wrapped.Empty() {
			return c, malformed("data content")
		}
		return c, nil
	case oidEncryptedData:
		var err error
		c.encryption, err = parseEncryptedData(wrapped)
		return c, err
	}
	return c, fmt.Errorf("%w: content type %v", ErrUnsupported, contentType)
}

func parseEncryptedData(s cryptobyte.String) (*encryption, error) {
	var seq, info, version, contentType, algorithm cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadASN1Element(&version, asn1.INTEGER) || !seq.ReadASN1(&info, asn1.SEQUENCE) ||
		!info.ReadASN1Element(&contentType, asn1.OBJECT_IDENTIFIER) ||
		!info.ReadASN1Element(&algorithm, asn1.SEQUENCE) {
		return nil, malformed("EncryptedData")
	}
	e := &encryption{version: version, contentType: contentType, attributes: seq}
	var ok bool
	if e.ciphertext, ok = readCiphertext(&info); !ok || !info.Empty() {
		return nil, malformed("encrypted content")
	}
	var err error
	e.scheme, err = parsePBE(algorithm)
	return e, err
}

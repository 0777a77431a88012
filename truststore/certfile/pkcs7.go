package certfile

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"go.mozilla.org/pkcs7"
)

// parsePKCS7 returns the certificates of a PKCS#7 SignedData in DER.
//
// Package pkcs7 overflows the stack, or takes quadratic time, on BER that
// nests or repeats without end, and takes malformed content for empty; so it
// is given nothing but what toDER made, and no certificate is an error.
func parsePKCS7(der []byte) ([]Certificate, error) {
	p7, err := pkcs7.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: PKCS#7: %v", ErrDamaged, err)
	}
	if len(p7.Certificates) == 0 {
		return nil, not(NoCertificates)
	}
	var all []byte
	for _, c := range p7.Certificates {
		all = append(all, c.Raw...)
	}
	return parseCertificates(all)
}

// WriteP7B returns the certificates as a PKCS#7 SignedData without content or
// signatures, in DER: a .p7b file.
func WriteP7B(certs []*x509.Certificate) ([]byte, error) {
	if len(certs) == 0 {
		return nil, not(NoCertificates)
	}
	var all bytes.Buffer
	for _, c := range certs {
		all.Write(c.Raw)
	}
	return pkcs7.DegenerateCertificate(all.Bytes())
}

const (
	// maxDepth is how deep elements may nest; those of a certificate in a
	// PKCS#7 file nest to a depth of some 15.
	maxDepth = 32
	// maxElements is how many there may be; a certificate has some 100.
	maxElements = 1 << 17
)

// toDER returns the BER element that data begins with, with definite and
// minimal lengths throughout. Constructed strings stay as they are.
func toDER(data []byte) ([]byte, error) {
	t := transcoder{der: make([]byte, 0, len(data))}
	if _, err := t.element(data, 0); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return t.der, nil
}

var (
	errCutOff  = errors.New("ASN.1 is cut off")
	errNested  = errors.New("ASN.1 nests too deep")
	errMany    = errors.New("ASN.1 has too many elements")
	errLength  = errors.New("ASN.1 length is malformed")
	errHighTag = errors.New("ASN.1 tag is not used in certificates")
)

// transcoder turns BER into DER.
type transcoder struct {
	der      []byte
	elements int
}

// element appends the first element of ber and returns what follows it there.
func (t *transcoder) element(ber []byte, depth int) (rest []byte, err error) {
	const constructed, highTag = 0x20, 0x1F
	if t.elements++; t.elements > maxElements {
		return nil, errMany
	}
	switch {
	case depth > maxDepth:
		return nil, errNested
	case len(ber) < 2:
		return nil, errCutOff
	case ber[0]&highTag == highTag:
		return nil, errHighTag
	}
	tag := ber[0]
	length, body, err := readLength(ber[1:])
	if err != nil {
		return nil, err
	}
	if tag&constructed == 0 {
		if length == indefinite {
			return nil, errLength
		}
		t.der = append(appendHeader(t.der, tag, length), body[:length]...)
		return body[length:], nil
	}
	start := len(t.der)
	rest, err = t.children(body, length, depth+1)
	t.der = slices.Insert(t.der, start, appendHeader(nil, tag, len(t.der)-start)...)
	return rest, err
}

// children appends the elements of a constructed one whose body has the given
// length, and returns what follows it.
func (t *transcoder) children(body []byte, length, depth int) (rest []byte, err error) {
	if length != indefinite {
		body, rest = body[:length], body[length:]
		for len(body) > 0 && err == nil {
			body, err = t.element(body, depth)
		}
		return rest, err
	}
	endOfContents := []byte{0, 0}
	for !bytes.HasPrefix(body, endOfContents) {
		if body, err = t.element(body, depth); err != nil {
			return nil, err
		}
	}
	return body[len(endOfContents):], nil
}

// indefinite stands for the length of an element that ends with two zeros.
const indefinite = -1

// readLength reads a length. A definite one does not exceed what follows.
func readLength(b []byte) (length int, rest []byte, err error) {
	first, rest := b[0], b[1:]
	if first == 0x80 {
		return indefinite, rest, nil
	}
	wide := uint64(first)
	if first > 0x80 {
		n := int(first & 0x7F)
		if n > 4 {
			return 0, nil, errLength
		}
		if n > len(rest) {
			return 0, nil, errCutOff
		}
		wide = 0
		for _, digit := range rest[:n] {
			wide = wide<<8 | uint64(digit)
		}
		rest = rest[n:]
	}
	if wide > uint64(len(rest)) {
		return 0, nil, errCutOff
	}
	return int(wide), rest, nil
}

// appendHeader appends a tag and a minimal length.
func appendHeader(out []byte, tag byte, length int) []byte {
	out = append(out, tag)
	if length < 0x80 {
		return append(out, byte(length))
	}
	digits := binary.BigEndian.AppendUint32(nil, uint32(length))
	for digits[0] == 0 {
		digits = digits[1:]
	}
	out = append(out, 0x80|byte(len(digits)))
	return append(out, digits...)
}

package anchors

import (
	"bytes"
	"crypto/x509"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// object is a certificate in a file, and what the file says of it.
type object struct {
	der        []byte
	anchor     bool // wherever the file lies
	distrusted bool
	odd        bool               // under a name that not all programs know
	purposes   []x509.ExtKeyUsage // nil for all
}

// parse returns the certificates of an anchor file as far as the family's
// programs understand it: PEM everywhere, where p11-kit reads also DER and its
// own format.
func (f *family) parse(path string, data []byte) ([]object, error) {
	if f.neutral == "" {
		return forOpenSSL(data)
	}
	if strings.HasSuffix(path, ".p11-kit") {
		return persisted(data)
	}
	found, err := forP11Kit(data)
	if err == nil && len(found) == 0 && isElement(data) {
		found = []object{{der: data}}
	}
	return found, err
}

// forOpenSSL are the certificates of a file whose content becomes part of a bundle.
// One that OpenSSL refuses for TLS servers is distrusted there, and may be an
// anchor for something else.
func forOpenSSL(data []byte) ([]object, error) {
	blocks, err := certificates(data)
	var out []object
	for _, b := range blocks {
		o := object{der: b.der, anchor: true, odd: b.label != labelPlain}
		if b.trust != nil {
			o.purposes, o.distrusted = b.trust.allowed(), !b.trust.allows(x509.ExtKeyUsageServerAuth)
		}
		out = append(out, o)
	}
	return out, err
}

func forP11Kit(data []byte) ([]object, error) {
	blocks, err := certificates(data)
	var out []object
	for _, b := range blocks {
		if b.label == labelX509 {
			continue // nothing to p11-kit
		}
		o := object{der: b.der}
		if b.trust != nil {
			o.purposes, o.distrusted = b.trust.extracted()
			o.anchor = b.trust.said && !o.distrusted
		}
		out = append(out, o)
	}
	return out, err
}

// isElement reports whether data is one DER sequence and nothing else.
func isElement(data []byte) bool {
	input := cryptobyte.String(data)
	return input.SkipASN1(casn1.SEQUENCE) && input.Empty()
}

var (
	isTrusted    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\s*trusted:\s*true\s*$`) })
	isDistrusted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\s*x-distrusted:\s*true\s*$`) })
)

// persisted reads p11-kit's own format: sections of attributes, with
// certificates as PEM blocks among them (p11-kit's persist.c).
func persisted(data []byte) ([]object, error) {
	var out []object
	for _, section := range bytes.Split(data, []byte("[p11-kit-object-v1]")) {
		blocks, err := certificates(section)
		if err != nil {
			return out, err
		}
		for _, b := range blocks {
			out = append(out, object{der: b.der, anchor: isTrusted().Match(section), distrusted: isDistrusted().Match(section)})
		}
	}
	return out, nil
}

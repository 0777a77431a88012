package ecert

import (
	"bytes"
	"errors"
	"strings"

	"github.com/hktrust/hktrust/javaks"
)

// looksLike says what a file that is no PKCS#12 seems to be, as a word for
// [CodeNotPKCS12].
func looksLike(data []byte) string {
	head := bytes.TrimLeft(data[:min(len(data), 512)], "\xEF\xBB\xBF \t\r\n")
	switch {
	case len(data) == 0:
		return "empty"
	case javaks.Detect(data) == javaks.JKS, javaks.Detect(data) == javaks.JCEKS:
		return "java-keystore"
	case bytes.HasPrefix(head, []byte("-----BEGIN ")) && bytes.Contains(data, []byte("PRIVATE KEY-----")):
		return "pem-key"
	case bytes.HasPrefix(head, []byte("-----BEGIN ")):
		return "pem"
	case bytes.HasPrefix(head, []byte("MII")):
		return "base64"
	case bytes.HasPrefix(data, []byte{0x30, 0x82}) && len(data) > 4 && data[4] == 0x30:
		return "certificate"
	case bytes.HasPrefix(data, []byte{0x30}) && bytes.Contains(head, pkcs7SignedData):
		return "pkcs7"
	case bytes.HasPrefix(data, []byte("SQLite format 3\x00")):
		return "sqlite"
	case bytes.HasPrefix(data, []byte("%PDF")):
		return "pdf"
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return "zip"
	case bytes.HasPrefix(bytes.ToLower(head), []byte("<!doctype")), bytes.HasPrefix(bytes.ToLower(head), []byte("<html")):
		return "html"
	case len(bytes.Trim(data[:min(len(data), 512)], "\x00")) == 0:
		return "zeroes"
	}
	return "unknown"
}

// pkcs7SignedData is OBJECT IDENTIFIER 1.2.840.113549.1.7.2.
var pkcs7SignedData = []byte{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02}

// errorDetail is what an error says beyond its sentinel, for developers.
func errorDetail(err error) string {
	text := err.Error()
	for _, sentinel := range []error{javaks.ErrDamaged, javaks.ErrUnsupported, javaks.ErrTooLarge} {
		if errors.Is(err, sentinel) {
			text = strings.TrimPrefix(text, sentinel.Error()+": ")
		}
	}
	return text
}

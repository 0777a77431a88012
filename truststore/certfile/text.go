package certfile

import (
	"bytes"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

const pemBegin = "-----BEGIN "

// decodeText returns UTF-16 text with a byte order mark, which Windows
// PowerShell writes, as UTF-8, and anything else as it is.
func decodeText(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return []byte(string(utf16.Decode(units)))
}

// byteOrderMark in UTF-8; joined files have some in their midst.
const byteOrderMark = "\uFEFF"

// tidy undoes what happens to PEM on its way: marks, indentation, and files
// joined where the first did not end with a newline.
func tidy(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(byteOrderMark), nil)
	text = bytes.ReplaceAll(text, []byte("-----"+pemBegin), []byte("-----\n"+pemBegin))
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		out.Write(bytes.TrimSpace(line))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// parseText reads PEM.
func parseText(text []byte) ([]Certificate, error) {
	text = tidy(text)
	if begins := countBegins(text); begins > 0 {
		return parseBlocks(text, begins)
	}
	switch text := bytes.TrimSpace(text); {
	case len(text) == 0:
		return nil, not(Empty)
	case text[0] == '<':
		return nil, not(WebPage)
	}
	return nil, not(Unknown)
}

// countBegins counts the lines that begin a PEM block.
func countBegins(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte(pemBegin)) {
			n++
		}
	}
	return n
}

// parseBlocks reads the PEM blocks of a text in which so many begin. A block
// that package pem passes over as malformed must not go unseen: the user
// would believe that its certificate was taken.
func parseBlocks(text []byte, begins int) ([]Certificate, error) {
	var certs []Certificate
	kind := Unknown // of the last block that is no certificate
	decoded := 0
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		decoded++
		found, other, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		certs = append(certs, found...)
		if other != "" {
			kind = other
		}
	}
	if decoded != begins {
		return nil, fmt.Errorf("%w: %d of %d PEM blocks are malformed", ErrDamaged, begins-decoded, begins)
	}
	if len(certs) == 0 {
		return nil, not(kind)
	}
	return certs, nil
}

// parseBlock returns the certificates of a PEM block, or what else it is.
func parseBlock(block *pem.Block) ([]Certificate, Kind, error) {
	switch block.Type {
	case "CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "CMS", "PKCS #7 SIGNED DATA":
		certs, err := parseBinary(block.Bytes)
		return certs, "", malformedIfUnknown(err)
	case "TRUSTED CERTIFICATE": // OpenSSL: followed by its X509_CERT_AUX
		certs, err := parseTrusted(block.Bytes)
		return certs, "", malformedIfUnknown(err)
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return nil, CertificateRequest, nil
	case "X509 CRL":
		return nil, RevocationList, nil
	}
	if strings.HasSuffix(block.Type, "PRIVATE KEY") {
		return nil, PrivateKey, nil
	}
	return nil, "", nil
}

// malformedIfUnknown turns the error for something unknown into one that
// takes the word of the PEM block for what it should be.
func malformedIfUnknown(err error) error {
	if other := (*NotCertificateError)(nil); errors.As(err, &other) && other.Kind == Unknown {
		return fmt.Errorf("%w: a PEM block does not hold what it says", ErrDamaged)
	}
	return err
}

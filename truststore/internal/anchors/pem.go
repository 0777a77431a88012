package anchors

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
)

// maxCertificates bounds the certificates of one file.
const maxCertificates = 20_000

// block is a certificate in a file.
type block struct {
	der   []byte
	trust *auxiliary // of OpenSSL's trusted certificates, nil in others
	label string
	// marked: a byte order mark is right before it.
	marked bool
	// early: a certificate of the plain name comes later.
	early bool
}

// What a certificate is called in PEM.
const (
	labelPlain   = "CERTIFICATE"
	labelX509    = "X509 CERTIFICATE"
	labelTrusted = "TRUSTED CERTIFICATE"
)

// certificates returns the certificates in the PEM blocks of data, in order.
// What stands between the blocks, and blocks of other types, mean nothing to
// programs either.
func certificates(data []byte) ([]block, error) {
	blocks, err := inOrder(data)
	plain := false
	for i := range slices.Backward(blocks) {
		blocks[i].early = plain
		plain = plain || blocks[i].label == labelPlain
	}
	return blocks, err
}

func inOrder(data []byte) ([]block, error) {
	var blocks []block
	for {
		// What precedes a block is passed over here: package pem would look
		// at every line of it.
		start := bytes.Index(data, []byte("-----BEGIN "))
		if start < 0 {
			return blocks, nil
		}
		marked := bytes.HasSuffix(data[:start], byteOrderMark)
		if start > 0 && data[start-1] != '\n' && !marked {
			data = data[start+1:] // in the middle of a line it is no block, for OpenSSL and Go
			continue
		}
		if der, rest := plainBlock(data, start); der != nil {
			if blocks = append(blocks, block{der: der, label: labelPlain}); len(blocks) > maxCertificates {
				return blocks, fmt.Errorf("%w: more than %d certificates", ErrDamaged, maxCertificates)
			}
			data = rest
			continue
		}
		p, rest := pem.Decode(data[start:])
		if p == nil {
			return blocks, nil
		}
		data = rest
		b := block{der: p.Bytes, label: p.Type, marked: marked}
		switch p.Type {
		case labelPlain, labelX509:
		case labelTrusted:
			var err error
			if b.der, b.trust, err = splitTrusted(p.Bytes); err != nil {
				return blocks, err
			}
		default:
			continue
		}
		if blocks = append(blocks, b); len(blocks) > maxCertificates {
			return blocks, fmt.Errorf("%w: more than %d certificates", ErrDamaged, maxCertificates)
		}
	}
}

// byteOrderMark is what editors of Windows put before text.
var byteOrderMark = []byte("\xef\xbb\xbf")

const (
	pemBegin = "-----BEGIN CERTIFICATE-----\n"
	pemEnd   = "\n-----END CERTIFICATE-----\n"
)

// plainBlock decodes the certificate that begins at start if it is written as
// updaters write them, which takes a fraction of the time in which package
// pem looks for everything else. It returns nil where it is not.
func plainBlock(data []byte, start int) (der, rest []byte) {
	body, ok := bytes.CutPrefix(data[start:], []byte(pemBegin))
	if !ok || start > 0 && data[start-1] != '\n' {
		return nil, nil
	}
	end := bytes.Index(body, []byte("\n-----")) // no further: what has no end is not searched again and again
	if end <= 0 || !bytes.HasPrefix(body[end:], []byte(pemEnd)) {
		return nil, nil
	}
	der = make([]byte, base64.StdEncoding.DecodedLen(end))
	n, err := base64.StdEncoding.Decode(der, body[:end])
	if err != nil || n == 0 {
		return nil, nil
	}
	return der[:n], body[end+len(pemEnd):]
}

// encode is a certificate as our files have it, an anchor for the purposes
// alone if there are any.
func encode(der []byte, purposes []x509.ExtKeyUsage) ([]byte, error) {
	if len(purposes) == 0 {
		return pem.EncodeToMemory(&pem.Block{Type: labelPlain, Bytes: der}), nil
	}
	trusted, err := joinTrusted(der, purposes)
	return pem.EncodeToMemory(&pem.Block{Type: labelTrusted, Bytes: trusted}), err
}

package javaks

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// mac is a PKCS#12 file's MacData (RFC 7292, section 4).
type mac struct {
	raw    []byte
	digest []byte // a part of raw
	salt   []byte // a part of raw
	hash   crypto.Hash
	key    func(secret, *work) ([]byte, error)
}

// parseMAC parses a MacData, which the result keeps.
func parseMAC(raw []byte) (*mac, error) {
	s := cryptobyte.String(raw)
	var seq, info cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1(&info, asn1.SEQUENCE) {
		return nil, malformed("MAC")
	}
	m := &mac{raw: raw}
	id, parameters, ok := readAlgorithm(&info)
	if !ok || !info.ReadASN1Bytes(&m.digest, asn1.OCTET_STRING) || !info.Empty() {
		return nil, malformed("MAC")
	}
	var err error
	if id == oidPBMAC1 {
		err = m.parsePBMAC1(parameters)
	} else {
		err = m.parseHMAC(id, seq)
	}
	if err == nil && len(m.digest) != m.hash.Size() {
		err = malformed("MAC length")
	}
	return m, err
}

// parseHMAC parses what follows the DigestInfo of the classic MAC (RFC 7292,
// appendix A).
func (m *mac) parseHMAC(id oid, rest cryptobyte.String) error {
	var ok bool
	if m.hash, ok = digestOf(id); !ok {
		return fmt.Errorf("%w: MAC with digest %v", ErrUnsupported, id)
	}
	if !rest.ReadASN1Bytes(&m.salt, asn1.OCTET_STRING) {
		return malformed("MAC salt")
	}
	iterations := 1
	if !rest.Empty() {
		var err error
		if iterations, err = readIterations(&rest); err != nil {
			return err
		}
	}
	if !rest.Empty() {
		return malformed("MAC")
	}
	kdf := pkcs12KDF{m.hash, m.salt, iterations}
	m.key = func(s secret, w *work) ([]byte, error) { return kdf.derive(s, purposeMAC, m.hash.Size(), w) }
	return nil
}

// parsePBMAC1 parses PBMAC1-params (RFC 8018, appendix A.5). RFC 9579 leaves
// MacData's own salt and iterations without meaning.
func (m *mac) parsePBMAC1(parameters cryptobyte.String) error {
	var seq cryptobyte.String
	if !parameters.ReadASN1(&seq, asn1.SEQUENCE) || !parameters.Empty() {
		return malformed("PBMAC1 parameters")
	}
	kdf, err := readPBKDF2(&seq)
	if err != nil {
		return err
	}
	if m.hash, err = readHMAC(&seq); err != nil {
		return err
	}
	// RFC 9579, section 5: the key length is present, and at least 20.
	if !seq.Empty() || kdf.keyLength < 20 || kdf.keyLength > 64 {
		return malformed("PBMAC1 key length")
	}
	m.salt = kdf.salt
	m.key = func(s secret, w *work) ([]byte, error) { return kdf.derive(s, kdf.keyLength, w) }
	return nil
}

// verify says whether the MAC of content is right under this password.
func (m *mac) verify(s secret, content []byte, w *work) (bool, error) {
	sum, err := m.sum(s, content, w)
	return err == nil && hmac.Equal(sum, m.digest), err
}

// renew returns the MacData of another content, with another salt.
func (m *mac) renew(s secret, content []byte, w *work) ([]byte, error) {
	fresh, err := parseMAC(bytes.Clone(m.raw))
	if err != nil {
		return nil, err
	}
	rand.Read(fresh.salt)
	sum, err := fresh.sum(s, content, w)
	copy(fresh.digest, sum)
	return fresh.raw, err
}

func (m *mac) sum(s secret, content []byte, w *work) ([]byte, error) {
	key, err := m.key(s, w)
	if err != nil {
		return nil, err
	}
	h := hmac.New(m.hash.New, key)
	h.Write(content)
	return h.Sum(nil), nil
}

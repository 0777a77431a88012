package nss

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/hktrust/hktrust/truststore/chain"
)

// CRLSet is what Chromium's component of that name blocks, whatever else trusts
// it.
type CRLSet struct {
	keys    map[[32]byte]bool            // SHA-256 of a public key that is blocked
	serials map[[32]byte]map[string]bool // by the SHA-256 of the issuer's public key
}

var errCRLSet = errors.New("the CRLSet cannot be read")

// ReadCRLSet reads the component's file "crl-set": the length of a header in
// two octets, the header in JSON and, for each issuer, the SHA-256 of its public
// key, a count in four octets, and serial numbers, each after its length.
func ReadCRLSet(data []byte) (*CRLSet, error) {
	if len(data) < 2 || len(data)-2 < int(binary.LittleEndian.Uint16(data)) {
		return nil, errCRLSet
	}
	var header struct {
		BlockedSPKIs             []string
		BlockedInterceptionSPKIs []string
	}
	end := 2 + int(binary.LittleEndian.Uint16(data))
	if json.Unmarshal(data[2:end], &header) != nil {
		return nil, errCRLSet
	}
	s := &CRLSet{keys: map[[32]byte]bool{}, serials: map[[32]byte]map[string]bool{}}
	for _, text := range append(header.BlockedSPKIs, header.BlockedInterceptionSPKIs...) {
		id, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(id) != sha256.Size {
			return nil, errCRLSet
		}
		s.keys[[32]byte(id)] = true
	}
	for data = data[end:]; len(data) > 0; {
		if len(data) < sha256.Size+4 {
			return nil, errCRLSet
		}
		issuer, count := [32]byte(data), binary.LittleEndian.Uint32(data[sha256.Size:])
		data = data[sha256.Size+4:]
		serials := map[string]bool{}
		for ; count > 0; count-- {
			if len(data) < 1 || len(data)-1 < int(data[0]) {
				return nil, errCRLSet
			}
			serials[string(bytes.TrimLeft(data[1:1+int(data[0])], "\x00"))] = true
			data = data[1+int(data[0]):]
		}
		s.serials[issuer] = serials
	}
	return s, nil
}

// Blocked is the certificate of a path, the leaf first, that the set blocks; nil
// if it blocks none.
func (s *CRLSet) Blocked(path []*chain.Certificate) *chain.Certificate {
	for i, c := range path {
		if s.keys[sha256.Sum256(c.RawSPKI)] {
			return c
		}
		if i+1 < len(path) && s.serials[sha256.Sum256(path[i+1].RawSPKI)][string(bytes.TrimLeft(c.Serial, "\x00"))] {
			return c
		}
	}
	return nil
}

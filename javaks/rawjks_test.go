package javaks_test

import (
	"crypto/sha1"
	"encoding/binary"
)

// rawEntry is a trusted entry whose alias is written as it is.
type rawEntry struct {
	alias string
	der   []byte
}

// rawJKS writes a JKS with the password changeit octet by octet.
func rawJKS(entries ...rawEntry) []byte {
	be := binary.BigEndian
	out := be.AppendUint32(rawHeader(2), uint32(len(entries)))
	for _, e := range entries {
		out = be.AppendUint32(out, 2)
		out = append(be.AppendUint16(out, uint16(len(e.alias))), e.alias...)
		out = be.AppendUint64(out, 1_700_000_000_000)
		out = append(be.AppendUint16(out, 5), "X.509"...)
		out = append(be.AppendUint32(out, uint32(len(e.der))), e.der...)
	}
	return sign(out)
}

// rawHeader returns what precedes the number of entries.
func rawHeader(version byte) []byte { return []byte{0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, version} }

// sign appends the digest under changeit.
func sign(content []byte) []byte {
	var password []byte
	for _, c := range []byte("changeit") {
		password = append(password, 0, c)
	}
	sum := sha1.Sum(append(append(password, "Mighty Aphrodite"...), content...))
	return append(content[:len(content):len(content)], sum[:]...)
}

package javaks

import (
	"crypto/sha1"
	"crypto/subtle"
	"io"
	"unicode/utf16"
)

// jksDigest returns the digest at the end of a JKS file: SHA-1 over the
// password in UTF-16, a constant, and the file up to the digest
// (sun.security.provider.JavaKeyStore.getPreKeyedHash).
func jksDigest(password string, content []byte) [sha1.Size]byte {
	hash := sha1.New()
	for _, unit := range utf16.Encode([]rune(password)) {
		hash.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	io.WriteString(hash, "Mighty Aphrodite")
	hash.Write(content)
	return [sha1.Size]byte(hash.Sum(nil))
}

// jksPassword returns the first of the candidates whose digest of content is
// the given one.
func jksPassword(content, digest []byte, candidates []string) (string, bool) {
	for _, password := range candidates {
		got := jksDigest(password, content)
		if subtle.ConstantTimeCompare(got[:], digest) == 1 {
			return password, true
		}
	}
	return "", false
}

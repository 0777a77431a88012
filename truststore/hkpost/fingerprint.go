package hkpost

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Fingerprint is the SHA-256 of a certificate's DER encoding.
type Fingerprint [sha256.Size]byte

// FingerprintOf returns the fingerprint of a DER-encoded certificate.
func FingerprintOf(der []byte) Fingerprint { return sha256.Sum256(der) }

var errNotFingerprint = errors.New("not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons")

// ParseFingerprint reads 64 hexadecimal digits of either case, with or without
// colons or spaces between them, as browsers, keytool and openssl print them.
func ParseFingerprint(s string) (Fingerprint, error) {
	var f Fingerprint
	if len(s) <= 4*len(f) {
		digits := strings.ReplaceAll(strings.ReplaceAll(s, ":", ""), " ", "")
		if b, err := hex.DecodeString(digits); err == nil && len(b) == len(f) {
			return Fingerprint(b), nil
		}
	}
	return f, errNotFingerprint
}

// String returns 64 lower-case hexadecimal digits.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// MarshalText implements [encoding.TextMarshaler] with [Fingerprint.String].
func (f Fingerprint) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseFingerprint].
func (f *Fingerprint) UnmarshalText(text []byte) error {
	parsed, err := ParseFingerprint(string(text))
	if err != nil {
		return err
	}
	*f = parsed
	return nil
}

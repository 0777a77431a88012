package javaks

import "bytes"

// The magic numbers of sun.security.provider.JavaKeyStore and
// com.sun.crypto.provider.JceKeyStore.
var (
	jksMagic   = []byte{0xFE, 0xED, 0xFE, 0xED}
	jceksMagic = []byte{0xCE, 0xCE, 0xCE, 0xCE}
)

// Detect tells a keystore's format by its first bytes, as the JDK does; Unknown
// if it is none. It does not say that the keystore is sound.
func Detect(data []byte) Format {
	switch {
	case bytes.HasPrefix(data, jksMagic):
		return JKS
	case bytes.HasPrefix(data, jceksMagic):
		return JCEKS
	case startsPFX(data):
		return PKCS12
	}
	return Unknown
}

// startsPFX reports whether data starts as a PFX of version 3 (RFC 7292 §4): a
// SEQUENCE whose first element is INTEGER 3. The sequence's length may have any
// BER form, since NSS writes the indefinite one.
func startsPFX(data []byte) bool {
	if len(data) < 2 || data[0] != 0x30 {
		return false
	}
	header := 2
	if length := data[1]; length > 0x80 {
		octets := int(length & 0x7F)
		if octets > 4 {
			return false
		}
		header += octets
	}
	return header <= len(data) && bytes.HasPrefix(data[header:], []byte{0x02, 0x01, 0x03})
}

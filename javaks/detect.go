package javaks

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Format is a keystore's file format, or that of a file which is often taken for
// a keystore.
type Format string

// The formats that Detect tells apart.
const (
	JKS     Format = "jks"    // sun.security.provider.JavaKeyStore
	PKCS12  Format = "pkcs12" // RFC 7292, as in sun.security.pkcs12.PKCS12KeyStore
	JCEKS   Format = "jceks"  // com.sun.crypto.provider.JceKeyStore; listed, never edited
	BKS     Format = "bks"    // Bouncy Castle, BcKeyStoreSpi; also Android's; not read
	UBER    Format = "uber"   // Bouncy Castle, encrypted as a whole; not read
	BCFKS   Format = "bcfks"  // Bouncy Castle FIPS, BcFKSKeyStoreSpi; not read
	PEM     Format = "pem"    // text with certificates or keys (RFC 7468): no keystore
	X509    Format = "x509"   // one certificate in DER: no keystore
	PKCS7   Format = "pkcs7"  // a bundle of certificates (.p7b) in DER or BER: no keystore
	Unknown Format = ""
)

// FormatError means that a file is not of a format that this package reads or,
// where an edit was asked for, edits. It matches ErrUnsupported; ErrDamaged where
// the format is Unknown.
type FormatError struct{ Format Format }

func (e *FormatError) Error() string {
	switch e.Format {
	case JCEKS:
		return "keystore is a JCEKS, which is listed and not edited"
	case BKS, UBER, BCFKS:
		return "keystore is a Bouncy Castle " + strings.ToUpper(string(e.Format)) + ", which is not supported"
	case PEM:
		return "not a keystore but a PEM file"
	case X509:
		return "not a keystore but a single certificate"
	case PKCS7:
		return "not a keystore but a PKCS#7 bundle of certificates"
	case Unknown:
		return "not a keystore of a known format"
	}
	return "keystore of the unsupported format " + string(e.Format)
}

// Unwrap returns ErrUnsupported or ErrDamaged.
func (e *FormatError) Unwrap() error {
	if e.Format == Unknown {
		return ErrDamaged
	}
	return ErrUnsupported
}

// The magic numbers of sun.security.provider.JavaKeyStore and
// com.sun.crypto.provider.JceKeyStore.
const (
	jksMagic   = "\xFE\xED\xFE\xED"
	jceksMagic = "\xCE\xCE\xCE\xCE"
)

// Detect tells a file's format by its first bytes, as the JDK does; Unknown if it
// is none of those above. It does not say that the file is sound.
func Detect(data []byte) Format {
	switch {
	case bytes.HasPrefix(data, []byte(jksMagic)):
		return JKS
	case bytes.HasPrefix(data, []byte(jceksMagic)):
		return JCEKS
	case startsPFX(data):
		return PKCS12
	case len(data) > 0 && data[0] == 0x30:
		return detectDER(data)
	case startsBouncyCastle(data):
		return detectBouncyCastle(data)
	case holdsPEM(data):
		return PEM
	}
	return Unknown
}

// startsPFX reports whether data starts as a PFX of version 3 (RFC 7292 §4): a
// SEQUENCE whose first element is INTEGER 3. The sequence's length may have any
// BER form, since NSS writes the indefinite one.
func startsPFX(data []byte) bool {
	content, ok := insideSequence(data)
	return ok && bytes.HasPrefix(content, []byte{0x02, 0x01, 0x03})
}

// insideSequence returns what follows the header of a SEQUENCE with any BER
// length; there may be more or less of it than the length says.
func insideSequence(data []byte) ([]byte, bool) {
	if len(data) < 2 || data[0] != 0x30 {
		return nil, false
	}
	header := 2
	if length := data[1]; length > 0x80 {
		octets := int(length & 0x7F)
		if octets > 4 {
			return nil, false
		}
		header += octets
	}
	if header > len(data) {
		return nil, false
	}
	return data[header:], true
}

// detectDER tells apart what starts with a SEQUENCE and is no PFX.
func detectDER(data []byte) Format {
	content, _ := insideSequence(data)
	s := cryptobyte.String(content)
	if s.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) {
		if id, _ := readOID(&s); id == oidSignedData {
			return PKCS7
		}
		return Unknown
	}
	var first, second cryptobyte.String
	if !s.ReadASN1(&first, asn1.SEQUENCE) || !s.ReadASN1(&second, asn1.SEQUENCE) {
		return Unknown
	}
	switch {
	case s.PeekASN1Tag(asn1.BIT_STRING) && second.PeekASN1Tag(asn1.OBJECT_IDENTIFIER):
		return X509
	case s.Empty() && first.SkipASN1(asn1.SEQUENCE) && first.PeekASN1Tag(asn1.OCTET_STRING) && second.PeekASN1Tag(asn1.SEQUENCE):
		// ObjectStore of an EncryptedObjectStoreData and a PbkdMacIntegrityCheck
		// (org.bouncycastle.asn1.bc).
		return BCFKS
	}
	return Unknown
}

// The head of a BKS and of an UBER: version, length of the salt, salt, number of
// iterations (BcKeyStoreSpi.engineStore).
const (
	bouncyVersions = 2 // the newest of BKS; UBER's is 1
	bouncySalt     = 20
	bouncyHead     = 4 + 4 + bouncySalt + 4
	bouncyKinds    = 4 // of entries; 0 ends the list
)

func startsBouncyCastle(data []byte) bool {
	be := binary.BigEndian
	return len(data) > bouncyHead && be.Uint32(data) <= bouncyVersions && be.Uint32(data[4:]) == bouncySalt
}

// detectBouncyCastle tells a BKS, whose entries are in clear, from an UBER, which
// is encrypted. An entry starts with its kind, its alias and its date.
func detectBouncyCastle(data []byte) Format {
	s := cryptobyte.String(data[bouncyHead:])
	var kind uint8
	var alias cryptobyte.String
	var date uint64
	s.ReadUint8(&kind)
	if kind == 0 && len(s) == 20 { // SHA-1 after an empty list
		return BKS
	}
	const farDate = 1 << 48 // milliseconds; the year 10889
	if kind > 0 && kind <= bouncyKinds && s.ReadUint16LengthPrefixed(&alias) && s.ReadUint64(&date) && date < farDate {
		return BKS
	}
	return UBER
}

// maxPreface is how many bytes of comment may stand before the first PEM block.
const maxPreface = 64 << 10

func holdsPEM(data []byte) bool {
	return bytes.Contains(data[:min(len(data), maxPreface)], []byte("-----BEGIN "))
}

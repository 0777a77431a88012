package winstore

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// An element is a certificate with its properties, as
// CertSerializeCertificateStoreElement writes it and the registry keeps it:
// {identifier, 1, length, bytes}, little-endian 32-bit numbers, the certificate
// itself last.
const (
	propUsage        = 9  // CERT_ENHKEY_USAGE_PROP_ID, in DER
	propFriendlyName = 11 // CERT_FRIENDLY_NAME_PROP_ID, UTF-16 with a final NUL
	propCertificate  = 32 // CERT_CERT_PROP_ID, in DER

	elementHeader = 12
	encodingType  = 1 // X509_ASN_ENCODING

	// maxElement bounds one element in bytes, and maxProperties how many
	// properties it has; Windows itself knows about 130.
	maxElement    = 4 << 20
	maxProperties = 1024
)

// decodeElement reads an element.
func decodeElement(element []byte) (Certificate, error) {
	if len(element) > maxElement {
		return Certificate{}, fmt.Errorf("%w: more than %d bytes", ErrDamaged, maxElement)
	}
	c := Certificate{Element: element}
	rest := element
	for n := 0; len(rest) > 0; n++ {
		if len(rest) < elementHeader || n == maxProperties {
			return Certificate{}, fmt.Errorf("%w: %d bytes after %d properties", ErrDamaged, len(rest), n)
		}
		id, size := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[8:])
		rest = rest[elementHeader:]
		if uint64(size) > uint64(len(rest)) {
			return Certificate{}, fmt.Errorf("%w: property %d is cut off", ErrDamaged, id)
		}
		value := rest[:size:size]
		rest = rest[size:]
		switch id {
		case propCertificate:
			c.DER = value
		case propFriendlyName:
			c.FriendlyName = decodeUTF16(value)
		case propUsage:
			c.Usage = decodeUsage(value)
		}
	}
	if len(c.DER) == 0 {
		return Certificate{}, fmt.Errorf("%w: no certificate in it", ErrDamaged)
	}
	return c, nil
}

// WithUsage returns the entry's element with another usage and all its other
// properties, for a [Change] that puts it in the place of the entry.
func (c Certificate) WithUsage(u Usage) []byte {
	var out []byte
	if u.Limited {
		out = appendProperty(out, propUsage, u.encode())
	}
	for rest := c.Element; len(rest) >= elementHeader; {
		end := elementHeader + int(binary.LittleEndian.Uint32(rest[8:]))
		if binary.LittleEndian.Uint32(rest) != propUsage {
			out = append(out, rest[:end]...)
		}
		rest = rest[end:]
	}
	return out
}

// encodeElement writes an element with our properties.
func encodeElement(der []byte, usage Usage, friendlyName string) []byte {
	var out []byte
	if usage.Limited {
		out = appendProperty(out, propUsage, usage.encode())
	}
	if friendlyName != "" {
		out = appendProperty(out, propFriendlyName, encodeUTF16(friendlyName))
	}
	return appendProperty(out, propCertificate, der)
}

func appendProperty(out []byte, id uint32, value []byte) []byte {
	for _, n := range []uint32{id, encodingType, uint32(len(value))} {
		out = binary.LittleEndian.AppendUint32(out, n)
	}
	return append(out, value...)
}

func encodeUTF16(s string) []byte {
	var out []byte
	for _, unit := range append(utf16.Encode([]rune(s)), 0) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

// decodeUTF16 reads up to the first NUL.
func decodeUTF16(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		unit := binary.LittleEndian.Uint16(b)
		if unit == 0 {
			break
		}
		units = append(units, unit)
	}
	return string(utf16.Decode(units))
}

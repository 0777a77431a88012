package javaks

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxBERDepth bounds the nesting that toDER follows. What NSS writes nests less
// than 10 deep; libraries that follow any depth die of 8 MB of "30 80".
const maxBERDepth = 48

var (
	errBER      = errors.New("malformed BER")
	errBERShort = errors.New("BER ends too early")
)

// toDER turns the first element of b from BER into DER as far as the structure
// goes: lengths become definite and minimal, and constructed octet strings
// primitive. What follows the element is kept. The order of a SET is not changed.
func toDER(b []byte) ([]byte, error) {
	in := cryptobyte.String(b)
	var out cryptobyte.Builder
	if err := convertBER(&in, &out, maxBERDepth); err != nil {
		return nil, err
	}
	out.AddBytes(in)
	return out.Bytes()
}

// convertBER moves one element from in to out.
func convertBER(in *cryptobyte.String, out *cryptobyte.Builder, depth int) error {
	if depth == 0 {
		return errBER
	}
	tag, body, indefinite, err := readBERHeader(in)
	if err != nil {
		return err
	}
	if tag&constructed == 0 {
		out.AddASN1(tag, func(out *cryptobyte.Builder) { out.AddBytes(body) })
		return nil
	}
	if indefinite {
		body = *in
	}
	if tag == asn1.OCTET_STRING.Constructed() {
		tag = asn1.OCTET_STRING
	}
	out.AddASN1(tag, func(out *cryptobyte.Builder) {
		err = convertBERContent(&body, out, tag == asn1.OCTET_STRING, indefinite, depth-1)
	})
	if indefinite {
		*in = body
	}
	return err
}

// Bits of an identifier octet (X.690, section 8.1.2).
const (
	constructed          = asn1.Tag(0x20)
	classContextSpecific = asn1.Tag(0x80)
)

// convertBERContent moves the elements inside a constructed one: up to the
// end-of-contents octets if its length is indefinite, otherwise all there are.
// Those of a segmented octet string lose their headers.
func convertBERContent(in *cryptobyte.String, out *cryptobyte.Builder, segments, indefinite bool, depth int) error {
	for {
		if indefinite && len(*in) >= 2 && (*in)[0] == 0 && (*in)[1] == 0 {
			in.Skip(2)
			return nil
		}
		if in.Empty() {
			if indefinite {
				return errBERShort
			}
			return nil
		}
		if !segments {
			if err := convertBER(in, out, depth); err != nil {
				return err
			}
			continue
		}
		var der cryptobyte.Builder
		if err := convertBER(in, &der, depth); err != nil {
			return err
		}
		element := cryptobyte.String(der.BytesOrPanic())
		var octets cryptobyte.String
		if !element.ReadASN1(&octets, asn1.OCTET_STRING) {
			return errBER
		}
		out.AddBytes(octets)
	}
}

// readBERHeader reads an element's identifier and length and, unless the length
// is indefinite, its content. Tags above 30, which PKCS#12 has none of, are refused.
func readBERHeader(in *cryptobyte.String) (tag asn1.Tag, body cryptobyte.String, indefinite bool, err error) {
	var first, length byte
	if !in.ReadUint8(&first) || !in.ReadUint8(&length) {
		return 0, nil, false, errBERShort
	}
	if first&0x1F == 0x1F || first == 0 {
		return 0, nil, false, errBER
	}
	tag = asn1.Tag(first)
	if length == 0x80 {
		if tag&constructed == 0 {
			return 0, nil, false, errBER
		}
		return tag, nil, true, nil
	}
	size := uint64(length)
	if length > 0x80 {
		var octets []byte
		if !in.ReadBytes(&octets, int(length&0x7F)) {
			return 0, nil, false, errBERShort
		}
		size = 0
		for _, o := range octets {
			if size > MaxSize {
				return 0, nil, false, errBER
			}
			size = size<<8 | uint64(o)
		}
	}
	if size > uint64(len(*in)) {
		return 0, nil, false, errBERShort
	}
	in.ReadBytes((*[]byte)(&body), int(size))
	return tag, body, false, nil
}

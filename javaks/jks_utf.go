package javaks

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxUTF is the most octets that a string can have in a JKS file: its length
// is 16 bits wide (java.io.DataOutput.writeUTF).
const maxUTF = 1<<16 - 1

// decodeUTF decodes modified UTF-8 as java.io.DataInput.readUTF does: NUL is C0 80,
// and a character beyond the Basic Multilingual Plane is two surrogates of three
// octets each. An unpaired surrogate, which no Go string can hold, becomes U+FFFD.
// It returns false where Java would not read the string.
func decodeUTF(octets []byte) (string, bool) {
	var out strings.Builder
	out.Grow(len(octets))
	high := rune(0) // a high surrogate that waits for its low one
	flush := func() {
		if high != 0 {
			out.WriteRune(utf8.RuneError)
			high = 0
		}
	}
	for len(octets) > 0 {
		unit, size := decodeUnit(octets)
		if size == 0 {
			return "", false
		}
		octets = octets[size:]
		if high != 0 {
			if whole := utf16.DecodeRune(high, unit); whole != utf8.RuneError {
				out.WriteRune(whole)
				high = 0
				continue
			}
		}
		flush()
		switch {
		case !utf16.IsSurrogate(unit):
			out.WriteRune(unit)
		case unit < 0xDC00:
			high = unit
		default:
			out.WriteRune(utf8.RuneError)
		}
	}
	flush()
	return out.String(), true
}

// decodeUnit decodes one UTF-16 unit; its size is 0 if it is malformed.
// Overlong forms are as good as any other, as they are for Java.
func decodeUnit(b []byte) (unit rune, size int) {
	next := func(i int) (rune, bool) {
		if i >= len(b) || b[i]&0xC0 != 0x80 {
			return 0, false
		}
		return rune(b[i] & 0x3F), true
	}
	switch {
	case b[0] < 0x80:
		return rune(b[0]), 1
	case b[0]&0xE0 == 0xC0:
		if x, ok := next(1); ok {
			return rune(b[0]&0x1F)<<6 | x, 2
		}
	case b[0]&0xF0 == 0xE0:
		x, ok1 := next(1)
		y, ok2 := next(2)
		if ok1 && ok2 {
			return rune(b[0]&0x0F)<<12 | x<<6 | y, 3
		}
	}
	return 0, 0
}

// appendUTF appends s as java.io.DataOutput.writeUTF writes it, length first.
// It returns false if s is too long for that.
func appendUTF(out []byte, s string) ([]byte, bool) {
	start := len(out)
	out = append(out, 0, 0)
	for _, unit := range utf16.Encode([]rune(s)) {
		switch {
		case unit != 0 && unit < 0x80:
			out = append(out, byte(unit))
		case unit < 0x800:
			out = append(out, 0xC0|byte(unit>>6), 0x80|byte(unit&0x3F))
		default:
			out = append(out, 0xE0|byte(unit>>12), 0x80|byte(unit>>6&0x3F), 0x80|byte(unit&0x3F))
		}
	}
	length := len(out) - start - 2
	if length > maxUTF {
		return out[:start], false
	}
	binary.BigEndian.PutUint16(out[start:], uint16(length))
	return out, true
}

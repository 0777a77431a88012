package chain

import (
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
)

// dotted writes the content of an OBJECT IDENTIFIER in dotted notation. What
// is no such content is written as hexadecimal digits with a leading "#", so
// that it equals nothing but itself.
func dotted(content []byte) string {
	if len(content) == 0 || len(content) > 4096 || content[len(content)-1]&0x80 != 0 {
		return "#" + hex.EncodeToString(content[:min(len(content), 64)])
	}
	if text, ok := shortDotted(content); ok {
		return text
	}
	var out strings.Builder
	arc := new(big.Int)
	first := true
	for _, b := range content {
		arc.Lsh(arc, 7).Or(arc, big.NewInt(int64(b&0x7f)))
		if b&0x80 != 0 {
			continue
		}
		if first {
			top := min(arc.Uint64()/40, 2)
			if arc.BitLen() > 32 {
				top = 2
			}
			out.WriteString(strconv.FormatUint(top, 10))
			arc.Sub(arc, big.NewInt(int64(40*top)))
			first = false
		}
		out.WriteByte('.')
		out.WriteString(arc.String())
		arc.SetInt64(0)
	}
	return out.String()
}

// shortDotted is dotted for arcs that fit a word, as those of practice do.
func shortDotted(content []byte) (string, bool) {
	out := make([]byte, 0, 48)
	arc, first := uint64(0), true
	for _, b := range content {
		if arc >= 1<<56 {
			return "", false
		}
		arc = arc<<7 | uint64(b&0x7f)
		if b&0x80 != 0 {
			continue
		}
		if first {
			top := min(arc/40, 2)
			out = strconv.AppendUint(out, top, 10)
			arc -= 40 * top
			first = false
		}
		out = strconv.AppendUint(append(out, '.'), arc, 10)
		arc = 0
	}
	return string(out), true
}

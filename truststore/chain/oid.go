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

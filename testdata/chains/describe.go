package chains

import (
	"fmt"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Describe writes the certificates of a chain for people.
func Describe(c Chain) string {
	var out strings.Builder
	for _, list := range []struct {
		what string
		ders [][]byte
	}{{"anchor", c.Anchors}, {"sent", c.Presented}} {
		for _, der := range list.ders {
			p, err := chain.Parse(der)
			if err != nil {
				fmt.Fprintf(&out, "  %s: %v\n", list.what, err)
				continue
			}
			fmt.Fprintf(&out, "  %-6s %x %s <- %s v%d", list.what, p.Fingerprint[:4], p.Subject, p.Issuer, p.Version)
			for _, e := range p.Extensions {
				fmt.Fprintf(&out, " %s%v:%x", e.OID, e.Critical, e.Value)
			}
			fmt.Fprintln(&out)
		}
	}
	return out.String()
}

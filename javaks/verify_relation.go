package javaks

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// relation is how a second name lies to a first one
// (sun.security.x509.GeneralNameInterface.constrains).
type relation int

const (
	relDiffers relation = iota // another kind of name
	relMatch                   // the same
	relNarrows                 // the second lies within the first
	relWidens                  // the first lies within the second
	relSame                    // one kind, apart from each other
)

// constrains relates name to g. The error is errThrown where Java throws
// something unchecked.
func (g generalName) constrains(name generalName) (relation, error) {
	if g.kind != name.kind {
		return relDiffers, nil
	}
	switch g.kind {
	case chain.DNSName:
		return relateDNS(strings.ToLower(g.text), strings.ToLower(name.text))
	case chain.EmailName:
		return relateEmail(strings.ToLower(g.text), strings.ToLower(name.text)), nil
	case chain.URIName:
		return relateURI(g, name)
	case chain.IPName:
		return relateIP(g.address, name.address), nil
	case chain.DirectoryName:
		return relateDirectory(g.rdns, name.rdns), nil
	}
	return 0, fmt.Errorf("%w: UnsupportedOperationException", errThrown)
}

func relateDNS(this, name string) (relation, error) {
	switch {
	case this == name:
		return relMatch, nil
	case this == "" || name == "":
		return 0, fmt.Errorf("%w: StringIndexOutOfBoundsException", errThrown)
	case strings.HasSuffix(this, name):
		return atBorder(this, name, relWidens), nil
	case strings.HasSuffix(name, this):
		return atBorder(name, this, relNarrows), nil
	}
	return relSame, nil
}

// atBorder returns r if short ends long at the border of a label: exactly one
// of the two has the dot.
func atBorder(long, short string, r relation) relation {
	before := long[len(long)-len(short)-1] == '.'
	if before != (short[0] == '.') {
		return r
	}
	return relSame
}

func relateEmail(this, name string) relation {
	switch {
	case this == name:
		return relMatch
	case strings.HasSuffix(this, name):
		return withinMail(this, name, relWidens)
	case strings.HasSuffix(name, this):
		return withinMail(name, this, relNarrows)
	}
	return relSame
}

func withinMail(long, short string, r relation) relation {
	switch {
	case strings.Contains(short, "@"):
		return relSame
	case strings.HasPrefix(short, "."), long[len(long)-len(short)-1] == '@':
		return r
	}
	return relSame
}

func relateURI(g, name generalName) (relation, error) {
	if name.host == "" {
		return 0, fmt.Errorf("%w: NullPointerException", errThrown)
	}
	if strings.EqualFold(name.host, g.host) {
		return relMatch, nil
	}
	if !g.hostDNS || !name.hostDNS {
		return relSame, nil
	}
	thisDomain, nameDomain := g.host[0] == '.', name.host[0] == '.'
	r, err := relateDNS(strings.ToLower(strings.TrimPrefix(g.host, ".")), strings.ToLower(strings.TrimPrefix(name.host, ".")))
	if err != nil {
		return 0, err
	}
	switch {
	case !thisDomain && !nameDomain && (r == relWidens || r == relNarrows):
		return relSame, nil
	case thisDomain != nameDomain && r == relMatch && thisDomain:
		return relWidens, nil
	case thisDomain != nameDomain && r == relMatch:
		return relNarrows, nil
	}
	return r, nil
}

func relateDirectory(this, name []string) relation {
	switch {
	case slices.Equal(this, name):
		return relMatch
	case len(name) == 0:
		return relWidens
	case len(this) == 0, hasPrefix(name, this):
		return relNarrows
	case hasPrefix(this, name):
		return relWidens
	}
	return relSame
}

func hasPrefix(list, prefix []string) bool {
	return len(list) >= len(prefix) && slices.Equal(list[:len(prefix)], prefix)
}

func relateIP(this, name []byte) relation {
	if sameSubnet(this, name) {
		return relMatch
	}
	subnet := func(b []byte) bool { return len(b) == 8 || len(b) == 32 }
	switch {
	case subnet(this) && len(this) == len(name):
		return relateSubnets(this, name)
	case subnet(name) && len(name) == 2*len(this):
		if inSubnet(this, name) {
			return relWidens
		}
	case subnet(this) && len(this) == 2*len(name):
		if inSubnet(name, this) {
			return relNarrows
		}
	}
	return relSame
}

// sameSubnet is IPAddressName.equals.
func sameSubnet(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 4 || len(a) == 16 {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(a[len(a)/2:], b[len(b)/2:]) && bytes.Equal(masked(a), masked(b))
}

func masked(subnet []byte) []byte {
	half := len(subnet) / 2
	out := make([]byte, half)
	for i := range out {
		out[i] = subnet[i] & subnet[half+i]
	}
	return out
}

// inSubnet reports whether an address lies in a subnet; one with bits set
// outside its mask holds nothing.
func inSubnet(address, subnet []byte) bool {
	half := len(subnet) / 2
	for i := range half {
		if address[i]&subnet[half+i] != subnet[i] {
			return false
		}
	}
	return true
}

func relateSubnets(this, name []byte) relation {
	half := len(this) / 2
	empty := func(b []byte) bool { return !bytes.Equal(masked(b), b[:half]) }
	within := func(small, large []byte) bool {
		for i := range half {
			if large[half+i]&small[half+i] != large[half+i] || small[i]&large[half+i] != large[i]&large[half+i] {
				return false
			}
		}
		return true
	}
	switch {
	case empty(this) && empty(name):
		return relMatch
	case empty(this):
		return relWidens
	case empty(name):
		return relNarrows
	case within(name, this):
		return relNarrows
	case within(this, name):
		return relWidens
	}
	return relSame
}

package javaks

import (
	"crypto"
	"crypto/ecdsa"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/chain"
)

// disabledAlgorithms is a security property of the form of
// jdk.certpath.disabledAlgorithms (sun.security.util.DisabledAlgorithmConstraints).
type disabledAlgorithms struct {
	all     map[string]bool                    // disabled outright
	limited map[string][][]algorithmConstraint // conditions that must all hold to disable
	unknown []string                           // entries that were not understood
}

// algorithmConstraint is one condition of an entry.
type algorithmConstraint struct {
	kind      string // "keySize", "jdkCA", "usage", "denyAfter"
	operator  string
	size      int
	usages    []string
	denyAfter time.Time
}

// parseDisabled reads such a property.
func parseDisabled(property string) disabledAlgorithms {
	d := disabledAlgorithms{all: map[string]bool{}, limited: map[string][][]algorithmConstraint{}}
	for _, entry := range strings.Split(property, ",") {
		entry = strings.Trim(strings.TrimSpace(entry), `"`)
		name, conditions, limited := strings.Cut(entry, " ")
		name = hashName(name)
		switch {
		case entry == "" || strings.HasPrefix(strings.ToLower(entry), "include "):
		case !limited:
			d.all[name] = true
		default:
			list, ok := parseConditions(conditions)
			if !ok {
				d.unknown = append(d.unknown, entry)
				continue
			}
			d.limited[name] = append(d.limited[name], list)
		}
	}
	return d
}

func parseConditions(text string) ([]algorithmConstraint, bool) {
	var list []algorithmConstraint
	for _, condition := range strings.Split(text, "&") {
		fields := strings.Fields(condition)
		if len(fields) == 0 {
			return nil, false
		}
		c := algorithmConstraint{kind: fields[0]}
		var err error
		switch {
		case fields[0] == "keySize" && len(fields) == 3:
			c.operator = fields[1]
			c.size, err = strconv.Atoi(fields[2])
		case strings.EqualFold(fields[0], "jdkCA") && len(fields) == 1:
			c.kind = "jdkCA"
		case fields[0] == "usage" && len(fields) > 1:
			c.usages = fields[1:]
		case fields[0] == "denyAfter" && len(fields) == 2:
			c.denyAfter, err = time.Parse(time.DateOnly, fields[1])
		default:
			return nil, false
		}
		if err != nil {
			return nil, false
		}
		list = append(list, c)
	}
	return list, true
}

// hashName is the one name under which a hash is known: AlgorithmDecomposer
// drops the hyphen.
func hashName(name string) string {
	name = strings.ToUpper(name)
	if strings.HasPrefix(name, "SHA-") {
		return "SHA" + name[4:]
	}
	return name
}

// decompose splits a signature algorithm into its parts, as
// AlgorithmDecomposer does: itself, its hash, its kind of key.
func decompose(s chain.Scheme) []string {
	name := strings.ToUpper(s.Name)
	parts := []string{name}
	if hash, key, ok := strings.Cut(name, "WITH"); ok {
		parts = append(parts, hash, key)
	}
	if s.PSS {
		parts = append(parts, hashName(s.Hash.String()))
	}
	return parts
}

// algorithmUse is what a set of constraints is asked about.
type algorithmUse struct {
	jdkCA bool // the path's anchor is a CA that the JDK itself came with
	usage string
	now   time.Time
}

// refusesScheme reports whether a signature algorithm is disabled.
func (d disabledAlgorithms) refusesScheme(s chain.Scheme, use algorithmUse) bool {
	for _, part := range decompose(s) {
		if d.all[part] {
			return true
		}
		for _, conditions := range d.limited[part] {
			if conditions[0].kind != "keySize" && holdAll(conditions, use, 0) {
				return true
			}
		}
	}
	return false
}

// refusesKey reports whether a key is disabled by its kind, curve or size.
func (d disabledAlgorithms) refusesKey(c *certificate, use algorithmUse) bool {
	name, bits := keyName(c.Certificate), chain.KeyBits(c.Key)
	if d.all[name] {
		return true
	}
	if key, ok := c.Key.(*ecdsa.PublicKey); ok && d.all[curveName(key)] {
		return true
	}
	for _, conditions := range d.limited[name] {
		if bits > 0 && holdAll(conditions, use, bits) {
			return true
		}
	}
	return false
}

// holdAll reports whether every condition holds, so that the entry disables.
func holdAll(conditions []algorithmConstraint, use algorithmUse, bits int) bool {
	for _, c := range conditions {
		if !c.holds(use, bits) {
			return false
		}
	}
	return true
}

func (c algorithmConstraint) holds(use algorithmUse, bits int) bool {
	switch c.kind {
	case "keySize":
		return compareSize(bits, c.operator, c.size)
	case "jdkCA":
		return use.jdkCA
	case "denyAfter":
		return !c.denyAfter.After(use.now)
	}
	for _, usage := range c.usages {
		if strings.EqualFold(usage, use.usage) {
			return true
		}
	}
	return false
}

func compareSize(bits int, operator string, size int) bool {
	switch operator {
	case "<":
		return bits < size
	case "<=":
		return bits <= size
	case "==":
		return bits == size
	case "!=":
		return bits != size
	case ">":
		return bits > size
	case ">=":
		return bits >= size
	}
	return false
}

// keyName is PublicKey.getAlgorithm in upper case.
func keyName(c *chain.Certificate) string {
	switch c.KeyAlgorithm.OID {
	case chain.OIDRSA:
		return "RSA"
	case chain.OIDRSAPSS:
		return "RSASSA-PSS"
	case chain.OIDEC:
		return "EC"
	case chain.OIDDSA:
		return "DSA"
	case chain.OIDEd25519, chain.OIDEd448:
		return "EDDSA"
	}
	return c.KeyAlgorithm.OID
}

// curveName is the name that java.security knows a curve by.
func curveName(key *ecdsa.PublicKey) string {
	switch key.Params().BitSize {
	case 224:
		return "SECP224R1"
	case 256:
		return "SECP256R1"
	case 384:
		return "SECP384R1"
	}
	return "SECP521R1"
}

// handshakeScheme reports whether JSSE's TLS 1.3 client offers a signature
// algorithm, without which no certificate of a path may use it
// (sun.security.ssl.SignatureScheme).
func handshakeScheme(s chain.Scheme) bool {
	switch s.Name {
	case "RSASSA-PSS", "Ed25519", "Ed448":
		return true
	}
	switch s.Hash {
	case crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512:
		return s.Key == "RSA" || s.Key == "EC"
	}
	return false
}

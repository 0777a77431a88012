package winstore

import (
	"slices"

	"encoding/asn1"
)

// Object identifiers of purposes (RFC 5280, section 4.2.1.12).
const (
	ServerAuth      = "1.3.6.1.5.5.7.3.1"
	ClientAuth      = "1.3.6.1.5.5.7.3.2"
	CodeSigning     = "1.3.6.1.5.5.7.3.3"
	EmailProtection = "1.3.6.1.5.5.7.3.4"
)

// Usage is what a root may be used for in a store, which is a property of the
// entry and not of the certificate. Windows' chain engine, Chrome and Firefox
// honour it; Wine keeps it and does not.
type Usage struct {
	Limited bool     // false: for everything
	OIDs    []string // in dotted form; none means for nothing
}

// LimitedTo returns a usage for some purposes alone.
func LimitedTo(oids ...string) Usage { return Usage{Limited: true, OIDs: oids} }

// Allows reports whether a root may be used for a purpose.
func (u Usage) Allows(oid string) bool { return !u.Limited || slices.Contains(u.OIDs, oid) }

// encode writes the SEQUENCE OF OBJECT IDENTIFIER.
func (u Usage) encode() []byte {
	oids := []asn1.ObjectIdentifier{}
	for _, dotted := range u.OIDs {
		oids = append(oids, parseOID(dotted))
	}
	der, err := asn1.Marshal(oids)
	if err != nil {
		return []byte{0x30, 0x00} // what cannot be said is not allowed
	}
	return der
}

// decodeUsage reads the property. What cannot be read allows nothing.
func decodeUsage(der []byte) Usage {
	var oids []asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(der, &oids); err != nil || len(rest) > 0 {
		return Usage{Limited: true}
	}
	u := Usage{Limited: true}
	for _, oid := range oids {
		u.OIDs = append(u.OIDs, oid.String())
	}
	return u
}

// parseOID reads an object identifier; nil if it is none.
func parseOID(dotted string) asn1.ObjectIdentifier {
	var oid asn1.ObjectIdentifier
	arc, digits := 0, false
	for _, c := range dotted + "." {
		switch {
		case c >= '0' && c <= '9' && arc < 1<<24:
			arc, digits = arc*10+int(c-'0'), true
		case c == '.' && digits:
			oid, arc, digits = append(oid, arc), 0, false
		default:
			return nil
		}
	}
	return oid
}

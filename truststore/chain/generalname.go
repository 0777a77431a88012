package chain

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// NameType is the kind of a GeneralName: its context tag (RFC 5280 §4.2.1.6).
type NameType int

// The kinds.
const (
	OtherName     NameType = 0
	EmailName     NameType = 1
	DNSName       NameType = 2
	X400Name      NameType = 3
	DirectoryName NameType = 4
	EDIPartyName  NameType = 5
	URIName       NameType = 6
	IPName        NameType = 7
	RegisteredID  NameType = 8
)

// GeneralName is one name of a subjectAltName or a name constraint.
type GeneralName struct {
	Type        NameType
	Constructed bool
	Value       []byte // content octets
}

// maxGeneralNames bounds a subjectAltName; the largest in use have some 2,000.
const maxGeneralNames = 8192

// SubjectAltName lists the names of the extension. present is false where
// there is none.
func (c *Certificate) SubjectAltName() (names []GeneralName, present bool, err error) {
	e, ok := c.Extension(OIDSubjectAltName)
	if !ok {
		return nil, false, nil
	}
	in := cryptobyte.String(e.Value)
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return nil, true, malformed("subjectAltName")
	}
	for !list.Empty() {
		n, ok := readGeneralName(&list)
		if !ok || len(names) == maxGeneralNames {
			return nil, true, malformed("subjectAltName")
		}
		names = append(names, n)
	}
	return names, true, nil
}

func readGeneralName(in *cryptobyte.String) (GeneralName, bool) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !in.ReadAnyASN1(&content, &tag) || tag&0xc0 != 0x80 {
		return GeneralName{}, false
	}
	n := GeneralName{Type: NameType(tag & 0x1f), Constructed: tag&0x20 != 0, Value: content}
	return n, n.Type <= RegisteredID
}

// Subtree is one subtree of a name constraint.
type Subtree struct {
	GeneralName
	Minimum int
	Maximum int // -1 if absent
}

// NameConstraints is the extension of that name.
type NameConstraints struct {
	HasPermitted, HasExcluded bool // the field is there, be it empty
	Permitted, Excluded       []Subtree
}

// NameConstraints reads the extension. present is false where there is none.
func (c *Certificate) NameConstraints() (n NameConstraints, present bool, err error) {
	e, ok := c.Extension(OIDNameConstraints)
	if !ok {
		return n, false, nil
	}
	in := cryptobyte.String(e.Value)
	var fields, permitted, excluded cryptobyte.String
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !in.Empty() ||
		!fields.ReadOptionalASN1(&permitted, &n.HasPermitted, asn1.Tag(0).Constructed().ContextSpecific()) ||
		!fields.ReadOptionalASN1(&excluded, &n.HasExcluded, asn1.Tag(1).Constructed().ContextSpecific()) || !fields.Empty() {
		return n, true, malformed("nameConstraints")
	}
	if n.Permitted, ok = readSubtrees(permitted); ok {
		n.Excluded, ok = readSubtrees(excluded)
	}
	if !ok {
		return n, true, malformed("nameConstraints")
	}
	return n, true, nil
}

func readSubtrees(in cryptobyte.String) ([]Subtree, bool) {
	var list []Subtree
	for !in.Empty() {
		var one, minimum, maximum cryptobyte.String
		var hasMinimum, hasMaximum, ok bool
		if !in.ReadASN1(&one, asn1.SEQUENCE) || len(list) == maxGeneralNames {
			return nil, false
		}
		s := Subtree{Maximum: -1}
		if s.GeneralName, ok = readGeneralName(&one); !ok ||
			!one.ReadOptionalASN1(&minimum, &hasMinimum, asn1.Tag(0).ContextSpecific()) ||
			!one.ReadOptionalASN1(&maximum, &hasMaximum, asn1.Tag(1).ContextSpecific()) || !one.Empty() {
			return nil, false
		}
		if hasMinimum {
			s.Minimum, ok = smallInt(minimum)
		}
		if ok && hasMaximum {
			s.Maximum, ok = smallInt(maximum)
		}
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// smallInt reads the content of an INTEGER that fits an int32.
func smallInt(content []byte) (int, bool) {
	if len(content) == 0 || len(content) > 4 {
		return 0, false
	}
	v := int32(int8(content[0]))
	for _, b := range content[1:] {
		v = v<<8 | int32(b)
	}
	return int(v), true
}

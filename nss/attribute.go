package nss

import (
	"encoding/binary"
	"fmt"
)

// attribute is the type of a PKCS#11 attribute; each is a column.
type attribute uint32

// The attributes used here (PKCS#11 v3.2, and nssckbi's pkcs11n.h).
const (
	ckaClass           attribute = 0x0
	ckaToken           attribute = 0x1
	ckaPrivate         attribute = 0x2
	ckaLabel           attribute = 0x3
	ckaValue           attribute = 0x11
	ckaCertificateType attribute = 0x80
	ckaIssuer          attribute = 0x81
	ckaSerialNumber    attribute = 0x82
	ckaNameHashAlg     attribute = 0x8c
	ckaSubject         attribute = 0x101
	ckaID              attribute = 0x102
	ckaModifiable      attribute = 0x170

	// Of CKO_TRUST.
	ckaTrustServer attribute = 0x62c
	ckaTrustClient attribute = 0x62d
	ckaTrustCode   attribute = 0x62e
	ckaTrustEmail  attribute = 0x62f
	ckaCertHash    attribute = 0x635

	// Of CKO_NSS_TRUST.
	ckaNSSServer attribute = 0xce536358
	ckaNSSClient attribute = 0xce536359
	ckaNSSCode   attribute = 0xce53635a
	ckaNSSEmail  attribute = 0xce53635b
	ckaNSSStepUp attribute = 0xce536360
	ckaNSSSHA1   attribute = 0xce5363b4
	ckaNSSMD5    attribute = 0xce5363b5
)

// column is the attribute's name in the tables.
func (a attribute) column() string { return fmt.Sprintf("a%x", uint32(a)) }

// class is a PKCS#11 object class.
type class uint32

const (
	ckoCertificate class = 0x1
	ckoTrust       class = 0xb
	ckoNSSTrust    class = 0xce534353
)

const (
	ckcX509   = 0     // CKC_X_509
	ckmSHA256 = 0x250 // the only hash NSS uses in CKO_TRUST
)

// empty stands for a value of no bytes; a NULL column means no attribute.
var empty = []byte{0xa5, 0x00, 0x5a}

func ulong(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// levels maps between levels and the values of one class.
type levels map[Level]uint32

var (
	oldLevels = levels{
		Undecided: 0xce534355, Peer: 0xce534351, Anchor: 0xce534352,
		MustVerify: 0xce534353, Distrusted: 0xce53435a, ValidCA: 0xce53435b,
	}
	newLevels = levels{
		Undecided: 0, Peer: 1, Anchor: 2, Distrusted: 3, MustVerify: 4, ValidCA: 4,
	}
)

func (ls levels) value(l Level) []byte { return ulong(ls[l]) }

// level is total: NSS takes a value it does not know for unknown.
func (ls levels) level(value []byte) Level {
	if len(value) != 4 {
		return Undecided
	}
	v := binary.BigEndian.Uint32(value)
	for _, l := range []Level{Peer, Anchor, MustVerify, Distrusted, ValidCA} {
		if ls[l] == v {
			return l
		}
	}
	return Undecided
}

// generation is a kind of trust object.
type generation struct {
	class                       class
	server, client, email, code attribute
	levels                      levels
	signed                      []attribute // in the order NSS signs them
}

var (
	oldGeneration = &generation{
		class: ckoNSSTrust, levels: oldLevels,
		server: ckaNSSServer, client: ckaNSSClient, email: ckaNSSEmail, code: ckaNSSCode,
		signed: []attribute{ckaNSSServer, ckaNSSClient, ckaNSSCode, ckaNSSEmail, ckaNSSStepUp, ckaNSSSHA1, ckaNSSMD5},
	}
	newGeneration = &generation{
		class: ckoTrust, levels: newLevels,
		server: ckaTrustServer, client: ckaTrustClient, email: ckaTrustEmail, code: ckaTrustCode,
		signed: []attribute{ckaNameHashAlg, ckaTrustServer, ckaTrustClient, ckaTrustCode, ckaTrustEmail, ckaCertHash},
	}
)

// values are the attributes of an object, as stored.
type values map[attribute][]byte

// trust reads the levels of a trust object.
func (g *generation) trust(v values) Trust {
	return Trust{
		Server: g.levels.level(v[g.server]), Client: g.levels.level(v[g.client]),
		Email: g.levels.level(v[g.email]), Code: g.levels.level(v[g.code]),
	}
}

// object returns the attributes of a new trust object.
func (g *generation) object(c *certificate, t Trust) values {
	v := values{
		ckaClass: ulong(uint32(g.class)), ckaToken: {1}, ckaPrivate: {0}, ckaLabel: empty,
		ckaIssuer: []byte(c.key.issuer), ckaSerialNumber: []byte(c.key.serial), ckaModifiable: {1},
		g.server: g.levels.value(t.Server), g.client: g.levels.value(t.Client),
		g.email: g.levels.value(t.Email), g.code: g.levels.value(t.Code),
	}
	if g == newGeneration {
		v[ckaNameHashAlg], v[ckaCertHash] = ulong(ckmSHA256), c.sha256()
	} else {
		v[ckaNSSSHA1], v[ckaNSSMD5], v[ckaNSSStepUp] = c.sha1(), c.md5(), []byte{0}
	}
	return v
}

// object returns the attributes of a new certificate object.
func (c *certificate) object(nickname string) values {
	v := values{
		ckaClass: ulong(uint32(ckoCertificate)), ckaToken: {1}, ckaPrivate: {0}, ckaModifiable: {1},
		ckaLabel: []byte(nickname), ckaValue: c.der, ckaCertificateType: ulong(ckcX509),
		ckaIssuer: []byte(c.key.issuer), ckaSerialNumber: []byte(c.key.serial),
		ckaSubject: c.subject, ckaID: c.id,
	}
	for _, a := range []attribute{ckaLabel, ckaID} {
		if len(v[a]) == 0 {
			v[a] = empty
		}
	}
	return v
}

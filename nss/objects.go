package nss

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
)

// objects are all objects with one issuer and serial number.
type objects struct {
	certificates []certificateObject
	old, new     []trustObject // in the order of their ids
}

// certificateObject is a stored certificate.
type certificateObject struct {
	id       uint32
	der      []byte
	subject  []byte
	nickname string
}

// trustObject is a stored trust object of either generation.
type trustObject struct {
	id         uint32
	values     values
	signatures map[string][]byte // by their ids in metaData
	record     Record
}

// maxID is the largest object id; NSS uses the bits above it in memory.
const maxID = 0x3fffffff

// storedColumns are the attributes that decode wants, in its order.
var storedColumns = []attribute{
	ckaClass, ckaLabel, ckaValue, ckaIssuer, ckaSerialNumber,
	ckaNSSServer, ckaNSSClient, ckaNSSCode, ckaNSSEmail, ckaNSSStepUp, ckaNSSSHA1, ckaNSSMD5,
	ckaNameHashAlg, ckaTrustServer, ckaTrustClient, ckaTrustCode, ckaTrustEmail, ckaCertHash,
}

// stored is a row of nssPublic.
type stored struct {
	id     uint32
	values values
}

var (
	errType  = errors.New("a value has the wrong type")
	errRowID = errors.New("the object id is out of range")
)

// decode reads a row as database/sql delivers it: the id and storedColumns.
// It returns a row with the id also where it returns an error, if there is one.
func decode(row []any) (stored, error) {
	s := stored{values: values{}}
	if len(row) != len(storedColumns)+1 {
		return s, errType
	}
	id, ok := row[0].(int64)
	if !ok || id < 1 || id > maxID {
		return s, errRowID
	}
	s.id = uint32(id)
	for i, a := range storedColumns {
		switch v := row[i+1].(type) {
		case nil:
		case []byte:
			switch {
			case len(v) == 0: // as good as absent
			case bytes.Equal(v, empty):
				s.values[a] = []byte{}
			default:
				s.values[a] = v
			}
		default:
			return s, fmt.Errorf("%w: %s is %T", errType, a.column(), v)
		}
	}
	return s, nil
}

func (s stored) class() class {
	c := s.values[ckaClass]
	if len(c) != 4 {
		return 0
	}
	return class(uint32(c[0])<<24 | uint32(c[1])<<16 | uint32(c[2])<<8 | uint32(c[3]))
}

func (s stored) key() identity {
	return identity{issuer: string(s.values[ckaIssuer]), serial: string(s.values[ckaSerialNumber])}
}

// add files a row.
func (o *objects) add(s stored) error {
	switch s.class() {
	case ckoCertificate:
		der := s.values[ckaValue]
		cert, err := parseCertificate(der)
		switch {
		case err != nil:
			return err
		case cert.key != s.key():
			return errors.New("the issuer or serial number is not the certificate's")
		}
		o.certificates = append(o.certificates, certificateObject{id: s.id, der: der, subject: cert.subject, nickname: string(s.values[ckaLabel])})
	case ckoNSSTrust:
		o.old = append(o.old, newTrustObject(s, oldGeneration))
	case ckoTrust:
		o.new = append(o.new, newTrustObject(s, newGeneration))
	default:
		return errType
	}
	return nil
}

func newTrustObject(s stored, g *generation) trustObject {
	return trustObject{id: s.id, values: s.values, record: Record{
		Trust: g.trust(s.values), SHA1: s.values[ckaNSSSHA1], SHA256: s.values[ckaCertHash],
	}}
}

// trustObjects returns pointers to all trust objects with their generations.
func (o *objects) trustObjects() iter.Seq2[*trustObject, *generation] {
	return func(yield func(*trustObject, *generation) bool) {
		for i := range o.old {
			if !yield(&o.old[i], oldGeneration) {
				return
			}
		}
		for i := range o.new {
			if !yield(&o.new[i], newGeneration) {
				return
			}
		}
	}
}

// judge finds out which trust objects NSS heeds. It can take long where there
// is a primary password, so no lock should be held.
func (o *objects) judge(p policy, s *secret) {
	for t, g := range o.trustObjects() {
		if g == newGeneration && !p.new {
			t.record.Void = NewInOld
			continue
		}
		t.record.Void, t.record.Verified = s.check(*t, g)
	}
	var cert *certificate
	if len(o.certificates) > 0 {
		cert = &certificate{der: o.certificates[0].der}
	}
	for t, g := range o.trustObjects() {
		if g == oldGeneration {
			t.judgeHash(t.values[ckaNSSSHA1], cert, (*certificate).sha1)
		} else if bytes.Equal(t.values[ckaNameHashAlg], ulong(ckmSHA256)) {
			t.judgeHash(t.values[ckaCertHash], cert, (*certificate).sha256)
		} else {
			t.judgeHash(nil, cert, nil)
		}
	}
}

// judgeHash compares the hash by which a trust object names its certificate; a
// ghost has none to compare with. Without a hash NSS believes distrust only.
func (t *trustObject) judgeHash(sum []byte, cert *certificate, of func(*certificate) []byte) {
	switch {
	case t.record.Void != NotVoid:
	case len(sum) == 0 && t.record.Trust.vouches():
		t.record.Void = NoHash
	case len(sum) > 0 && cert != nil && !bytes.Equal(sum, of(cert)):
		t.record.Void = HashMismatch
	}
}

// honoured returns the first trust object that NSS would heed, or the first at
// all, or nil.
func honoured(ts []trustObject) *Record {
	for i := range ts {
		if ts[i].record.Void == NotVoid {
			return &ts[i].record
		}
	}
	if len(ts) > 0 {
		return &ts[0].record
	}
	return nil
}

// trustOf is the trust of one generation, or nil. A void object trusts nothing,
// but it is there: a void CKO_TRUST hides a sound CKO_NSS_TRUST from NSS.
func trustOf(ts []trustObject) *Trust {
	r := honoured(ts)
	switch {
	case r == nil || r.Void == NewInOld:
		return nil
	case r.Void != NotVoid:
		return &Trust{}
	}
	return &r.Trust
}

// state describes the objects.
func (o *objects) state() State {
	s := State{Old: trustOf(o.old), New: trustOf(o.new)}
	if len(o.certificates) > 0 {
		s.Present, s.Nickname = true, o.certificates[0].nickname
	}
	return s
}

package nss

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func FuzzPasswordRow(f *testing.F) {
	for _, v := range passwordVectors {
		f.Add(mustHex(v.salt), mustHex(v.row))
	}
	item1, item2 := newEmptyPassword()
	f.Add(item1, item2)
	f.Fuzz(func(t *testing.T, item1, item2 []byte) {
		row, err := parsePasswordRow(item1, item2)
		if err != nil {
			return
		}
		if _, err := row.check.decrypter(make([]byte, 20)); err != nil && costly(row) {
			t.Errorf("a row that parses has no key: %v", err)
		}
		if !costly(row) {
			row.opens("")
		}
	})
}

// costly keeps the fuzzer from spending its time on iterations.
func costly(row *passwordRow) bool {
	switch check := row.check.(type) {
	case pbes2:
		return check.kdf.iterations > 10
	case legacy3DES:
		return check.iterations > 10
	}
	return false
}

func FuzzSignature(f *testing.F) {
	f.Add(mustHex(nssSignature))
	f.Fuzz(func(t *testing.T, der []byte) {
		s, err := parseSignature(der)
		if err != nil {
			return
		}
		if s.kdf.iterations < 1 || s.kdf.iterations > maxIterations || len(s.kdf.salt) > maxParameter {
			t.Errorf("parameters out of bounds: %+v", s.kdf)
		}
		if s.kdf.iterations < 10 {
			newVerifier([]byte("salt"), "").verify(der, 1, ckaNSSServer, []byte{1})
		}
	})
}

func FuzzCertificate(f *testing.F) {
	f.Add(mustHex(labRoot))
	f.Add(newAuthority(f, "Seed").der())
	f.Fuzz(func(t *testing.T, der []byte) {
		cert, err := parseCertificate(der)
		if err != nil {
			return
		}
		if !bytes.Contains(der, []byte(cert.key.issuer)) || cert.key.serial == "" || len(cert.subject) == 0 {
			t.Errorf("parts that are not the certificate's: %+v", cert)
		}
		for a, v := range cert.object("x") {
			if len(v) == 0 {
				t.Errorf("%s would read as absent", a.column())
			}
		}
	})
}

// FuzzRows decodes rows as database/sql delivers them and describes what they
// come to. Each row is a class, an id, and one value, of a kind, for all its
// other columns.
func FuzzRows(f *testing.F) {
	f.Add(int64(1), []byte{0, 0, 0, 1}, mustHex(labRoot), byte(0), byte(2))
	f.Add(int64(7), []byte{0xce, 0x53, 0x43, 0x53}, []byte{0xce, 0x53, 0x43, 0x52}, byte(0), byte(0))
	f.Add(int64(-1), []byte{0, 0, 0, 0xb}, []byte{0, 0, 0, 2}, byte(1), byte(3))
	f.Add(int64(maxID), []byte{}, empty, byte(3), byte(1))
	f.Fuzz(func(t *testing.T, id int64, class, value []byte, kind, wrongAt byte) {
		row := []any{id, class}
		for i := range len(storedColumns) - 1 {
			row = append(row, any(value))
			if byte(i) == wrongAt {
				row[len(row)-1] = []any{nil, "text", int64(5), 2.5, []byte{}, true}[kind%6]
			}
		}
		if len(value) > 100 { // a certificate's own issuer and serial number
			if cert, err := parseCertificate(value); err == nil {
				row[4], row[5] = []byte(cert.key.issuer), []byte(cert.key.serial)
			}
		}
		s, err := decode(row)
		if err != nil {
			return
		}
		o := &objects{}
		for range 2 {
			if o.add(s) != nil {
				return
			}
		}
		secret := &secret{state: PasswordEmpty, verifier: newVerifier([]byte("salt"), "")}
		for _, p := range []policy{{}, {new: true}, {onlyNew: true}, {new: true, onlyNew: true}} {
			o.judge(p, secret)
			c := &Contents{policy: p, objects: map[identity]*objects{s.key(): o}}
			c.add(s.key(), o)
			for _, e := range c.Entries {
				if e.Trust.vouches() {
					t.Errorf("trust without a signature: %+v", e)
				}
			}
			for _, g := range c.Ghosts {
				if g.Trust.vouches() {
					t.Errorf("trust without a signature: %+v", g)
				}
			}
			if got, err := c.Preview(Change{Op: Remove, Issuer: []byte(s.key().issuer), Serial: []byte(s.key().serial)}); err == nil && got.After != (State{}) {
				t.Errorf("Preview of a removal = %+v", got)
			}
		}
	})
}

func FuzzParseTrust(f *testing.F) {
	for _, flags := range []string{"C,,", "CT,C,p", ",,", "Pcu,T,"} {
		f.Add(flags)
	}
	f.Fuzz(func(t *testing.T, flags string) {
		got, err := ParseTrust(flags)
		if err != nil {
			return
		}
		again, err := ParseTrust(got.Flags())
		if err != nil || again.Flags() != got.Flags() {
			t.Errorf("%q is printed as %q, and that as %q, %v", flags, got.Flags(), again.Flags(), err)
		}
	})
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

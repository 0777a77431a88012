package winstore

import (
	"bytes"
	"crypto/sha1"
	"slices"
	"testing"
)

// fake keeps the rules of crypt32 that this package relies on, so that they
// can be broken at will. What Windows really does is for live_windows_test.go.
type fake struct {
	stores map[Place][][]byte
	admin  bool
	rules  Policy
	// fail answers a call with an error, by operation and place.
	fail map[string]error
	// dialog is called before a change of the user's roots.
	dialog func() error
	writes int
}

func (f *fake) elevated() bool                { return f.admin }
func (f *fake) policy() (Policy, error)       { return f.rules, nil }
func (f *fake) verify(Query) (Verdict, error) { return Verdict{}, nil }

func (f *fake) elements(p Place) ([][]byte, error) {
	if err := f.fail["read "+p.String()]; err != nil {
		return nil, err
	}
	found, ok := f.stores[p]
	if !ok {
		return nil, &Error{Op: "CertOpenStore", Place: p, Code: codeFileNotFound}
	}
	return slices.Clone(found), nil
}

func (f *fake) ask(op string, p Place) error {
	f.writes++
	if p == (Place{User, Root}) && f.dialog != nil {
		if err := f.dialog(); err != nil {
			return err
		}
	}
	return f.fail[op+" "+p.String()]
}

func (f *fake) add(p Place, element []byte) error {
	if err := f.ask("add", p); err != nil {
		return err
	}
	c, err := decodeElement(element)
	if err != nil {
		return &Error{Op: "add", Place: p, Code: codeASN1First}
	}
	for _, e := range f.stores[p] {
		if old, _ := decodeElement(e); sha1.Sum(old.DER) == sha1.Sum(c.DER) || string(old.DER) == "twin of "+string(c.DER) {
			return &Error{Op: "add", Place: p, Code: codeExists}
		}
	}
	f.stores[p] = append(f.stores[p], element)
	return nil
}

func (f *fake) remove(p Place, der []byte) error {
	if err := f.ask("remove", p); err != nil {
		return err
	}
	i := slices.IndexFunc(f.stores[p], func(e []byte) bool { c, _ := decodeElement(e); return bytes.Equal(c.DER, der) })
	if i < 0 {
		return &Error{Op: "remove", Place: p, Code: codeNotFound}
	}
	f.stores[p] = slices.Delete(slices.Clone(f.stores[p]), i, i+1)
	return nil
}

func newFake(t *testing.T) (*fake, *System) {
	t.Helper()
	f := &fake{stores: map[Place][][]byte{{Machine, Root}: {}, {Machine, CA}: {}, {User, Root}: {}}, admin: true, fail: map[string]error{}}
	return f, &System{f}
}

func (f *fake) put(p Place, der string, usage Usage) {
	f.stores[p] = append(f.stores[p], encodeElement([]byte(der), usage, ""))
}

func (f *fake) ders(p Place) []string {
	var out []string
	for _, e := range f.stores[p] {
		c, _ := decodeElement(e)
		out = append(out, string(c.DER))
	}
	return out
}

package truststore

import (
	"context"
	"errors"
	"slices"

	"github.com/hktrust/hktrust/javaks"
)

// refusedPasswords tells of passwords in Java's options that do not open the store
// which the options name: JSSE then trusts nobody (sun.security.ssl.TrustStoreManager).
func (d *diagnosis) refusedPasswords(ctx context.Context) {
	h := d.machine.host()
	// Where several variables have options, the one may have what the other lacks.
	unset := func(name string) bool { return h.Getenv(name) == "" }
	set := slices.DeleteFunc(javaks.OptionVariables(), unset)
	if named, _ := javaks.NamedStores(h); len(named) == 1 && len(set) == 1 {
		d.refusedPassword(named[0].Source, named[0])
	}
	for _, n := range javaks.RunningNamedStores(ctx, h) {
		if n.Password != nil && d.means(n) { // or else its environment may have it
			d.refusedPassword("Java ("+n.Source+")", n)
		}
	}
}

// refusedPassword tells of one, given by somebody who is called source.
func (d *diagnosis) refusedPassword(source string, n javaks.NamedStore) {
	h := d.machine.host()
	if !h.IsAbs(n.Path) {
		return
	}
	data, err := h.ReadFile(n.Path, javaks.MaxSize)
	if err != nil {
		return // the store itself is told of
	}
	password := ""
	if n.Password != nil {
		password = *n.Password
	}
	code := CodeOptionPassword
	switch err := javaks.LoadedWith(data, password); {
	case errors.Is(err, javaks.ErrPasswordRequired):
		code = CodeOptionNoPassword
	case !errors.Is(err, javaks.ErrWrongPassword):
		return
	}
	f := finding(code, "source", source, "store", n.Path)
	d.problems = append(d.problems, Problem{Finding: f, Store: &Place{Kind: KindJava, Path: n.Path}, Remedy: d.remedyFor(f, nil)})
}

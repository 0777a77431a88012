package truststore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/javaks"
)

// refusedPasswords tells of passwords in Java's options that do not open the store
// which the options name: JSSE then trusts nobody (sun.security.ssl.TrustStoreManager).
func (d *diagnosis) refusedPasswords(ctx context.Context) {
	h := d.machine.host()
	if named, _ := javaks.NamedStores(h); len(named) == 1 {
		// Another variable may have the password.
		given := named[0].Password != nil || !slices.ContainsFunc(javaks.OptionVariables(), func(name string) bool {
			return strings.Contains(h.Getenv(name), "trustStorePassword")
		})
		d.refusedPassword(named[0].Source, named[0], given)
	}
	for _, n := range javaks.RunningNamedStores(ctx, h) {
		if d.means(n) { // and its environment may have the password
			d.refusedPassword("Java ("+n.Source+")", n, n.Password != nil)
		}
	}
}

// refusedPassword tells of one; given is false where the password is not known.
func (d *diagnosis) refusedPassword(source string, n javaks.NamedStore, given bool) {
	h := d.machine.host()
	if !given || !h.IsAbs(n.Path) {
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

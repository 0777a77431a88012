package truststore

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
)

// Discover finds the stores of the machine that Select and Scope mean. Stores
// that were found are returned even with an error, which then joins what could
// not be searched, one [*StoreError] each. Nothing found is no error.
func (m *Machine) Discover(ctx context.Context) ([]Store, error) {
	d, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(d.problems))
	for i, p := range d.problems {
		errs[i] = p
	}
	return d.stores, errors.Join(errs...)
}

// discovery is what a search for stores brought.
type discovery struct {
	stores   []Store
	problems []*StoreError // places that could not be searched
	findings []Finding
}

// add keeps one of each store: the same file under several paths is one.
func (d *discovery) add(stores ...Store) {
	for _, s := range stores {
		if !slices.ContainsFunc(d.stores, func(o Store) bool { return o.Info().same(s.Info()) }) {
			d.stores = append(d.stores, s)
		}
	}
}

func (d *discovery) problem(kind Kind, path string, err error) {
	d.problems = append(d.problems, &StoreError{
		Info: Info{Kind: kind, Path: path}, Op: "discover", Err: translate(err),
	})
}

func (d *discovery) merge(o discovery) {
	d.add(o.stores...)
	d.problems = append(d.problems, o.problems...)
	d.findings = append(d.findings, o.findings...)
}

// search is what a kind of store needs to know to look for its stores.
type search struct {
	machine   *Machine
	host      *host.Host
	user      *host.User // whose own stores are looked for; nil for none
	shared    bool       // whether the machine's stores are looked for
	selectors []Selector
}

// wants reports whether stores of a kind are searched for.
func (s search) wants(kind Kind) bool {
	return len(s.selectors) == 0 || slices.ContainsFunc(s.selectors, func(sel Selector) bool { return sel.Kind == kind })
}

// finders search for the stores of each kind that has a back end.
var finders = map[Kind]func(context.Context, search) discovery{
	KindJava:     findJava,
	KindJavaUser: findJavaUser,
	KindNSS:      findNSS,
}

func (m *Machine) discover(ctx context.Context) (discovery, error) {
	var d discovery
	d.add(m.Extra...)
	places, kinds := m.selected()
	for _, sel := range places {
		found, err := m.at(ctx, sel)
		if err != nil {
			return d, err
		}
		d.merge(found)
	}
	if len(places) == 0 || len(kinds) > 0 {
		d.merge(m.searchAll(ctx, kinds))
	}
	if len(d.stores) == 0 && len(d.problems) == 0 {
		d.findings = append(d.findings, finding(CodeNoStores))
	}
	return d, ctx.Err()
}

// selected splits the selectors into places and kinds. A place replaces the
// search for its kind, even where the kind is named as well.
func (m *Machine) selected() (places, kinds []Selector) {
	for _, sel := range m.Select {
		if sel.place() != "" {
			places = append(places, sel)
		} else {
			kinds = append(kinds, sel)
		}
	}
	return places, slices.DeleteFunc(kinds, func(k Selector) bool {
		return slices.ContainsFunc(places, func(p Selector) bool { return p.kind() == k.Kind })
	})
}

// searchAll looks in the usual places of the machine and of the users meant.
func (m *Machine) searchAll(ctx context.Context, kinds []Selector) discovery {
	var d discovery
	for _, sel := range kinds {
		if finders[sel.Kind] == nil {
			d.problem(sel.Kind, string(sel.Kind), ErrKindUnsupported)
		}
	}
	me, own := m.ownUser(&d)
	s := search{machine: m, host: m.host(), selectors: kinds, shared: m.Scope != ScopeUser, user: own}
	d.merge(s.run(ctx))
	if m.AllUsers && m.Scope != ScopeMachine {
		d.merge(m.searchUsers(ctx, kinds, me))
	}
	return d
}

func (s search) run(ctx context.Context) discovery {
	var d discovery
	for _, kind := range Kinds() {
		if find := finders[kind]; find != nil && s.wants(kind) {
			d.merge(find(ctx, s))
		}
	}
	return d
}

// ownUser returns the effective user, and again as own if that user's stores
// are meant and the home is really the user's: a program run by sudo with
// somebody else's HOME leaves that home alone.
func (m *Machine) ownUser(d *discovery) (me host.User, own *host.User) {
	h := m.host()
	me, err := h.Me()
	switch {
	case err != nil:
		d.findings = append(d.findings, finding(CodePlaceUnreadable, "path", "home directory", "error", err.Error()))
	case m.Scope == ScopeMachine || me.Home == "":
	case h.IsServiceAccount(me):
		d.findings = append(d.findings, finding(CodeSystemAccount))
	case !h.OwnsHome(me):
		if h.Exists(me.Home) {
			d.findings = append(d.findings, finding(CodeForeignHome, "path", me.Home))
		}
	default:
		own = &me
	}
	return me, own
}

// at finds the store that a selector names by its place. A place that does not
// exist is an error: somebody named it.
func (m *Machine) at(ctx context.Context, sel Selector) (discovery, error) {
	d, err := m.lookAt(ctx, sel)
	if other := (*host.OtherUserError)(nil); errors.As(err, &other) {
		return m.searchAs(ctx, other.User, asUserRequest{Selectors: []Selector{sel}, Create: m.Create}), nil
	}
	if err != nil {
		d.problem(sel.Kind, sel.place(), err)
	}
	return d, nil
}

// lookAt dispatches by what is named and, for a bare path, by its content.
func (m *Machine) lookAt(ctx context.Context, sel Selector) (discovery, error) {
	h := m.host()
	switch {
	case sel.JavaHome != "":
		return m.javaHome(sel.JavaHome)
	case sel.ProfileDir != "":
		return m.nssDir(sel.ProfileDir)
	case sel.Kind != "" && finders[sel.Kind] == nil:
		return discovery{}, ErrKindUnsupported
	}
	info, err := h.Stat(sel.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && m.Create && sel.Kind != KindNSS:
		return m.javaFile(sel)
	case err != nil:
		return discovery{}, err
	case sel.Kind != KindJava && !info.IsDir() && slices.Contains(nssFiles, h.Base(sel.Path)):
		return m.nssDir(h.Dir(sel.Path))
	case sel.Kind == KindNSS, sel.Kind == "" && hasNSS(h, sel.Path):
		return m.nssDir(sel.Path)
	case info.IsDir():
		return m.javaHome(sel.Path)
	}
	return m.javaFile(sel)
}

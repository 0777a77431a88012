package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// Discover finds the stores of the machine that Select and Scope mean. Stores
// that were found are returned even with an error, which then joins what could
// not be searched, one [*StoreError] each. Nothing found is no error.
func (m *Machine) Discover(ctx context.Context) ([]Store, error) {
	m, err := m.prepared()
	if err != nil {
		return nil, err
	}
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
	places   []string // where was looked
	index    map[storeID]int
}

// storeID is a store's identity.
type storeID struct {
	kind Kind
	path string
}

// add keeps one of each store: the same file under several paths is one.
func (d *discovery) add(stores ...Store) {
	if d.index == nil {
		d.index = map[storeID]int{}
	}
	for _, s := range stores {
		info := s.Info()
		id := storeID{info.Kind, info.Path}
		if i, ok := d.index[id]; ok {
			if known, can := d.stores[i].(combiner); can {
				known.combine(info)
			}
			continue
		}
		d.index[id] = len(d.stores)
		d.stores = append(d.stores, s)
	}
}

// combiner is a store that was found twice, by programs that each know some of
// it.
type combiner interface{ combine(Info) }

// combined is what both finders of a store know.
func (i Info) combined(o Info) Info {
	for _, link := range o.Links {
		if link != i.Path && !slices.Contains(i.Links, link) {
			i.Links = append(slices.Clone(i.Links), link)
		}
	}
	if o.Label != "" && !strings.Contains(i.Label, o.Label) {
		i.Label = strings.TrimPrefix(i.Label+", "+o.Label, ", ")
	}
	if i.Manager == "" {
		i.Manager = o.Manager
	}
	i.Running = i.Running || o.Running
	i.Shared = i.Shared || o.Shared
	return i
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
	d.places = append(d.places, o.places...)
}

// search is what a kind of store needs to know to look for its stores.
type search struct {
	machine *Machine
	host    *host.Host
	user    *host.User // whose own stores are looked for; nil for none
	shared  bool       // whether the machine's stores are looked for
}

func (m *Machine) discover(ctx context.Context) (discovery, error) {
	var d discovery
	d.add(m.extra()...)
	places, kinds := m.selected()
	for _, sel := range places {
		found, err := m.at(ctx, sel, nil)
		if err != nil {
			return d, err
		}
		d.merge(found)
	}
	if len(places) == 0 || len(kinds) > 0 {
		d.merge(m.searchAll(ctx, kinds))
	}
	if len(d.stores) == 0 && len(d.problems) == 0 {
		d.findings = append(d.findings, finding(CodeNoStores), finding(CodeSearched, "n", strconv.Itoa(len(d.places)), "places", strings.Join(d.places, ", ")))
	}
	return d, ctx.Err()
}

// extra are the caller's own stores that Select and Scope mean.
func (m *Machine) extra() []Store {
	return slices.DeleteFunc(slices.Clone(m.Extra), func(s Store) bool {
		info := s.Info()
		return !m.inScope(info.Scope) || !admits(m.Select, info)
	})
}

// inScope reports whether Scope does not leave out stores of a scope.
func (m *Machine) inScope(s Scope) bool {
	return !(m.Scope == ScopeMachine && s == ScopeUser || m.Scope == ScopeUser && s == ScopeMachine)
}

// given reports whether one of the caller's own stores is what a selector means.
func (m *Machine) given(sel Selector) bool {
	return slices.ContainsFunc(m.Extra, func(s Store) bool { return admits([]Selector{sel}, s.Info()) })
}

// selected splits the selectors into places and kinds that are to be searched
// for. A place replaces the search for its kind, even where the kind is named
// as well; the caller's own stores are there already.
func (m *Machine) selected() (places, kinds []Selector) {
	for _, sel := range m.Select {
		switch {
		case m.given(sel) && (sel.Path != "" || backendOf(sel.Kind).find == nil):
		case sel.Path != "":
			places = append(places, sel)
		default:
			kinds = append(kinds, sel)
		}
	}
	return places, slices.DeleteFunc(kinds, func(k Selector) bool {
		return slices.ContainsFunc(places, func(p Selector) bool { return p.Kind == k.Kind })
	})
}

// searchAll looks in the usual places of the machine and of the users meant.
func (m *Machine) searchAll(ctx context.Context, kinds []Selector) discovery {
	var d discovery
	for _, sel := range kinds {
		if backendOf(sel.Kind).find == nil {
			d.problem(sel.Kind, string(sel.Kind), ErrKindUnsupported)
		}
	}
	if len(m.Select) > 0 && len(kinds) == 0 {
		return d // the caller's own stores alone
	}
	me, own := m.ownUser(&d)
	s := search{machine: m, host: m.host(), shared: m.Scope != ScopeUser, user: own}
	for _, b := range backends() {
		if b.find != nil && admits(kinds, Info{Kind: b.kind}) {
			d.merge(b.find(ctx, s))
		}
	}
	if !m.AllUsers && m.Scope != ScopeMachine && m.host().Elevated() && m.hasPeople() {
		d.findings = append(d.findings, finding(CodeUsersUnasked))
	}
	if m.AllUsers && m.Scope != ScopeMachine {
		d.merge(m.searchUsers(ctx, kinds, me))
	}
	return d
}

// ownUser returns the effective user, and again as own if that user's stores
// are meant. An elevated program that was given somebody else's HOME, by sudo,
// say, leaves that home alone; without elevation a process can do no more
// there than its user may.
func (m *Machine) ownUser(d *discovery) (me host.User, own *host.User) {
	h := m.host()
	me, err := h.Me()
	switch {
	case err != nil:
		d.findings = append(d.findings, finding(CodePlaceUnreadable, "path", "home directory", "error", err.Error()))
	case m.Scope == ScopeMachine || me.Home == "":
	case h.IsServiceAccount(me):
		d.findings = append(d.findings, finding(CodeSystemAccount))
	case h.Elevated() && !h.OwnsHome(me):
		if h.Exists(me.Home) {
			d.findings = append(d.findings, finding(CodeForeignHome, "path", me.Home))
		}
	default:
		own = &me
	}
	return me, own
}

// at finds the stores that a selector names by their place, as their owner
// where that is known. A place that does not exist is a problem: somebody
// named it.
func (m *Machine) at(ctx context.Context, sel Selector, owner *host.User) (discovery, error) {
	if owner != nil {
		return m.searchAs(ctx, *owner, asUserRequest{Selectors: []Selector{sel}, Create: m.Create}), nil
	}
	d, err := m.lookAt(sel)
	if other := (*host.OtherUserError)(nil); errors.As(err, &other) {
		return m.searchAs(ctx, other.User, asUserRequest{Selectors: []Selector{sel}, Create: m.Create}), nil
	}
	if errors.Is(err, ErrNeedsKind) { // not the store's fault
		return d, storeError(Info{Kind: sel.Kind, Path: sel.Path}, "discover", err)
	}
	if err != nil {
		d.problem(sel.Kind, sel.Path, explainMissing(m.host(), sel.Path, err))
	}
	return d, ctx.Err()
}

// lookAt dispatches by the kind that is named or, for a bare path, by what is
// there.
func (m *Machine) lookAt(sel Selector) (discovery, error) {
	row := backendOf(sel.Kind)
	if sel.Kind != "" && row.at == nil {
		return discovery{}, ErrKindUnsupported
	}
	h := m.host()
	for _, b := range backends() {
		if b.named != nil && (sel.Kind == "" || sel.Kind == b.kind) && b.named(h, sel.Path) {
			return b.at(m, sel)
		}
	}
	info, err := h.Stat(sel.Path)
	switch {
	case err != nil && !(m.Create && errors.Is(err, fs.ErrNotExist)):
		return discovery{}, err
	case err != nil && sel.Kind == "":
		if row = reservedBy(h.Base(sel.Path)); row.at == nil {
			return discovery{}, fmt.Errorf("%w: %w", ErrNeedsKind, err)
		}
		sel.Kind = row.kind
	case err != nil:
		if nameErr := row.checkName(h.Base(sel.Path)); nameErr != nil {
			return discovery{}, nameErr
		}
	case sel.Dir && !info.IsDir():
		return discovery{}, fmt.Errorf("%w: not a directory", ErrNotStore)
	case sel.Kind == "":
		row = recognise(h, sel.Path)
		sel.Kind = row.kind
	}
	return row.at(m, sel)
}

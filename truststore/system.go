package truststore

import (
	"context"
	"slices"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// systemPatience is as long as a distribution's updater may run.
const systemPatience = 5 * time.Minute

// findSystem finds the operating system's own store. That there is none is told,
// and is an error where somebody asked for it.
func findSystem(_ context.Context, s search) discovery {
	d := findOwn(s)
	if !s.shared || len(d.stores)+len(d.problems) > 0 {
		return d
	}
	d.findings = append(d.findings, finding(CodeSystemAbsent))
	if slices.ContainsFunc(s.machine.Select, func(sel Selector) bool { return sel.Kind == KindSystem }) {
		d.problem(KindSystem, string(KindSystem), ErrNotStore)
	}
	return d
}

// findOwn finds the store by the system. Those of Windows and macOS are no files,
// and can be looked at on the machine itself alone.
func findOwn(s search) discovery {
	switch s.host.GOOS() {
	case "windows":
		if s.host.Live() {
			return findWindows(s)
		}
	case "darwin":
		if s.host.Live() {
			return findMac(s)
		}
	default:
		return findLinux(s)
	}
	return discovery{}
}

// systemAt is the store that a path belongs to.
func systemAt(m *Machine, sel Selector) (discovery, error) {
	switch m.host().GOOS() {
	case "windows":
		return opened(openWindows(m, Info{Kind: KindSystem, Path: sel.Path}))
	case "darwin":
		return opened(openMac(m, Info{Kind: KindSystem, Path: sel.Path}))
	}
	return linuxAt(m, sel.Path)
}

// looksLikeSystem reports whether a path is one of the system's own store.
func looksLikeSystem(h *host.Host, path string) bool {
	return h.GOOS() == "linux" && looksLikeLinux(h, path)
}

// systemNamed reports whether a path is the name of a system store that is no
// file of ours to look into.
func systemNamed(h *host.Host, path string) bool {
	switch h.GOOS() {
	case "windows":
		return path == windowsMachine || path == windowsUser
	case "darwin":
		return macNamed(h, path)
	}
	return false
}

// openSystem is the store of a receipt.
func openSystem(m *Machine, info Info) Store {
	open := openLinux
	switch m.host().GOOS() {
	case "windows":
		open = openWindows
	case "darwin":
		open = openMac
	}
	store, err := open(m, info)
	if err != nil {
		return &unopenedStore{info, err}
	}
	return store
}

// opened is the discovery of one store.
func opened(store Store, err error) (discovery, error) {
	var d discovery
	if err != nil {
		return d, err
	}
	d.add(store)
	return d, nil
}

// unopenedStore is a store of a receipt that this machine does not have.
type unopenedStore struct {
	info Info
	err  error
}

func (s *unopenedStore) Info() Info { return s.info }

func (s *unopenedStore) Read(context.Context) (*Snapshot, error) {
	return nil, storeError(s.info, "read", s.err)
}

func (s *unopenedStore) Apply(context.Context, []Change) ([]Result, error) {
	return nil, storeError(s.info, "apply", s.err)
}

func systemCode(err error) Code { return linuxCode(err) }

func systemErrors() []translation {
	return slices.Concat(linuxErrors(), windowsErrors(), macErrors())
}

// systemServes: browsers trust by the system's own store where the system has
// one for all programs.
func systemServes(goos string) []string {
	if goos == "windows" || goos == "darwin" {
		return []string{servesBrowsers, servesTools}
	}
	return []string{servesTools}
}

// reconciled reads a store anew and compares changes with it. Those results are
// still to be made that are Changed.
func reconciled(ctx context.Context, s Store, changes []Change) ([]Result, error) {
	snap, err := s.Read(ctx)
	if err != nil {
		return nil, err
	}
	results, err := snap.Reconcile(changes)
	return results, storeError(s.Info(), "apply", err)
}

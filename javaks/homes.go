package javaks

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// ErrNotJavaHome means that a directory holds no Java installation.
var ErrNotJavaHome = errors.New("not a Java home")

// ErrNoStore means that a Java installation lacks its trust store, so that
// its TLS connections fail whatever the server: typically a cacerts that links
// to a file which is not there.
var ErrNoStore = errors.New("Java installation without a cacerts file")

// Home is a Java installation: a JDK, a JRE, or an image made by jlink.
type Home struct {
	Dir     string // its directory, links followed
	Source  string // what led to it: "JAVA_HOME", "PATH", "registry", "sdkman", …, or "dir" if it was given
	Version string // JAVA_VERSION of its release file, such as "17.0.15"; "" if it has none
	Vendor  string // IMPLEMENTOR of its release file; "" if it has none
	Stores  []StoreFile
}

// StoreFile is a trust store of a Java installation. Several installations
// may share one file: then Resolved is the same.
type StoreFile struct {
	Path     string    // as found below the home
	Resolved string    // Path with links followed
	Name     string    // "cacerts", or "jssecacerts", which JSSE reads instead where it exists (sun.security.ssl.TrustStoreManager)
	Managed  ManagedBy // who else writes or owns the file; "" if nobody
}

// PlaceError is a place that could not be looked at, and why; nothing is known
// about what lies there. The error is a [*host.OtherUserError] where an
// elevated process came upon another user's files.
type PlaceError struct {
	Path string // "" where it is the search itself that failed
	Err  error
}

func (e *PlaceError) Error() string {
	if e.Path == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap returns Err.
func (e *PlaceError) Unwrap() error { return e.Err }

// HomeSearch says whose Java installations [FindHomes] looks for.
type HomeSearch struct {
	// Machine: look for installations in the machine's own places.
	Machine bool

	// User is the user whose places are searched; nil means nobody's. The
	// environment and HKEY_CURRENT_USER count only where the user is the
	// one that this process runs as.
	User *host.User

	// Dirs are directories below which installations are looked for as far
	// as they go, within bounds: [ErrSearchBound].
	Dirs []string

	// OtherFileSystems: the search below Dirs enters other file systems,
	// but never those of other machines.
	OtherFileSystems bool
}

// FoundHomes is what [FindHomes] found.
type FoundHomes struct {
	Homes []Home

	// Problems are places that could not be looked at, and those that the
	// environment names as a Java's home and that are none: [ErrNotJavaHome].
	Problems []*PlaceError

	// Places are where was looked, whether or not there was anything:
	// variables, registry keys, and directories as patterns in which "*"
	// stands for any name, in the order of the search.
	Places []string
}

// FindHomes lists the Java installations in the places where installers,
// version managers, build tools, IDEs and servers put them: each directory once,
// in the order of the search: environment, PATH, then the known places. It
// reads; it never runs a Java. A nil host is this machine.
//
// What lies below the user's home directory is that user's and everything
// else is the machine's, no matter which search came upon it. An elevated
// process is refused other users' directories and gets a PlaceError for each.
// When ctx ends, so does the search, with what it has found.
func FindHomes(ctx context.Context, h *host.Host, s HomeSearch) FoundHomes {
	f, err := newFinder(ctx, orThisMachine(h), s)
	if err != nil {
		return FoundHomes{Problems: []*PlaceError{{Err: err}}}
	}
	for _, p := range places() {
		f.search(p)
	}
	for _, k := range registryKeys {
		f.searchRegistry(k)
	}
	for _, dir := range s.Dirs {
		f.searchBelow(dir)
	}
	if err := ctx.Err(); err != nil {
		f.problems = append(f.problems, &PlaceError{Err: err})
	}
	return FoundHomes{Homes: f.homes, Problems: f.problems, Places: f.lookedAt()}
}

// orThisMachine returns h, or the machine that this program runs on.
func orThisMachine(h *host.Host) *host.Host {
	if h == nil {
		return &host.Host{}
	}
	return h
}

// HomeAt describes the Java installation at dir. A macOS bundle
// (dir/Contents/Home), a directory that holds its Java in jre, and the jre
// directory inside a JDK 8 or older are recognised.
//
// A directory that does not exist matches [fs.ErrNotExist], one without a
// Java [ErrNotJavaHome]. An installation of which something could not be read
// is returned together with the error. A nil host is this machine; there, dir
// may be relative to the current directory.
func HomeAt(h *host.Host, dir string) (Home, error) {
	h = orThisMachine(h)
	if h.Live() && !h.IsAbs(dir) {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return Home{}, err
		}
		dir = abs
	}
	if _, err := h.Stat(dir); err != nil {
		return Home{}, err
	}
	root, err := homeRoot(h, dir)
	if err != nil {
		return Home{}, err
	}
	home, problems := describeHome(h, root)
	home.Source = "dir"
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return home, errors.Join(errs...)
}

// finder is one run of a HomeSearch.
type finder struct {
	HomeSearch
	Host     *host.Host
	ctx      context.Context
	env      environment
	userHome string // of whom the search is for, links followed
	homes    []Home
	seen     map[string]bool // directories looked at, links followed
	problems []*PlaceError
}

func newFinder(ctx context.Context, h *host.Host, s HomeSearch) (*finder, error) {
	me, err := h.Me()
	if err != nil {
		return nil, err
	}
	f := &finder{HomeSearch: s, Host: h, ctx: ctx, env: newEnvironment(h, me, s.User), seen: map[string]bool{}}
	f.userHome = me.Home
	if s.User != nil {
		f.userHome = s.User.Home
	}
	if resolved, err := h.Resolve(f.userHome); err == nil {
		f.userHome = resolved
	}
	return f, nil
}

// wanted reports whether the search is for what lies at a resolved path.
func (f *finder) wanted(resolved string) bool {
	if f.userHome != "" && f.Host.Inside(resolved, f.userHome) {
		return f.User != nil
	}
	return f.Machine
}

// problem takes note of a place that could not be looked at, unless it lies
// in one that is noted already.
func (f *finder) problem(path string, err error) {
	for _, known := range f.problems {
		if path == known.Path || f.Host.Inside(path, known.Path) {
			return
		}
	}
	f.problems = append(f.problems, &PlaceError{Path: path, Err: err})
}

// problemUnlessMissing takes note of an error that says more than that
// nothing is there.
func (f *finder) problemUnlessMissing(path string, err error) {
	if err != nil && !host.Missing(err) {
		f.problem(path, err)
	}
}

// candidate adds the installation at dir if there is one.
func (f *finder) candidate(source, dir string) {
	if err := f.look(source, dir); err != nil && !host.Missing(err) && !errors.Is(err, ErrNotJavaHome) {
		f.problem(dir, err)
	}
}

// named adds the installation at dir, where somebody says that there is one.
func (f *finder) named(source, dir string) {
	err := f.look(source, dir)
	if err != nil && host.Missing(err) {
		err = fmt.Errorf("%w: %w", ErrNotJavaHome, err)
	}
	if err != nil {
		f.problem(dir, err)
	}
}

// look adds the installation at dir, unless it is there already or the search
// is not for it.
func (f *finder) look(source, dir string) error {
	if f.ctx.Err() != nil {
		return nil
	}
	resolved, err := f.Host.Resolve(dir)
	if err != nil {
		return err
	}
	if !f.wanted(resolved) || !f.first(resolved) {
		return nil
	}
	root, err := homeRoot(f.Host, resolved)
	if err != nil {
		return err
	}
	if root != resolved && (!f.wanted(root) || !f.first(root)) {
		return nil
	}
	home, problems := describeHome(f.Host, root)
	home.Source = source
	f.homes = append(f.homes, home)
	f.problems = append(f.problems, problems...)
	return nil
}

// first reports whether a resolved directory is met for the first time.
func (f *finder) first(resolved string) bool {
	if f.Host.GOOS() == "windows" {
		resolved = strings.ToLower(resolved)
	}
	if f.seen[resolved] {
		return false
	}
	f.seen[resolved] = true
	return true
}

// program adds the installation that a java program belongs to. A stub or a
// version manager's shim belongs to none.
func (f *finder) program(source, path string) {
	resolved, err := f.Host.Resolve(path)
	if err != nil {
		f.problemUnlessMissing(path, err)
		return
	}
	if !f.Host.IsFile(resolved) {
		return
	}
	if bin := f.Host.Dir(resolved); f.Host.Base(bin) == "bin" {
		f.candidate(source, f.Host.Dir(bin))
	}
}

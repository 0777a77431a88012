package ecert

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Finder looks for e-Cert files. The zero value looks in this machine's
// removable drives and in the folders in which its user keeps files. What it
// does is bounded, whatever it meets: [FinderLimits] has the defaults. Links are
// not followed, and network mounts are left out.
//
// A Finder may be used by several goroutines at once; it must not be changed or
// copied after first use.
type Finder struct {
	// Host is the machine; nil is this machine.
	Host *host.Host
	// Dirs are absolute directories to look in instead of the usual ones.
	Dirs []string
	// Limits bound the search; a zero one has its default.
	Limits FinderLimits
}

// FinderLimits bound a search.
type FinderLimits struct {
	Depth   int           // levels of folders below a place; 5
	Entries int           // directory entries looked at; 250,000
	Files   int           // files found; 1,000
	Time    time.Duration // 15 s
}

func (l FinderLimits) orDefaults() FinderLimits {
	return FinderLimits{
		Depth: cmp.Or(l.Depth, 5), Entries: cmp.Or(l.Entries, 250_000), Files: cmp.Or(l.Files, 1000),
		Time: cmp.Or(l.Time, 15*time.Second),
	}
}

// Search is what a Finder found.
type Search struct {
	// Places are where it looked.
	Places []Place `json:"places"`
	// Files are what it found, sorted by path.
	Files []Found `json:"files"`
	// Skipped are what it did not look at, and why.
	Skipped []Skip `json:"skipped,omitempty"`
	// Entries is how many directory entries it looked at.
	Entries int `json:"entries"`
}

// Complete reports whether everything was looked at but what is left out by
// rule: network mounts, links, folders deep below others, and what is no e-Cert
// file although it has the name of one.
func (s *Search) Complete() bool {
	return !slices.ContainsFunc(s.Skipped, func(k Skip) bool {
		return k.Code != CodeNetwork && k.Code != CodeLink && k.Code != CodeDepth && k.Code != CodeNotRegular && k.Code != CodeTooLarge
	})
}

// Place is a directory that is searched.
type Place struct {
	Path      string `json:"path"`
	Removable bool   `json:"removable"`

	depth int // levels of folders to enter; 0 for none, on purpose
}

// Found is a file whose name or content is that of an e-Cert file.
type Found struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	// PKCS12: it begins as a PKCS#12 file. Otherwise only its name says so.
	PKCS12 bool `json:"pkcs12"`
}

// Skip is something that was not looked at.
type Skip struct {
	Path   string `json:"path"`
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// Why something is not looked at, besides what keeps a file from being read.
const (
	CodeNetwork Code = "find.network" // a network mount
	CodeLink    Code = "find.link"    // a link that is named as an e-Cert file
	CodeDepth   Code = "find.depth"   // too many levels of folders
	CodeEntries Code = "find.entries" // too many files and folders
	CodeFiles   Code = "find.files"   // too many e-Cert files
	CodeTime    Code = "find.time"    // time ran out
)

// maxSkips bounds what is said of places that were not looked at.
const maxSkips = 200

// Find searches. It ends when the time is over or ctx ends, whatever a drive
// does; what was found until then is the result, which is never nil.
func (f *Finder) Find(ctx context.Context) *Search {
	h := f.Host
	if h == nil {
		h = &host.Host{}
	}
	limits := f.Limits.orDefaults()
	ctx, cancel := context.WithTimeout(ctx, limits.Time)
	defer cancel()
	s := &search{ctx: ctx, host: h, limits: limits}
	places, err := waitFor(ctx, func() ([]Place, error) { return f.places(s), nil })
	if err != nil {
		s.skip("", CodeTime, "")
	}
	s.run(places)
	return s.end()
}

func (f *Finder) places(s *search) []Place {
	if len(f.Dirs) == 0 {
		return usualPlaces(s)
	}
	var all []Place
	for _, dir := range f.Dirs {
		all = append(all, Place{Path: dir, depth: s.limits.Depth})
	}
	return all
}

// search is one search on its way. Drives that hang may outlast it.
type search struct {
	ctx    context.Context
	host   *host.Host
	limits FinderLimits

	mu     sync.Mutex
	over   bool
	result Search
}

// run searches the places, each in a goroutine of its own: one slow drive keeps
// none of the others waiting.
func (s *search) run(places []Place) {
	finished := make(chan int, len(places))
	s.mu.Lock()
	s.result.Places = places
	s.mu.Unlock()
	for i, p := range places {
		go func() {
			s.walk(p, p.Path, 0)
			finished <- i
		}()
	}
	open := make(map[int]bool)
	for i := range places {
		open[i] = true
	}
	for len(open) > 0 {
		select {
		case i := <-finished:
			delete(open, i)
		case <-s.ctx.Done():
			for i := range open {
				s.skip(places[i].Path, CodeTime, "")
			}
			return
		}
	}
}

// end closes the search to walks that go on.
func (s *search) end() *Search {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	slices.SortFunc(s.result.Files, func(a, b Found) int { return cmp.Compare(a.Path, b.Path) })
	// One place may lie within another.
	s.result.Files = slices.Compact(s.result.Files)
	slices.SortFunc(s.result.Skipped, func(a, b Skip) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code))
	})
	s.result.Skipped = slices.Compact(s.result.Skipped)
	return &s.result
}

func (s *search) skip(path string, code Code, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && len(s.result.Skipped) < maxSkips {
		s.result.Skipped = append(s.result.Skipped, Skip{path, code, detail})
	}
}

// found keeps a file; false if there are too many.
func (s *search) found(file Found) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || len(s.result.Files) >= s.limits.Files {
		return false
	}
	s.result.Files = append(s.result.Files, file)
	return true
}

// count counts directory entries; false if there are too many.
func (s *search) count(entries int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Entries += entries
	return !s.over && s.result.Entries <= s.limits.Entries
}

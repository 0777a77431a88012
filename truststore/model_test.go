//go:build unix

package truststore_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

var (
	modelSequences = flag.Int("model.sequences", 1000, "how many random sequences TestModel plays")
	modelSeed      = flag.Uint64("model.seed", 0, "the number of TestModel's first sequence")
)

// TestModel plays random sequences of what two programs that use this package,
// other programs, and whoever moves and replaces files do to some stores. After
// every step an independent reader looks at the stores: nothing of others' is
// lost, nothing that a program wants is lost by another program's undo, and no
// success is claimed that the store contradicts. When all is back in its place
// and everybody has undone, nothing of ours is left.
//
// Left out is that we remove what somebody else added under the very name that
// we give: once we have added it again, both are one entry to us, and the date
// of the first does not come back.
//
// A sequence that fails says its seed: -model.seed N -model.sequences 1.
func TestModel(t *testing.T) {
	certs := make([]javatest.Certificate, 3)
	for i := range certs {
		certs[i] = javatest.NewPKI(t).Root
	}
	base := javatest.NewPKI(t).Root
	nss := olderNSS(t)
	const at = 4
	for worker := range at {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			for n := worker; n < *modelSequences && !t.Failed(); n += at {
				seed := *modelSeed + uint64(n)
				s := newSequence(t, seed, certs)
				s.places = []*modelPlace{
					{kind: modelJKS{certs, base, seed%100 == 99}, name: "plain"},
					{kind: modelJKS{certs, base, false}, name: "snap", linked: true},
				}
				if seed%10 == 0 {
					s.places = append(s.places, &modelPlace{kind: modelNSS{nss, certs, base}, name: "psd"})
				}
				s.play()
				os.RemoveAll(s.dir)
			}
		})
	}
}

// sequence is a random sequence of steps, and what must be true of the stores.
type sequence struct {
	*world
	random   *rand.Rand
	seed     uint64
	certs    []javatest.Certificate
	places   []*modelPlace
	contents map[string]*modelContent // by where they are now
	theirs   map[string]bool          // every entry that others ever made
	log      []string
}

// modelPlace is a store as programs name it. Everything of it lies below one
// directory, the volume, which can be taken away as a whole:
//
//	NAME/volume/rev1/FILE, where current is a link to rev1 and more may follow
//	NAME/volume/rev1/FILE, without a link
type modelPlace struct {
	kind   modelStore
	name   string
	linked bool
	last   int // the newest revision
	dir    string
}

// modelContent is one store, wherever it is.
type modelContent struct {
	kind   modelStore
	others map[string]modelEntry // entries that are not ours
	// taken are others' entries that our Remove took.
	taken map[string]modelEntry
	// wanted tells by owner which certificates that owner wants here.
	wanted map[string]map[int]wish
	// pending are the owners who asked for an undo that this store may not
	// have seen.
	pending map[string]bool
	// renamed: it lay under another name once. What was done to it there is
	// undone when it lies there again.
	renamed bool
}

// wish is how sure it is that an owner's wish is the reason for an entry.
type wish int

const (
	perhaps wish = iota + 1
	surely
)

var modelOwners = []string{"one", "two"}

func newSequence(t testing.TB, seed uint64, certs []javatest.Certificate) *sequence {
	// Memory, where there is any: nothing here is about the power failing.
	dir, err := os.MkdirTemp(inMemory(), "model-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &sequence{
		world: &world{t: t, dir: dir, state: filepath.Join(dir, "state")}, seed: seed,
		random: rand.New(rand.NewPCG(seed, 8)), certs: certs, contents: map[string]*modelContent{},
		theirs: map[string]bool{},
	}
}

// memory is a directory in memory; "" where the system has none.
func inMemory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (s *sequence) play() {
	for _, p := range s.places {
		p.dir = filepath.Join(s.dir, p.name)
		p.last = 1
		mkdir(s.t, p.at("volume/rev1"))
		if p.linked {
			symlink(s.t, "rev1", p.at("volume/current"))
		}
		path := p.at("volume/rev1", p.kind.file())
		p.kind.fresh(s.t, path)
		s.adopt(path, p.kind)
	}
	for range 6 + s.random.IntN(14) {
		s.step()
		s.nothingLost()
		if s.t.Failed() {
			s.t.Fatalf("seed %d:\n%s", s.seed, strings.Join(s.log, "\n"))
		}
	}
	s.end()
	if s.t.Failed() {
		s.t.Fatalf("seed %d:\n%s", s.seed, strings.Join(s.log, "\n"))
	}
}

func (p *modelPlace) at(elem ...string) string {
	return filepath.Join(append([]string{p.dir}, elem...)...)
}

// path is the path that programs use.
func (p *modelPlace) path() string {
	if p.linked {
		return p.at("volume/current", p.kind.file())
	}
	return p.at("volume/rev1", p.kind.file())
}

// content is what the place's path leads to now, nil if to nothing.
func (s *sequence) content(p *modelPlace) (string, *modelContent) {
	real, err := filepath.EvalSymlinks(p.path())
	if err != nil {
		return "", nil
	}
	return real, s.contents[real]
}

// adopt notes that all that a store holds is somebody else's.
func (s *sequence) adopt(path string, kind modelStore) *modelContent {
	c := &modelContent{
		kind: kind, others: kind.read(s.t, path), taken: map[string]modelEntry{},
		wanted: map[string]map[int]wish{}, pending: map[string]bool{},
	}
	for _, o := range modelOwners {
		c.wanted[o] = map[int]wish{}
	}
	s.contents[path] = c
	return c
}

// copied is what a copy of a store holds. Whom its entries serve is less sure.
func (c *modelContent) copied() *modelContent {
	out := &modelContent{
		kind: c.kind, others: maps.Clone(c.others), taken: map[string]modelEntry{},
		wanted: map[string]map[int]wish{}, pending: maps.Clone(c.pending), renamed: c.renamed,
	}
	for o, wishes := range c.wanted {
		out.wanted[o] = map[int]wish{}
		for i := range wishes {
			out.wanted[o][i] = perhaps
		}
	}
	return out
}

// unsure notes that others touched a certificate's entries: what is there now
// is no longer a matter of what we do alone.
func (c *modelContent) unsure(cert int) {
	for _, wishes := range c.wanted {
		if wishes[cert] == surely {
			wishes[cert] = perhaps
		}
	}
	maps.DeleteFunc(c.taken, func(_ string, e modelEntry) bool { return e.cert == cert })
}

// note notes that others made an entry.
func (s *sequence) note(c *modelContent, name string, e modelEntry) {
	c.others[name] = e
	s.theirs[fmt.Sprint(name, e)] = true
}

// ours lists the entries of our making. By name alone, one that others made
// under our name would be ours, be it that we put it back after we removed it.
func (s *sequence) ours(path string, c *modelContent) map[string]modelEntry {
	out := map[string]modelEntry{}
	for name, e := range c.kind.read(s.t, path) {
		if strings.HasPrefix(name, "hktrust-") && !s.theirs[fmt.Sprint(name, e)] {
			out[name] = e
		}
	}
	return out
}

func (s *sequence) say(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf("%2d ", len(s.log)+1)+fmt.Sprintf(format, args...))
}

func (s *sequence) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("after step %d: %s", len(s.log), fmt.Sprintf(format, args...))
}

func oneOf[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// step plays one step of ours, or of others.
func (s *sequence) step() {
	owner, p, cert := oneOf(s.random, modelOwners), oneOf(s.random, s.places), s.random.IntN(len(s.certs))
	switch n := s.random.IntN(24); {
	case n == 23:
		s.rename(p)
	case n == 22 || n == 21:
		s.settleDown(p)
	case n == 20:
		s.sleep(owner, p, cert)
	case n < 5:
		s.ensure(owner, s.some(), cert)
	case n < 8:
		s.undo(owner)
	case n < 9:
		s.remove(owner, s.some(), cert)
	case n < 10:
		s.ask(owner, s.some(), cert)
	case n < 12:
		s.put(p, cert)
	case n < 13:
		s.drop(p)
	case n < 15:
		s.replace(p, cert)
	case n < 17 && p.linked && p.isLink(s.t):
		s.revise(p)
	case n < 18:
		s.hide(p)
	default:
		s.unmount(p)
	}
}

// sleep is what chance seldom makes: an undo while a place is away, and work of
// the same owner when it is back.
func (s *sequence) sleep(owner string, p *modelPlace, cert int) {
	if _, c := s.content(p); c == nil {
		return
	}
	s.ensure(owner, []*modelPlace{p}, cert)
	away := oneOf(s.random, []func(*modelPlace){s.hide, s.unmount})
	away(p)
	s.undo(owner)
	if _, c := s.content(p); c == nil {
		away(p)
	}
	s.ensure(owner, []*modelPlace{p}, (cert+2)%len(s.certs))
}

// some is one place, or all.
func (s *sequence) some() []*modelPlace {
	if s.random.IntN(2) == 0 {
		return s.places
	}
	return []*modelPlace{oneOf(s.random, s.places)}
}

func namesOf(places []*modelPlace) string {
	var out []string
	for _, p := range places {
		out = append(out, p.name)
	}
	return strings.Join(out, "+")
}

func (s *sequence) as(owner string, places []*modelPlace) *truststore.Machine {
	var paths []string
	for _, p := range places {
		paths = append(paths, p.path())
	}
	return s.machine(owner, paths...)
}

func (s *sequence) goal(cert int) (truststore.Goal, []int) {
	certs := []int{cert}
	if s.random.IntN(3) == 0 {
		certs = append(certs, (cert+1)%len(s.certs))
	}
	goal := truststore.Goal{Name: "own"}
	for _, i := range certs {
		goal.Want = append(goal.Want, truststore.Want{Certificate: s.certs[i].Certificate, Purposes: []truststore.Purpose{truststore.ServerAuth}})
	}
	return goal, certs
}

func (s *sequence) ensure(owner string, places []*modelPlace, cert int) {
	goal, certs := s.goal(cert)
	r, err := s.as(owner, places).Ensure(context.Background(), goal)
	sound(s.t, r, err)
	s.say("%s ensures %v in %s: exit %d %v", owner, certs, namesOf(places), r.Exit, codes(r))
	away := slices.ContainsFunc(places, func(p *modelPlace) bool { _, c := s.content(p); return c == nil })
	if !away && r.Exit != truststore.ExitOK {
		s.fail("exit %d although all is there: %v", r.Exit, r.Err)
	}
	for _, p := range places {
		path, c := s.content(p)
		if c == nil {
			if r.Exit == truststore.ExitOK {
				s.fail("exit 0 although %s is not there", p.path())
			}
			continue
		}
		for _, i := range certs {
			if r.Exit == truststore.ExitOK {
				c.wanted[owner][i] = surely
				s.wantIn(path, c, i)
			} else {
				c.wanted[owner][i] = perhaps
			}
		}
		s.wantNoMore(owner, path, c, r)
	}
}

func (s *sequence) wantIn(path string, c *modelContent, cert int) {
	s.t.Helper()
	for _, e := range c.kind.read(s.t, path) {
		if e.cert == cert && !strings.HasPrefix(e.stamp, ",") {
			return
		}
	}
	s.fail("%s does not trust %d", path, cert)
}

// wantNoMore wants nothing of ours in a store that no owner wants, after an
// owner's work there that succeeded.
func (s *sequence) wantNoMore(owner, path string, c *modelContent, r *truststore.Report) {
	s.t.Helper()
	if r.Exit != truststore.ExitOK || c.renamed {
		return
	}
	c.pending[owner] = false
	for name, e := range s.ours(path, c) {
		meant := false
		for _, o := range modelOwners {
			meant = meant || c.wanted[o][e.cert] != 0 || c.pending[o]
		}
		if !meant {
			s.fail("%s: %s (%d) is there yet, and nobody wants it", path, name, e.cert)
		}
	}
}

// undo takes back everything, or what was done in one place or to one
// certificate.
func (s *sequence) undo(owner string) {
	opt, what := truststore.UndoOptions{}, "everything"
	meant := func(path string, cert int) bool { return true }
	switch s.random.IntN(5) {
	case 0:
		p := oneOf(s.random, s.places)
		opt.Stores, what = []truststore.Selector{{Path: p.path()}}, p.name
		meant = func(path string, _ int) bool { return strings.HasPrefix(path, p.dir) }
	case 1:
		cert := s.random.IntN(len(s.certs))
		opt.Certs, what = []truststore.Fingerprint{truststore.RefOf(s.certs[cert].Certificate).SHA256}, fmt.Sprint(cert)
		meant = func(_ string, c int) bool { return c == cert }
	case 2:
		opt.Last, what = true, "the last run"
		meant = func(string, int) bool { return false }
	}
	r, err := s.machine(owner).Undo(context.Background(), opt)
	sound(s.t, r, err)
	s.say("%s undoes %s: exit %d %v", owner, what, r.Exit, codes(r))
	s.undone(owner, opt, meant, r)
}

func (s *sequence) undone(owner string, opt truststore.UndoOptions, meant func(string, int) bool, r *truststore.Report) {
	here := map[*modelContent]bool{}
	for _, p := range s.places {
		if _, c := s.content(p); c != nil {
			here[c] = true
		}
	}
	for path, c := range s.contents {
		away := !here[c]
		wanted, ours := false, s.ours(path, c)
		for i, w := range c.wanted[owner] {
			switch {
			case opt.Last:
				c.wanted[owner][i] = perhaps
			case meant(path, i):
				wanted = wanted || w == surely && hasCert(ours, i)
				delete(c.wanted[owner], i)
			}
		}
		c.pending[owner] = c.pending[owner] || away || opt.Last || r.Exit != truststore.ExitOK
		if !away && !opt.Last {
			s.wantNoMore(owner, path, c, r)
			s.wantKept(owner, path, c)
		}
		// Gone is what the folder shows that held it; with its volume, it is unknown.
		vanished := slices.Contains(codes(r), truststore.CodeStoreVanished) && !strings.Contains(path, "/away/")
		// Of what lay under another name once, this owner may have found all there already.
		if away && wanted && r.Exit == truststore.ExitOK && !vanished && !c.renamed && !s.known(path) {
			s.fail("exit 0 and not a word of %s", path)
		}
	}
}

func hasCert(entries map[string]modelEntry, cert int) bool {
	for _, e := range entries {
		if e.cert == cert {
			return true
		}
	}
	return false
}

// known reports whether the place of which a store is, is there with another
// store: then receipts of the one may have been answered by the other.
func (s *sequence) known(path string) bool {
	for _, p := range s.places {
		_, c := s.content(p)
		if strings.HasPrefix(path, p.dir) && c != nil {
			return true
		}
	}
	return false
}

// wantKept wants that what other owners want is still there.
func (s *sequence) wantKept(owner, path string, c *modelContent) {
	s.t.Helper()
	for _, o := range modelOwners {
		for i, w := range c.wanted[o] {
			if o != owner && w == surely {
				s.wantIn(path, c, i)
			}
		}
	}
}

func (s *sequence) remove(owner string, places []*modelPlace, cert int) {
	for _, c := range s.contents {
		// If we made it again under that name, an undo would take the one
		// for the other: see TestModel's comment.
		if _, theirs := c.others[truststore.EntryName(s.certs[cert].Certificate)]; theirs {
			return
		}
	}
	r, err := s.as(owner, places).Remove(context.Background(), truststore.RefOf(s.certs[cert].Certificate))
	sound(s.t, r, err)
	s.say("%s removes %d from %s: exit %d %v", owner, cert, namesOf(places), r.Exit, codes(r))
	for _, p := range places {
		path, c := s.content(p)
		if c == nil {
			if r.Exit == truststore.ExitOK {
				s.fail("exit 0 although %s is not there", p.path())
			}
			continue
		}
		seen := c.kind.read(s.t, path)
		for _, e := range seen {
			if e.cert == cert && r.Exit == truststore.ExitOK {
				s.fail("%s has %d yet", path, cert)
			}
		}
		for name, e := range c.others {
			if _, there := seen[name]; e.cert == cert && !there {
				c.taken[name] = e
				delete(c.others, name)
			}
		}
		for _, o := range modelOwners {
			if c.wanted[o][cert] != 0 {
				c.wanted[o][cert] = perhaps
			}
		}
		s.wantNoMore(owner, path, c, r)
	}
}

// ask checks, and lists.
func (s *sequence) ask(owner string, places []*modelPlace, cert int) {
	goal, certs := s.goal(cert)
	r, err := s.as(owner, places).Check(context.Background(), goal)
	sound(s.t, r, err)
	l, err := s.as(owner, places).List(context.Background(), truststore.ListOptions{All: true})
	sound(s.t, l, err)
	s.say("%s checks %v in %s: exit %d %v; lists: exit %d", owner, certs, namesOf(places), r.Exit, codes(r), l.Exit)
	for _, p := range places {
		path, c := s.content(p)
		if c == nil {
			if r.Exit == truststore.ExitOK {
				s.fail("exit 0 although %s is not there", p.path())
			}
			continue
		}
		for _, i := range certs {
			if r.Exit == truststore.ExitOK {
				s.wantIn(path, c, i)
			}
		}
		s.wantOurs(path, c, l)
	}
}

// wantOurs wants that only what we made is listed as ours.
func (s *sequence) wantOurs(path string, c *modelContent, l *truststore.Report) {
	s.t.Helper()
	for _, store := range l.Stores {
		if store.Info.Path != path {
			continue
		}
		for _, e := range store.Entries {
			if _, theirs := c.others[e.Trust.Name]; theirs && e.Ours {
				s.fail("%s: %s is listed as ours", path, e.Trust.Name)
			}
		}
	}
}

// put has an administrator add a certificate, sometimes under our name for it.
func (s *sequence) put(p *modelPlace, cert int) {
	path, c := s.content(p)
	if c == nil {
		return
	}
	name := fmt.Sprintf("admin %d", cert)
	if c.kind.shares() && s.random.IntN(3) == 0 {
		name = truststore.EntryName(s.certs[cert].Certificate)
	}
	if !c.kind.shares() {
		for _, e := range c.kind.read(s.t, path) {
			if e.cert == cert {
				return
			}
		}
	}
	s.say("somebody adds %d to %s as %s", cert, p.name, name)
	c.kind.put(s.t, path, name, cert)
	s.note(c, name, c.kind.read(s.t, path)[name])
	c.unsure(cert)
}

// drop has somebody delete an entry, be it ours or not.
func (s *sequence) drop(p *modelPlace) {
	path, c := s.content(p)
	if c == nil {
		return
	}
	seen := c.kind.read(s.t, path)
	name := oneOf(s.random, slices.Sorted(maps.Keys(seen)))
	if name == "base" {
		return
	}
	s.say("somebody deletes %s from %s", name, p.name)
	c.kind.drop(s.t, path, name)
	delete(c.others, name)
	c.unsure(seen[name].cert)
}

// replace puts a new store in the place of the old one, with or without a
// certificate that an administrator has added.
func (s *sequence) replace(p *modelPlace, cert int) {
	path, c := s.content(p)
	if c == nil {
		return
	}
	s.say("%s is replaced", p.name)
	if err := os.RemoveAll(path); err != nil {
		s.t.Fatal(err)
	}
	c.kind.fresh(s.t, path)
	s.adopt(path, c.kind)
	if s.random.IntN(2) == 0 {
		s.put(p, cert)
	}
}

// revise has the link of a place lead to a new revision, a copy of the one
// before or a new store, or back to the one before.
func (s *sequence) revise(p *modelPlace) {
	path, c := s.content(p)
	if c == nil {
		return
	}
	dir := fmt.Sprintf("rev%d", p.last+1)
	older := fmt.Sprintf("rev%d", p.last-1)
	switch s.random.IntN(4) {
	case 0:
		current, _ := os.Readlink(p.at("volume/current"))
		if current == older || s.contents[p.at("volume", older, p.kind.file())] == nil {
			return
		}
		s.say("%s goes back to %s", p.name, older)
		s.link(p, older)
		return
	case 1:
		mkdir(s.t, p.at("volume", dir))
		p.kind.fresh(s.t, p.at("volume", dir, p.kind.file()))
		s.adopt(p.at("volume", dir, p.kind.file()), p.kind)
		s.say("%s becomes %s, a new store", p.name, dir)
	default:
		mkdir(s.t, p.at("volume", dir))
		copyStore(s.t, path, p.at("volume", dir, p.kind.file()))
		s.contents[p.at("volume", dir, p.kind.file())] = c.copied()
		s.say("%s becomes %s, a copy", p.name, dir)
		for o := range c.wanted {
			for i := range c.wanted[o] {
				c.wanted[o][i] = perhaps
			}
		}
	}
	s.link(p, dir)
	p.last++
	// As snapd does, two revisions are kept.
	for gone := 1; gone < p.last-1; gone++ {
		os.RemoveAll(p.at("volume", fmt.Sprintf("rev%d", gone)))
		delete(s.contents, p.at("volume", fmt.Sprintf("rev%d", gone), p.kind.file()))
	}
}

func (s *sequence) link(p *modelPlace, to string) {
	symlink(s.t, to, p.at("volume/next"))
	rename(s.t, p.at("volume/next"), p.at("volume/current"))
}

// isLink tells whether the place's link is one now.
func (p *modelPlace) isLink(t testing.TB) bool {
	t.Helper()
	info, err := os.Lstat(p.at("volume/current"))
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// settleDown makes a directory of a place's link, with what it leads to, or a
// link of that directory: as a profile is in memory one day and on the disk the
// next.
func (s *sequence) settleDown(p *modelPlace) {
	path, c := s.content(p)
	if c == nil || !p.linked {
		return
	}
	current := p.at("volume/current")
	if p.isLink(s.t) {
		s.say("the link of %s becomes a directory", p.name)
		if err := os.Remove(current); err != nil {
			s.t.Fatal(err)
		}
		s.move(filepath.Dir(path), current)
		return
	}
	p.last++
	dir := fmt.Sprintf("rev%d", p.last)
	s.say("the directory of %s becomes a link to %s", p.name, dir)
	s.move(current, p.at("volume", dir))
	s.link(p, dir)
}

// rename gives the home of a place another name, and the next time the old one
// again.
func (s *sequence) rename(p *modelPlace) {
	home, other := filepath.Join(s.dir, p.name), filepath.Join(s.dir, p.name+"-renamed")
	if p.dir == other {
		home, other = other, home
	}
	s.say("the home of %s is now %s", p.name, filepath.Base(other))
	s.move(home, other)
	p.dir = other
	for path, c := range s.contents {
		c.renamed = c.renamed || strings.HasPrefix(path, other+"/")
	}
}

// hide takes a store away from the folder that holds it, or puts it back.
func (s *sequence) hide(p *modelPlace) {
	for _, dir := range names(s.t, p.at("volume")) {
		aside := p.at("volume", dir, "aside")
		if c := s.contents[aside]; c != nil {
			s.say("%s is put back", p.name)
			s.move(aside, filepath.Join(filepath.Dir(aside), p.kind.file()))
			return
		}
	}
	// With an older revision beside it, undo finds the store there, and takes
	// a name that leads nowhere for a program that is gone.
	if path, c := s.content(p); c != nil && p.last == 1 {
		s.say("%s is taken out of its folder", p.name)
		s.move(path, filepath.Join(filepath.Dir(path), "aside"))
	}
}

// unmount takes the volume of a place away, or brings it back.
func (s *sequence) unmount(p *modelPlace) {
	volume, away := p.at("volume"), p.at("away")
	if _, err := os.Lstat(away); err == nil {
		s.say("the volume of %s is back", p.name)
		s.move(away, volume)
		return
	}
	s.say("the volume of %s goes away", p.name)
	s.move(volume, away)
}

func (s *sequence) move(from, to string) {
	rename(s.t, from, to)
	for _, path := range slices.Collect(maps.Keys(s.contents)) {
		if rest, ok := strings.CutPrefix(path, from); ok && (rest == "" || rest[0] == '/') {
			s.contents[to+rest] = s.contents[path]
			delete(s.contents, path)
		}
	}
}

// nothingLost wants every entry of others in every store, wherever it is.
func (s *sequence) nothingLost() {
	s.t.Helper()
	for path, c := range s.contents {
		seen := c.kind.read(s.t, path)
		for name, e := range c.others {
			got, there := seen[name]
			if !there || got.cert != e.cert || c.kind.shares() && got.stamp != e.stamp {
				s.fail("%s: %s was %v, is %v", path, name, e, got)
			}
		}
	}
}

// end brings everything back, has everybody undo, and wants that nothing of
// ours is left where programs look.
//
// What lay under another name is brought there first.
func (s *sequence) end() {
	for _, p := range s.places {
		if slices.ContainsFunc(slices.Collect(maps.Values(s.contents)), func(c *modelContent) bool { return c.renamed }) {
			s.allUndo()
			s.rename(p)
		}
	}
	s.allUndo()
	s.nothingLeft()
}

// allUndo brings the stores back, and has everybody undo everything.
func (s *sequence) allUndo() {
	for _, p := range s.places {
		if _, err := os.Lstat(p.at("away")); err == nil {
			s.unmount(p)
		}
		if _, c := s.content(p); c == nil {
			s.hide(p)
		}
	}
	for range 2 {
		for _, owner := range modelOwners {
			r, err := s.machine(owner).Undo(context.Background(), truststore.UndoOptions{})
			sound(s.t, r, err)
			s.say("at the end %s undoes everything: exit %d %v", owner, r.Exit, codes(r))
		}
	}
	s.nothingLost()
}

func (s *sequence) nothingLeft() {
	for _, p := range s.places {
		path, c := s.content(p)
		if c == nil {
			s.t.Fatalf("%s is not back", p.path())
		}
		seen := c.kind.read(s.t, path)
		for name := range s.ours(path, c) {
			s.fail("%s: %s is left", path, name)
		}
		for name, e := range c.taken {
			if got := seen[name]; got != e {
				s.fail("%s: %s, which we had removed, was %v, is %v", path, name, e, got)
			}
		}
	}
}

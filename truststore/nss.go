package truststore

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// nssStore is an NSS database.
type nssStore struct {
	machine  *Machine
	info     Info
	onlyNew  bool          // all who read it bring NSS 3.114 or later
	settings []nss.Setting // of those who read it

	mu   sync.Mutex
	db   *nss.DB       // opened once: it keeps the keys that it derived
	read *nss.Contents // by the last Read, until a change is decided from it
}

var (
	_ Store   = (*nssStore)(nil)
	_ Settler = (*nssStore)(nil)
)

func newNSSStore(m *Machine, loc nss.Location) *nssStore {
	return &nssStore{machine: m, info: m.nssInfo(loc), onlyNew: loc.OnlyNewNSS, settings: loc.Settings}
}

// openNSS is the store of a database that was found before, by this process or
// by one that wrote a receipt. Who reads it is asked anew.
func openNSS(m *Machine, info Info) Store {
	loc, err := nss.LocationAt(m.host(), info.Path)
	if err != nil {
		loc = nss.Location{Dir: info.Path, Resolved: info.Path} // reading it says what is wrong
	}
	s := newNSSStore(m, loc)
	s.info.Path, s.info.Scope, s.info.Missing = info.Path, info.Scope, info.Missing
	s.info.Links = info.Links
	if s.info.Product == "" {
		s.info.Product, s.info.Version, s.info.Shared = info.Product, info.Version, info.Shared
	}
	if info.Label != "" {
		s.info.Label = info.Label
	}
	return s
}

func (s *nssStore) Info() Info { return s.info }

func (s *nssStore) combine(o Info) { s.info = s.info.combined(o) }

func (s *nssStore) Read(ctx context.Context) (*Snapshot, error) {
	contents, err := s.contents(ctx)
	if s.info.Missing && errors.Is(err, fs.ErrNotExist) {
		return s.withBuiltins(&Snapshot{Info: s.info, Blocked: s.unmakeable(), Findings: s.ignoring(), profiles: s.profiles()}), nil
	}
	if err != nil {
		return nil, storeError(s.info, "read", explainUnread(s.machine.host(), s.info.Path, err))
	}
	s.mu.Lock()
	s.read = contents
	s.mu.Unlock()
	return s.snapshot(contents), nil
}

func (s *nssStore) contents(ctx context.Context) (*nss.Contents, error) {
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	return db.List(ctx)
}

func (s *nssStore) open(ctx context.Context) (*nss.DB, error) {
	h := s.machine.host()
	if err := checkUnmoved(h, s.info.Path); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		return s.db, nil
	}
	password, err := s.machine.password(ctx, s.info)
	if err != nil {
		return nil, err
	}
	options := nss.Options{Host: h, Password: password, OwnedByMe: h.Elevated(), OnlyNewNSS: s.onlyNew}
	db, err := nss.Open(s.info.Path, options)
	if err != nil {
		return nil, err
	}
	s.db = db
	return db, nil
}

// latest is what was just read, once, or else what the database says now. The
// engine refuses changes that were decided from what is no longer true.
func (s *nssStore) latest(ctx context.Context, db *nss.DB) (*nss.Contents, error) {
	s.mu.Lock()
	read := s.read
	s.read = nil
	s.mu.Unlock()
	if read != nil {
		return read, nil
	}
	return db.List(ctx)
}

func (s *nssStore) snapshot(contents *nss.Contents) *Snapshot {
	snap := &Snapshot{
		Info: s.info, Blocked: s.unwritable(), TrustBlocked: passwordProblem(contents.Password), Findings: s.ignoring(),
		Exact:   func(e Entry) string { return s.exact(contents, e) },
		Refuses: func(c Change) error { return s.refuses(contents, c) },
	}
	if errors.Is(snap.Blocked, nss.ErrLinked) {
		snap.Findings = append(snap.Findings, s.hardLinked()...)
	}
	snap.profiles = s.profiles()
	snap.Info.Missing = false
	snap.File = fileOf(s.machine.host(), s.certificates())
	for _, e := range contents.Entries {
		snap.Entries = append(snap.Entries, NewEntry(e.DER, nssTrust(e.State, e.Trust)))
		snap.Findings = append(snap.Findings, s.entryFindings(e)...)
	}
	for _, g := range contents.Ghosts {
		trust := nssTrust(g.State, g.Trust)
		trust.Reason = CodeGhost
		snap.Ghosts = append(snap.Ghosts, Ghost{Issuer: g.Issuer, Serial: g.Serial, Trust: trust})
		if trust.vouches() {
			snap.Findings = append(snap.Findings, finding(CodeGhost, "path", s.info.Path, "issuer", issuerName(g.Issuer), "trust", g.Trust.Flags(), "sha256", catalogued(g)))
		}
	}
	return s.withBuiltins(snap)
}

// hardLinked tells of other names of the files.
func (s *nssStore) hardLinked() (out []Finding) {
	h := s.machine.host()
	for _, file := range []string{"cert9.db", "key4.db"} {
		out = append(out, hardLinkedAt(h, h.Join(s.info.Path, file))...)
	}
	return out
}

// certificates is the file that holds them.
func (s *nssStore) certificates() string { return s.machine.host().Join(s.info.Path, "cert9.db") }

// catalogued is the fingerprint of the certificate of the catalogue that a ghost
// is left of; "" if it is none.
func catalogued(g nss.Ghost) string {
	for _, known := range hkpost.Certificates() {
		if issuer, serial, ok := issuerAndSerial(known.DER()); ok && bytes.Equal(issuer, g.Issuer) && bytes.Equal(serial, g.Serial) {
			return known.SHA256.String()
		}
	}
	return ""
}

// entryFindings tells what does not meet the eye in certificate managers.
func (s *nssStore) entryFindings(e nss.Entry) []Finding {
	var out []Finding
	if e.Conflict {
		out = append(out, finding(CodeNSSConflict, "path", s.info.Path, "certificate", certificateName(e.DER)))
	}
	for _, r := range []*nss.Record{e.Old, e.New} {
		if r != nil && r.Void != nss.NotVoid {
			out = append(out, finding(CodeNSSVoid, "path", s.info.Path, "certificate", certificateName(e.DER), "why", string(r.Void)))
			break
		}
	}
	return out
}

// unwritable tells why the database cannot be changed at all.
func (s *nssStore) unwritable() error {
	s.mu.Lock()
	db := s.db
	s.mu.Unlock()
	if db == nil {
		return nil
	}
	return s.explain(db.CheckWrite())
}

// unmakeable tells why a database that is missing cannot be made.
func (s *nssStore) unmakeable() error {
	return s.explain(nss.CheckCreate(s.machine.host().Real(s.info.Path)))
}

// explain says who can lift what denied the writing.
func (s *nssStore) explain(err error) error {
	path := s.certificates()
	if named, ok := asType[*fs.PathError](err); ok && s.machine.host().Live() {
		path = named.Path
	}
	return translate(explainDenied(s.machine.host(), path, err))
}

// ignoring tells which settings keep programs from honouring the database.
func (s *nssStore) ignoring() []Finding {
	var out []Finding
	for _, set := range s.settings {
		if set.Ignores {
			out = append(out, finding(CodeStoreIgnored, "path", s.info.Path, "program", set.Application,
				"setting", fmt.Sprintf("%s=%v", set.Name, set.Value), "file", set.Path))
		}
	}
	return out
}

// passwordProblem tells why trust cannot be written: it is signed under the
// primary password.
func passwordProblem(state nss.PasswordState) error {
	switch state {
	case nss.PasswordNeeded:
		return ErrPasswordRequired
	case nss.PasswordWrong:
		return ErrWrongPassword
	case nss.PasswordUnsupported:
		return errors.ErrUnsupported
	}
	return nil
}

// nssLevels are NSS's levels in this package's words. What must be verified is
// no anchor, whatever is built in; what is undecided leaves that to others.
var nssLevels = map[nss.Level]Level{
	nss.MustVerify: Present, nss.ValidCA: Present, nss.Peer: Present,
	nss.Anchor: Explicit, nss.Distrusted: Distrusted,
}

var nssPurposes = []Purpose{ServerAuth, ClientAuth, EmailProtection, CodeSigning}

// nssTrust is what a database says about a certificate.
func nssTrust(state nss.State, effective nss.Trust) Trust {
	t := Trust{Present: state.Present, Name: state.Nickname}
	if effective != (nss.Trust{}) {
		t.Native = effective.Flags()
	}
	for _, p := range nssPurposes {
		if level, ok := nssLevels[effective.For(x509.ExtKeyUsage(p))]; ok {
			if t.Levels == nil {
				t.Levels = map[Purpose]Level{}
			}
			t.Levels[p] = level
		}
	}
	// A State marshals: it holds nothing but strings.
	exact, _ := json.Marshal(state)
	t.Exact = string(exact)
	return t
}

// nssTries is how often a change is decided anew because another program
// changed the database meanwhile.
const nssTries = 3

// Apply makes the changes in one transaction.
func (s *nssStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	if err := s.make(ctx); err != nil {
		return nil, storeError(s.info, "apply", err)
	}
	var results []Result
	err := nss.ErrStale
	for try := 0; try < nssTries && errors.Is(err, nss.ErrStale); try++ {
		results, err = s.try(ctx, changes)
	}
	if errors.Is(err, nss.ErrStale) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return results, storeError(s.info, "apply", s.explain(err))
}

// make creates a database that is to be made, where its browsers look for it.
// It stays when everything in it is undone: a browser may have opened it since
// and put keys into it, and an empty one is what a browser makes at its start.
func (s *nssStore) make(ctx context.Context) error {
	if !s.info.Missing {
		return nil
	}
	h := s.machine.host()
	if err := makeFolders(h, s.info.Path); err != nil {
		return s.explain(err)
	}
	err := nss.Create(ctx, h.Real(s.info.Path))
	if errors.Is(err, nss.ErrExists) {
		return nil
	}
	return s.explain(err)
}

func (s *nssStore) try(ctx context.Context, changes []Change) ([]Result, error) {
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	contents, err := s.latest(ctx, db)
	if err != nil {
		return nil, err
	}
	results, err := s.snapshot(contents).Reconcile(changes)
	if err != nil {
		return nil, err
	}
	var edits []nss.Change
	var edited []int
	for i, r := range results {
		if !r.Changed {
			continue
		}
		edit, err := s.edit(r.Change, contents)
		if err != nil {
			return nil, err
		}
		edits, edited = append(edits, edit), append(edited, i)
	}
	applied, err := db.Apply(ctx, edits)
	if err != nil {
		return nil, err
	}
	for i, a := range applied {
		results[edited[i]].Changed = a.Changed
	}
	return results, nil
}

// Settled removes the journals that a killed writer left; one that is at work
// removes its own. A database that we made stays: see make.
func (s *nssStore) Settled(ctx context.Context, _ bool) error {
	db, err := s.open(ctx)
	if err == nil {
		_, err = db.Apply(ctx, nil)
	}
	if errors.Is(err, nss.ErrBusy) {
		return nil
	}
	return storeError(s.info, "tidy", s.explain(err))
}

// nssExact is what an entry was in NSS's own terms, as receipts keep it: what
// its trust objects said and, of an entry that is removed, its very rows.
type nssExact struct {
	State *nss.State `json:"state,omitempty"`
	Rows  *nss.Rows  `json:"rows,omitempty"`
}

// refuses says that a change takes the primary password: trust objects that
// not every reader sees are signed, too.
func (s *nssStore) refuses(contents *nss.Contents, c Change) error {
	edit, err := s.edit(c, contents)
	if err != nil {
		return nil
	}
	edit.Expect = nil
	if _, err = contents.Preview(edit); errors.Is(err, nss.ErrPasswordRequired) || errors.Is(err, nss.ErrWrongPassword) {
		return err
	}
	return nil
}

// exact is what has to be known of an entry to put it back. Where its rows
// cannot be read, the state that was read with it has to do.
func (s *nssStore) exact(contents *nss.Contents, e Entry) string {
	listed, ok := contents.Lookup(e.SHA256)
	s.mu.Lock()
	db := s.db
	s.mu.Unlock()
	if !ok || db == nil {
		return e.Trust.Exact
	}
	out := nssExact{State: &listed.State}
	if rows, err := db.Rows(context.Background(), []nss.Change{{DER: e.DER}}); err == nil && len(rows) == 1 {
		out.Rows = &rows[0]
	}
	text, err := json.Marshal(out)
	if err != nil {
		return e.Trust.Exact
	}
	return string(text)
}

// restoreExact makes a change put back what a receipt kept. Older receipts hold
// the state alone.
func restoreExact(change *nss.Change, exact string) error {
	change.Op, change.LiftDistrust = nss.Restore, true
	var kept nssExact
	if err := json.Unmarshal([]byte(exact), &kept); err == nil && kept.State != nil {
		change.State, change.Rows = *kept.State, kept.Rows
		return nil
	}
	return json.Unmarshal([]byte(exact), &change.State)
}

// now is what the database says of a change's certificate, which it may not
// have any more.
func (s *nssStore) now(contents *nss.Contents, c Change) *nss.State {
	if e, ok := contents.Lookup(c.SHA256); ok {
		return &e.State
	}
	issuer, serial, err := nss.Identity(c.DER)
	if err != nil {
		return &nss.State{} // the engine says what is wrong with it
	}
	for _, g := range contents.Ghosts {
		if bytes.Equal(g.Issuer, issuer) && bytes.Equal(g.Serial, serial) {
			return &g.State
		}
	}
	return &nss.State{}
}

// edit is a Change in the engine's words. What is undone is restored exactly;
// what is added never narrows what is there.
func (s *nssStore) edit(c Change, contents *nss.Contents) (nss.Change, error) {
	change := nss.Change{Op: nss.Add, DER: c.DER, Nickname: c.After.Name}
	change.Expect = s.now(contents, c)
	switch {
	case c.After.Exact != "":
		return change, restoreExact(&change, c.After.Exact)
	case c.Action == Remove:
		change.Op = nss.Remove
		return change, nil
	}
	var usages []x509.ExtKeyUsage
	for _, p := range nssPurposes {
		if c.After.For(p) == Explicit {
			usages = append(usages, x509.ExtKeyUsage(p))
		}
	}
	if len(usages) > 0 {
		wanted, err := nss.AnchorFor(usages...)
		if err != nil {
			return change, err
		}
		change.Op, change.Trust = nss.Widen, &wanted // whatever its name is, it stays
	}
	return change, nil
}

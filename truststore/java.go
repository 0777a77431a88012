package truststore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/internal/safefile"
)

// javaStore is a keystore file that JVMs trust from.
type javaStore struct {
	machine *Machine
	info    Info
	last    memo
}

// memo keeps what was made of a file's bytes last: a run looks at the same
// bytes several times, under ever stronger guarantees that they stay the same.
type memo struct {
	sync.Mutex
	data       []byte
	ks         *javaks.Keystore
	entries    []Entry
	unloadable []javaks.Unloadable
	// wrote: this run wrote to the file; ours: what it wrote is what was
	// looked at last.
	wrote, ours bool
}

var (
	_ Store   = (*javaStore)(nil)
	_ Settler = (*javaStore)(nil)
)

func newJavaStore(m *Machine, info Info) Store {
	info.LimitsPurposes, info.Intermediates = false, IntermediatesAnchor
	return &javaStore{machine: m, info: info}
}

func (s *javaStore) Info() Info { return s.info }

func (s *javaStore) combine(o Info) { s.info = s.info.combined(o) }

func (s *javaStore) Read(ctx context.Context) (*Snapshot, error) {
	data, err := s.machine.host().ReadFile(s.info.Path, javaks.MaxSize)
	if s.info.Missing && errors.Is(err, fs.ErrNotExist) {
		return &Snapshot{Info: s.info, Blocked: s.unwritable()}, nil
	}
	if err != nil {
		return nil, storeError(s.info, "read", explainUnread(s.machine.host(), s.info.Path, err))
	}
	ks, entries, err := s.open(ctx, data)
	for range rereads {
		if !errors.Is(err, javaks.ErrTruncated) && !errors.Is(err, javaks.ErrEmpty) {
			break
		}
		// A program may be writing it: keytool truncates, then writes.
		again, readErr := s.readLater(ctx)
		if readErr != nil || bytes.Equal(again, data) {
			break
		}
		data = again
		ks, entries, err = s.open(ctx, data)
	}
	if err != nil {
		return nil, storeError(s.info, "read", explainUnread(s.machine.host(), s.info.Path, err))
	}
	return s.snapshot(ks, entries), nil
}

// A store that ends in the middle is read again so often, so much later, as
// long as it changes.
const (
	rereads     = 5
	rereadDelay = 100 * time.Millisecond
)

func (s *javaStore) readLater(ctx context.Context) ([]byte, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(rereadDelay):
		return s.machine.host().ReadFile(s.info.Path, javaks.MaxSize)
	}
}

// open returns the keystore that data holds and what JVMs see in it. It keeps
// data.
func (s *javaStore) open(ctx context.Context, data []byte) (*javaks.Keystore, []Entry, error) {
	s.last.Lock()
	defer s.last.Unlock()
	if s.last.ks != nil && bytes.Equal(s.last.data, data) {
		return s.last.ks, s.last.entries, nil
	}
	password, err := s.password(ctx)
	if err != nil {
		return nil, nil, err
	}
	var given []string
	if password != nil {
		given = append(given, *password)
	}
	ks, err := javaks.Open(data, given...)
	if err != nil {
		return nil, nil, err
	}
	s.last.set(data, ks, s.visible(ks))
	s.last.ours = false
	return ks, s.last.entries, nil
}

// set remembers a keystore.
func (m *memo) set(data []byte, ks *javaks.Keystore, entries []Entry) {
	m.data, m.ks, m.entries, m.unloadable = data, ks, entries, ks.Unloadable()
}

// visible lists what JVMs see in a keystore. What no JVM sees trusts nothing;
// beside it, an entry can be added.
func (s *javaStore) visible(ks *javaks.Keystore) []Entry {
	var entries []Entry
	for _, e := range ks.Entries() {
		if len(e.Chain) > 0 && e.Kind != javaks.Hidden && e.Kind != javaks.ChainCertificate {
			entries = append(entries, s.entry(e))
		}
	}
	return entries
}

// password is the one given for the store, or else the one that the
// distribution keeps for it.
func (s *javaStore) password(ctx context.Context) (*string, error) {
	password, err := s.machine.password(ctx, s.info)
	if password == nil && err == nil && s.info.Manager == string(javaks.ManagedByDebian) {
		if kept, err := javaks.DebianPassword(s.machine.host()); err == nil && kept != "" {
			password = &kept
		}
	}
	return password, err
}

func (s *javaStore) snapshot(ks *javaks.Keystore, entries []Entry) *Snapshot {
	snap := &Snapshot{Info: s.info, Blocked: s.blocked(ks), Kept: s.kept, Entries: s.withoutOrphans(entries)}
	snap.File = fileOf(s.machine.host(), s.info.Path)
	snap.Info.Missing = false
	if errors.Is(snap.Blocked, ErrRegenerated) {
		snap.instead = s.machine.madeOfSystem(s.info)
	}
	snap.byOthers = s.last.wrote && !s.last.ours
	snap.Findings = slices.Concat(s.unloadable(s.last.unloadable), s.unseen(ks), s.hardLinked())
	snap.Exact = func(e Entry) string { return javaExact(ks, e) }
	unloadable := s.last.unloadable
	snap.Refuses = func(c Change) error {
		err := untilLoadable(c, unloadable)
		if err == nil && s.info.Manager == string(javaks.ManagedByDebian) {
			// The hook makes this keystore of what the distribution's store trusts.
			err = s.machine.refusedBySystem(c)
		}
		return err
	}
	return snap
}

// hardLinked tells of other names of the file: they keep what it was, since it
// is replaced.
func (s *javaStore) hardLinked() []Finding {
	return hardLinkedAt(s.machine.host(), s.info.Path)
}

// withoutOrphans takes the manager from entries that Debian's hook has forgotten.
func (s *javaStore) withoutOrphans(entries []Entry) []Entry {
	if s.info.Manager != string(javaks.ManagedByDebian) {
		return entries
	}
	orphan := s.machine.orphaned()
	entries = slices.Clone(entries)
	for i, e := range entries {
		if e.Manager != "" && orphan(e.Trust.Name) {
			entries[i].Manager = ""
		}
	}
	return entries
}

// javaExact is the very entry, as it can be put back.
func javaExact(ks *javaks.Keystore, e Entry) string {
	removed, err := ks.Removed([]javaks.Removal{{SHA256: e.SHA256, Alias: e.Trust.Name}})
	if err != nil || len(removed) != 1 || removed[0].IsZero() {
		return ""
	}
	text, err := json.Marshal(removed[0])
	if err != nil {
		return ""
	}
	return string(text)
}

func (s *javaStore) entry(e javaks.Entry) Entry {
	trust := AnchorTrust(e.Alias)
	trust.Created = Date{e.Created}
	if e.Kind == javaks.PrivateKey {
		trust.Reason = CodeKeyEntry
	}
	entry := NewEntry(e.Chain[0], trust)
	switch {
	case strings.HasPrefix(e.Alias, "debian:"):
		entry.Manager = "debian"
		if fromOurAnchor(e.Alias) {
			entry.Manager = managerSelf
		}
	case strings.Contains(e.Alias, " [jdk"):
		entry.Manager = "jdk"
	}
	return entry
}

// blocked tells why the keystore cannot be changed now.
func (s *javaStore) blocked(ks *javaks.Keystore) error {
	manager := javaks.ManagedBy(s.info.Manager)
	if manager.Regenerated() || manager.ReadOnly() {
		return ErrRegenerated
	}
	if err := ks.EditError(); err != nil {
		return translate(err)
	}
	return s.unwritable()
}

// unwritable tells why the file cannot be replaced, or made.
func (s *javaStore) unwritable() error {
	h := s.machine.host()
	err := safefile.Writable(h.Real(s.info.Path))
	if s.info.Missing && errors.Is(err, fs.ErrNotExist) {
		// The directory is made along with the file.
		err = safefile.Writable(filepath.Dir(h.Real(s.info.Path)))
	}
	return explainDenied(h, s.info.Path, err)
}

// Apply edits the file under its lock.
func (s *javaStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	h := s.machine.host()
	if err := s.makeFolder(); err != nil {
		return nil, storeError(s.info, "apply", explainDenied(h, s.info.Path, err))
	}
	if err := checkUnmoved(h, s.info.Path); err != nil {
		return nil, storeError(s.info, "apply", err)
	}
	var results []Result
	edit := func(old []byte) ([]byte, error) {
		next, made, err := s.edit(ctx, old, changes)
		results = made
		return next, err
	}
	opt := safefile.Options{MaxSize: javaks.MaxSize, Backup: true, Create: s.info.Missing, Mode: s.newMode()}
	if _, err := safefile.Edit(ctx, h.Real(s.info.Path), opt, edit); err != nil {
		return nil, storeError(s.info, "apply", explainDenied(h, s.info.Path, err))
	}
	return results, nil
}

// newMode is for a store that is made. JVMs pass over a machine's store that
// their user may not read, without a word (TrustStoreManager.getTrustStore).
func (s *javaStore) newMode() fs.FileMode {
	if s.info.Kind == KindJava && s.info.Scope == ScopeMachine {
		return 0o644
	}
	return 0o600
}

// makeFolder makes the directory of a store that is to be made: Web Start's
// products make theirs when the user first opens their settings.
func (s *javaStore) makeFolder() error {
	if s.info.Kind != KindJavaUser || !s.info.Missing {
		return nil
	}
	h := s.machine.host()
	return makeFolders(h, h.Dir(s.info.Path))
}

// edit returns the keystore's next content, and what that does.
func (s *javaStore) edit(ctx context.Context, old []byte, changes []Change) ([]byte, []Result, error) {
	if old == nil {
		empty, err := s.empty(ctx)
		if err != nil {
			return nil, nil, err
		}
		old = empty
	}
	ks, entries, err := s.open(ctx, old)
	if err != nil {
		return nil, nil, err
	}
	results, err := s.snapshot(ks, entries).Reconcile(changes)
	if err != nil {
		return nil, nil, err
	}
	var edit javaks.Edit
	for _, r := range results {
		switch {
		case !r.Changed:
		case r.Action == Remove:
			edit.Remove = append(edit.Remove, javaks.Removal{SHA256: r.SHA256, Alias: r.Before.Name, Added: r.Undo})
		case r.After.Exact != "":
			var removed javaks.Removed
			if err := json.Unmarshal([]byte(r.After.Exact), &removed); err != nil {
				return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			edit.Restore = append(edit.Restore, removed)
		default:
			edit.Add = append(edit.Add, s.addition(r.Change))
		}
	}
	next, added, err := ks.With(edit)
	if err != nil {
		return nil, nil, err
	}
	nameAdded(results, added)
	// It has been parsed and compared already: the file that is read back
	// must be the same to the byte, or is parsed like any other.
	s.last.Lock()
	defer s.last.Unlock()
	s.last.set(next.Bytes(), next, s.visible(next))
	s.last.wrote, s.last.ours = true, true
	return next.Bytes(), results, nil
}

// empty is a new keystore under the given password. Where none is given, it is
// one that Java reads without: a PKCS#12 without password, as the cacerts of JDK
// 18 and newer, or a JKS under the password that its programs expect.
func (s *javaStore) empty(ctx context.Context) ([]byte, error) {
	password, err := s.machine.password(ctx, s.info)
	if err != nil {
		return nil, err
	}
	format, standard := javaks.JKS, javaks.Product(s.info.Product).NewPassword()
	if ext := strings.ToLower(filepath.Ext(s.info.Path)); ext == ".p12" || ext == ".pfx" {
		format, standard = javaks.PKCS12, ""
	}
	if password == nil {
		password = &standard
	}
	return javaks.New(format, *password, nil)
}

func (s *javaStore) addition(c Change) javaks.Addition {
	created := c.After.Created.Time
	if created.IsZero() {
		created = s.machine.host().Now()
	}
	return javaks.Addition{Alias: c.After.Name, DER: c.DER, Created: created, Restore: c.Restore, Unproven: true}
}

// nameAdded records the aliases that new entries got.
func nameAdded(results []Result, added []javaks.Entry) {
	for i, r := range results {
		if !r.Changed || r.Action == Remove {
			continue
		}
		for j, e := range added {
			if id, _ := e.SHA256(); id == r.SHA256 {
				results[i].After.Name = e.Alias
				added = slices.Delete(added, j, j+1)
				break
			}
		}
	}
}

// Settled removes the backup once nothing of ours is left in the file, and the
// file itself if we made it and nobody else has put anything in.
func (s *javaStore) Settled(ctx context.Context, made bool) error {
	h := s.machine.host()
	if err := checkUnmoved(h, s.info.Path); err != nil {
		return storeError(s.info, "tidy", err)
	}
	if !made {
		return storeError(s.info, "tidy", s.sweep(ctx))
	}
	isEmpty := func(data []byte) bool {
		ks, _, err := s.open(ctx, data)
		return err == nil && len(ks.Entries()) == 0
	}
	return storeError(s.info, "tidy", safefile.Remove(ctx, h.Real(s.info.Path), isEmpty))
}

// sweep removes the backup, and what killed edits left.
func (s *javaStore) sweep(ctx context.Context) error {
	// Somebody's file of that name that is no keystore was never a backup.
	isBackup := func(head []byte) bool { return javaks.Detect(head) != javaks.Unknown }
	return safefile.Tidy(ctx, s.machine.host().Real(s.info.Path), isBackup)
}

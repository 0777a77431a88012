package nss

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// created makes a database by ourselves; modern gives it the columns of NSS
// 3.114, as that would.
func created(t testing.TB, modern bool) string {
	t.Helper()
	dir := t.TempDir()
	if err := Create(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if modern {
		for _, a := range newGeneration.signed {
			execSQL(t, certDB(dir), "ALTER TABLE nssPublic ADD COLUMN "+a.column())
		}
	}
	return dir
}

// content is all that a database says, ids and salts apart.
func content(t *testing.T, dir string) (out []map[string]any) {
	t.Helper()
	for _, row := range rows(t, certDB(dir), "SELECT * FROM nssPublic ORDER BY a0, a82") {
		delete(row, "id")
		out = append(out, row)
	}
	return out
}

// TestRestoreIsTheInverse undoes every change from every state, and compares
// all columns of all objects.
func TestRestoreIsTheInverse(t *testing.T) {
	root := newAuthority(t, "Undone")
	states := map[string]State{
		"absent":        {},
		"present":       {Present: true, Nickname: "mine"},
		"odd nickname":  {Present: true, Nickname: "token:mine"},
		"no nickname":   {Present: true},
		"trusted":       {Present: true, Nickname: "mine", Old: trust(t, "C,,")},
		"distrusted":    {Present: true, Nickname: "mine", Old: trust(t, "p,p,p")},
		"ghost":         {Old: trust(t, "CT,C,")},
		"odd levels":    {Present: true, Nickname: "mine", Old: &Trust{Server: Anchor}},
		"new":           {Present: true, Nickname: "mine", New: trust(t, "C,,")},
		"both":          {Present: true, Nickname: "mine", Old: trust(t, "C,C,"), New: trust(t, "CT,,")},
		"new ghost":     {New: trust(t, "C,,")},
		"distrusted II": {New: trust(t, "p,p,p")},
	}
	changes := map[string]Change{
		"add":      {Op: Add, DER: root.der(), Nickname: "ours", Trust: trust(t, "C,,")},
		"add only": {Op: Add, DER: root.der(), Nickname: "ours"},
		"set":      {Op: SetTrust, DER: root.der(), Trust: trust(t, ",C,C")},
		"unset":    {Op: SetTrust, DER: root.der()},
		"widen":    {Op: Widen, DER: root.der(), Nickname: "ours", Trust: trust(t, "C,C,")},
		"remove":   {Op: Remove, DER: root.der()},
	}
	for _, shared := range []bool{false, true} {
		for name, state := range states {
			dir := created(t, true)
			db := open(t, dir, Options{OnlyNewNSS: !shared})
			state.New = collapsedTrust(state.New)
			apply(t, db, Change{Op: Restore, DER: root.der(), State: state})
			before := content(t, dir)
			for what, change := range changes {
				t.Run(fmt.Sprintf("%s, %s, shared %v", name, what, shared), func(t *testing.T) {
					change.LiftDistrust = true
					change.Expect = &state
					got, err := db.Apply(t.Context(), []Change{change})
					if errors.Is(err, ErrAbsent) && change.Op == SetTrust && !state.Present {
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if !got[0].Before.Equal(state) {
						t.Errorf("before = %+v, want %+v", got[0].Before, state)
					}
					undo := Change{Op: Restore, DER: root.der(), State: throughJSON(t, got[0].Before), Expect: &got[0].After, LiftDistrust: true}
					apply(t, db, undo)
					if now := content(t, dir); !reflect.DeepEqual(now, before) {
						t.Errorf("now  %v\nwant %v", now, before)
					}
					assertNoOrphans(t, dir)
				})
			}
		}
	}
}

func collapsedTrust(t *Trust) *Trust {
	if t == nil {
		return nil
	}
	c := t.collapsed()
	return &c
}

func throughJSON(t *testing.T, s State) (out State) {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPreviewForesees compares Preview with what Apply then does.
func TestPreviewForesees(t *testing.T) {
	root := newAuthority(t, "Previewed")
	for _, modern := range []bool{false, true} {
		for _, shared := range []bool{false, true} {
			db := open(t, created(t, modern), Options{OnlyNewNSS: !shared})
			for i, change := range []Change{
				{Op: SetTrust, DER: root.der(), Trust: trust(t, "C,,")},
				{Op: Remove, DER: root.der()},
				{Op: Add, DER: root.der(), Nickname: "x"},
				{Op: Add, DER: root.der(), Nickname: "y", Trust: trust(t, "p,,")},
				{Op: Add, DER: root.der(), Nickname: "y", Trust: trust(t, "c,,")},
				{Op: SetTrust, DER: root.der(), Trust: trust(t, "c,,"), LiftDistrust: true},
				{Op: SetTrust, DER: root.der(), Trust: trust(t, "c,,")},
				{Op: SetTrust, DER: root.der(), Trust: trust(t, "c,,"), Expect: &State{}},
				{Op: Restore, DER: root.der(), State: State{Old: trust(t, "C,,")}},
				{Op: Remove, DER: root.der()},
				{Op: Remove, DER: root.der()},
			} {
				want, wantErr := list(t, db).Preview(change)
				got, err := db.Apply(t.Context(), []Change{change})
				if (err == nil) != (wantErr == nil) || wantErr != nil && !errors.Is(err, wantErr) {
					t.Errorf("change %d: Apply: %v, Preview: %v", i, err, wantErr)
				}
				if err == nil && (!got[0].Before.Equal(want.Before) || !got[0].After.Equal(want.After) || got[0].Changed != want.Changed) {
					t.Errorf("change %d: Apply = %+v, Preview = %+v", i, got[0], want)
				}
				if err == nil {
					if now, _ := list(t, db).Preview(Change{Op: Remove, DER: root.der(), LiftDistrust: true}); !now.Before.Equal(got[0].After) {
						t.Errorf("change %d: the database says %+v, Apply %+v", i, now.Before, got[0].After)
					}
				}
			}
		}
	}
}

func TestNothingToChangeWritesNothing(t *testing.T) {
	for _, modern := range []bool{false, true} {
		dir := created(t, modern)
		root := newAuthority(t, "Twice")
		db := open(t, dir, Options{})
		changes := []Change{
			{Op: Add, DER: root.der(), Nickname: "twice", Trust: trust(t, "C,,")},
			{Op: Remove, DER: newAuthority(t, "Never there").der()},
		}
		apply(t, db, changes...)
		before := snapshot(t, dir)
		for _, got := range apply(t, open(t, dir, Options{ReadOnly: true}), changes...) {
			if got.Changed {
				t.Errorf("Apply = %+v", got)
			}
		}
		if snapshot(t, dir) != before {
			t.Error("the files have changed")
		}
	}
}

func TestRefusedChanges(t *testing.T) {
	root, present := newAuthority(t, "Root"), newAuthority(t, "Present")
	twin := newAuthority(t, "Present", func(c *x509.Certificate) { c.SerialNumber = present.cert.SerialNumber })
	distrusted := newAuthority(t, "Distrusted")
	for _, test := range []struct {
		name   string
		change Change
		want   error
	}{
		{"no certificate", Change{Op: Add, Nickname: "x"}, ErrInvalidChange},
		{"rubbish", Change{Op: Add, DER: []byte("x"), Nickname: "x"}, ErrInvalidChange},
		{"trailing data", Change{Op: Add, DER: append(root.der(), 0), Nickname: "x"}, ErrInvalidChange},
		{"no operation", Change{DER: root.der(), Nickname: "x"}, ErrInvalidChange},
		{"no nickname", Change{Op: Add, DER: root.der()}, ErrInvalidChange},
		{"token in nickname", Change{Op: Add, DER: root.der(), Nickname: "a:b"}, ErrInvalidChange},
		{"control in nickname", Change{Op: Add, DER: root.der(), Nickname: "a\nb"}, ErrInvalidChange},
		{"bad UTF-8 in nickname", Change{Op: Add, DER: root.der(), Nickname: "\xff"}, ErrInvalidChange},
		{"unknown level", Change{Op: Add, DER: root.der(), Nickname: "x", Trust: &Trust{Server: "yes"}}, ErrInvalidChange},
		{"trust in the absent", Change{Op: SetTrust, DER: root.der(), Trust: trust(t, "C,,")}, ErrAbsent},
		{"same issuer and serial", Change{Op: Add, DER: twin.der(), Nickname: "x", Trust: trust(t, "C,,")}, ErrConflict},
		{"removal of a twin", Change{Op: Remove, DER: twin.der()}, ErrConflict},
		{"ghost with a certificate", Change{Op: Remove, Issuer: present.cert.RawIssuer, Serial: serialDER(t, present)}, ErrStale},
		{"issuer and serial number of no ghost", Change{Op: Add, Issuer: present.cert.RawIssuer, Serial: serialDER(t, present), Nickname: "x"}, ErrInvalidChange},
		{"unexpected", Change{Op: Remove, DER: present.der(), Expect: &State{}}, ErrStale},
		{"other trust than expected", Change{Op: Remove, DER: present.der(), Expect: &State{Present: true, Nickname: "present", Old: trust(t, "CT,,")}}, ErrStale},
		{"distrust lifted by add", Change{Op: Add, DER: distrusted.der(), Nickname: "x", Trust: trust(t, "C,,")}, ErrDistrusted},
		{"distrust lifted by removal", Change{Op: Remove, DER: distrusted.der()}, ErrDistrusted},
		{"distrust lifted by restoring", Change{Op: Restore, DER: distrusted.der()}, ErrDistrusted},
		{"new generation in an old database", Change{Op: Restore, DER: root.der(), State: State{New: trust(t, "C,,")}}, ErrUnsupported},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := created(t, false)
			db := open(t, dir, Options{})
			apply(t, db,
				Change{Op: Add, DER: present.der(), Nickname: "present", Trust: trust(t, "C,,")},
				Change{Op: Restore, DER: distrusted.der(), State: State{Old: trust(t, "p,p,p")}})
			before := snapshot(t, dir)
			good := Change{Op: Add, DER: newAuthority(t, "Good").der(), Nickname: "good", Trust: trust(t, "C,,")}
			_, err := db.Apply(t.Context(), []Change{good, test.change})
			var which *ChangeError
			if !errors.Is(err, test.want) || !errors.As(err, &which) || which.Index != 1 {
				t.Errorf("error = %v", err)
			}
			if snapshot(t, dir) != before {
				t.Error("the files have changed")
			}
		})
	}
}

func serialDER(t *testing.T, a *authority) []byte {
	t.Helper()
	cert, err := parseCertificate(a.der())
	if err != nil {
		t.Fatal(err)
	}
	return []byte(cert.key.serial)
}

func TestChangesSeeEarlierOnes(t *testing.T) {
	db := open(t, created(t, true), Options{OnlyNewNSS: true})
	root := newAuthority(t, "Sequence")
	got := apply(t, db,
		Change{Op: Add, DER: root.der(), Nickname: "sequence"},
		Change{Op: SetTrust, DER: root.der(), Trust: trust(t, "C,,")},
		Change{Op: Remove, DER: root.der()},
		Change{Op: Add, DER: root.der(), Nickname: "again", Trust: trust(t, ",C,")})
	if !got[2].Before.Present || got[2].Before.New == nil || got[3].Before.Present {
		t.Errorf("Apply = %+v", got)
	}
	if e := lookup(t, db, root); e.Nickname != "again" || e.Trust.Flags() != ",C," {
		t.Errorf("List shows %+v", e)
	}
}

func TestDuplicateTrustObjectsAreSwept(t *testing.T) {
	dir := created(t, false)
	db := open(t, dir, Options{})
	root := newAuthority(t, "Duplicates")
	add := Change{Op: Add, DER: root.der(), Nickname: "dup", Trust: trust(t, "C,,")}
	apply(t, db, add)
	execSQL(t, certDB(dir),
		"CREATE TEMP TABLE d AS SELECT * FROM nssPublic WHERE a0 = x'ce534353'", "UPDATE d SET id = id + 1", "INSERT INTO nssPublic SELECT * FROM d")
	apply(t, db, Change{Op: SetTrust, DER: root.der(), Trust: trust(t, ",C,")})
	assertNoOrphans(t, dir)
	if n := len(rows(t, certDB(dir), "SELECT id FROM nssPublic")); n != 2 {
		t.Errorf("%d objects", n)
	}
}

// TestBusy holds the write lock that a browser would.
func TestBusy(t *testing.T) {
	for _, file := range []string{certFile, keyFile} {
		t.Run(file, func(t *testing.T) {
			dir := created(t, true)
			root := newAuthority(t, "Busy")
			add := []Change{{Op: Add, DER: root.der(), Nickname: "busy", Trust: trust(t, "C,,")}}
			db := open(t, dir, Options{BusyTimeout: time.Millisecond})
			withSQL(t, dir+"/"+file, func(pool *sql.DB) {
				tx, err := pool.Begin()
				if err != nil {
					t.Fatal(err)
				}
				table := map[string]string{certFile: "nssPublic", keyFile: "nssPrivate"}[file]
				if _, err := tx.Exec("INSERT INTO " + table + " (id) VALUES (1)"); err != nil {
					t.Fatal(err)
				}
				if _, err := db.Apply(t.Context(), add); !errors.Is(err, ErrBusy) {
					t.Errorf("Apply: %v", err)
				}
				list(t, db) // a reader need not wait
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if _, err := open(t, dir, Options{BusyTimeout: time.Hour}).Apply(ctx, add); !errors.Is(err, context.Canceled) {
					t.Errorf("Apply with a cancelled context: %v", err)
				}
				done := make(chan error)
				go func() {
					_, err := open(t, dir, Options{BusyTimeout: time.Hour}).Apply(t.Context(), add)
					done <- err
				}()
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				if err := <-done; err != nil {
					t.Errorf("after waiting: %v", err)
				}
			})
			lookup(t, db, root)
		})
	}
}

func TestConcurrentWriters(t *testing.T) {
	dir := created(t, false)
	const writers = 8
	var wg sync.WaitGroup
	for i := range writers {
		a := newAuthority(t, fmt.Sprintf("Writer %d", i))
		wg.Go(func() {
			db, err := Open(dir, Options{BusyTimeout: time.Minute})
			if err == nil {
				_, err = db.Apply(t.Context(), []Change{{Op: Add, DER: a.der(), Nickname: "writer", Trust: trust(t, "C,,")}})
			}
			if err == nil {
				_, err = db.List(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	contents := list(t, open(t, dir, Options{}))
	names := map[string]bool{}
	for _, e := range contents.Entries {
		names[e.Nickname] = true
	}
	if len(names) != writers {
		t.Errorf("nicknames: %v", names)
	}
	assertNoOrphans(t, dir)
}

// TestPasswordChangedMeanwhile changes the password row between the moment the
// keys are derived and the write lock.
func TestPasswordChangedMeanwhile(t *testing.T) {
	dir := created(t, false)
	db := open(t, dir, Options{})
	one, err := newTarget(Change{Op: Add, DER: newAuthority(t, "Race").der(), Nickname: "race", Trust: trust(t, "C,,")})
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{db: db, targets: []target{one}}
	c, err := db.connect(t.Context(), "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, done, err := w.rehearse(t.Context(), c); err != nil || done {
		t.Fatal(done, err)
	}
	v := passwordVectors[1]
	execSQL(t, keyDB(dir), fmt.Sprintf("UPDATE metaData SET item1 = x'%s', item2 = x'%s' WHERE id = 'password'", v.salt, v.row))
	if err := w.unmoved(t.Context(), c); !errors.Is(err, errMoved) {
		t.Errorf("unmoved: %v", err)
	}
	if _, err := w.attempt(t.Context()); !errors.Is(err, ErrPasswordRequired) {
		t.Errorf("the next attempt: %v", err)
	}
}

func TestReadOnlyRefusesToWrite(t *testing.T) {
	dir := created(t, false)
	before := snapshot(t, dir)
	db := open(t, dir, Options{ReadOnly: true})
	_, err := db.Apply(t.Context(), []Change{{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x"}})
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Apply: %v", err)
	}
	if snapshot(t, dir) != before {
		t.Error("the files have changed")
	}
}

// TestCancelledApply: an Apply that reports an error has written nothing, also
// when its context ends at the worst moment.
func TestCancelledApply(t *testing.T) {
	dir := created(t, false)
	db := open(t, dir, Options{})
	for i := range 60 {
		a := newAuthority(t, "Cancelled")
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		_, err := db.Apply(ctx, []Change{{Op: Add, DER: a.der(), Nickname: "x", Trust: trust(t, "C,,")}})
		cancel()
		if _, there := list(t, db).Lookup(sha256.Sum256(a.der())); there != (err == nil) {
			t.Errorf("Apply: %v; the certificate is there: %v", err, there)
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Apply: %v", err)
		}
	}
	assertNoOrphans(t, dir)
}

// TestNothingStaysOpen: another part of the process may open the files as soon
// as a call returns.
func TestNothingStaysOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks at /proc")
	}
	dir := created(t, false)
	db := open(t, dir, Options{})
	list(t, db)
	apply(t, db, Change{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x", Trust: trust(t, "C,,")})
	if _, err := db.Apply(t.Context(), []Change{{Op: SetTrust, DER: newAuthority(t, "y").der()}}); !errors.Is(err, ErrAbsent) {
		t.Error(err)
	}
	execSQL(t, keyDB(dir), "CREATE VIEW v AS SELECT 1")
	if _, err := db.List(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, _ := os.Readlink(link); strings.HasPrefix(to, dir) {
			t.Errorf("%s is open", to)
		}
	}
}

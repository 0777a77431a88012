package nss

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIncompleteDatabases: what certutil completes when it adds a certificate,
// so do we; what it refuses, we refuse.
func TestIncompleteDatabases(t *testing.T) {
	truncate := func(paths ...string) error {
		for _, p := range paths {
			if err := os.Truncate(p, 0); err != nil {
				return err
			}
		}
		return nil
	}
	for name, damage := range map[string]func(dir string) error{
		"no cert9.db":    func(d string) error { return os.Remove(certDB(d)) },
		"no key4.db":     func(d string) error { return os.Remove(keyDB(d)) },
		"empty cert9.db": func(d string) error { return truncate(certDB(d)) },
		"empty key4.db":  func(d string) error { return truncate(keyDB(d)) },
		"both empty":     func(d string) error { return truncate(certDB(d), keyDB(d)) },
		"dropped table":  func(d string) error { execSQL(t, certDB(d), "DROP TABLE nssPublic"); return nil },
		"write-ahead log": func(d string) error {
			execSQL(t, certDB(d), "PRAGMA journal_mode=WAL")
			execSQL(t, keyDB(d), "PRAGMA journal_mode=WAL")
			return nil
		},
		"zeros": func(d string) error { return os.WriteFile(certDB(d), make([]byte, 8192), 0o600) },
	} {
		for _, v := range bothNSS(t) {
			t.Run(name+"/"+v.name, func(t *testing.T) {
				root := newAuthority(t, "Completed")
				theirs, ours := v.newDB(t), v.newDB(t)
				if err := errors.Join(damage(theirs), damage(ours)); err != nil {
					t.Fatal(err)
				}
				_, refused := v.try(theirs, "-A", "-n", "ca", "-t", "C,,", "-i", writePEM(t, root.der()))
				if refused != nil {
					refuses(t, ours, Options{}, ErrDamaged)
					return
				}
				db := open(t, ours, Options{})
				before := snapshot(t, ours)
				if c := list(t, db); len(c.Entries)+len(c.Ghosts)+len(c.Problems) != 0 {
					t.Errorf("List shows %+v", c)
				}
				if !strings.Contains(name, "log") && snapshot(t, ours) != before {
					t.Error("reading has changed the files")
				}
				apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "ca", Trust: trust(t, "C,,")})
				for _, reader := range bothNSS(t) {
					if flags := reader.flags(t, ours, "ca"); flags != "C,," || !reader.trusts(t, ours, root) {
						t.Errorf("%s NSS sees %q", reader.name, flags)
					}
				}
				// NSS initialises it, signs what is there, and goes on trusting.
				v.run(t, ours, "-W", "-f", writeFile(t, "\n"), "-@", writeFile(t, testPassword+"\n"))
				if flags := v.flags(t, ours, "ca"); flags != "C,," {
					t.Errorf("with a password NSS sees %q", flags)
				}
				assertNoOrphans(t, ours)
			})
		}
	}
}

// Migration from Berkeley DB happens only into a database that NSS makes.
func TestNothingIsMadeBesideLegacyFiles(t *testing.T) {
	legacyFile := func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte("\x00\x06\x15\x61"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := created(t, false)
	legacyFile(t, filepath.Join(dir, "cert8.db"))
	if err := os.Truncate(certDB(dir), 0); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, Options{}, ErrLegacyDB)

	dir = created(t, false)
	legacyFile(t, filepath.Join(dir, "key3.db"))
	if err := os.Remove(keyDB(dir)); err != nil {
		t.Fatal(err)
	}
	apply(t, open(t, dir, Options{}), Change{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x", Trust: trust(t, "C,,")})
	if _, err := os.Lstat(keyDB(dir)); err == nil {
		t.Error("key4.db was made beside key3.db")
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Create(t.Context(), "db"); err != nil {
		t.Fatal(err)
	}
	db := open(t, "db", Options{})
	root := newAuthority(t, "Relative")
	t.Chdir(t.TempDir()) // it means where it was opened
	apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "x", Trust: trust(t, "C,,")})
	lookup(t, db, root)
	if !filepath.IsAbs(db.Dir()) {
		t.Errorf("Dir() = %q", db.Dir())
	}
}

// TestLinks: NSS follows links to the directory and to each file.
func TestLinks(t *testing.T) {
	real, profile := created(t, false), t.TempDir()
	for _, name := range []string{certFile, keyFile} {
		if err := os.Symlink(filepath.Join(real, name), filepath.Join(profile, name)); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(profile, link); err != nil {
		t.Fatal(err)
	}
	for i, dir := range []string{profile, link} {
		root := newAuthority(t, "Linked")
		apply(t, open(t, dir, Options{OwnedByMe: true}), Change{Op: Add, DER: root.der(), Nickname: "ca", Trust: trust(t, "C,,")})
		for _, v := range bothNSS(t) {
			if !v.trusts(t, real, root) || !v.trusts(t, profile, root) {
				t.Errorf("%d: %s NSS does not trust it", i, v.name)
			}
		}
		apply(t, open(t, real, Options{}), Change{Op: Remove, DER: root.der()})
	}
	dangling := t.TempDir()
	if err := os.Symlink(filepath.Join(t.TempDir(), certFile), filepath.Join(dangling, certFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dangling, Options{}); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("a link that leads nowhere: %v", err)
	}
}

// TestStaleSuperJournals: what a killed writer left behind goes with the next
// Apply, whether or not that changes anything.
func TestStaleSuperJournals(t *testing.T) {
	dir := created(t, false)
	db := open(t, dir, Options{})
	root := newAuthority(t, "x")
	add := Change{Op: Add, DER: root.der(), Nickname: "x", Trust: trust(t, "C,,")}
	journals := map[string]string{
		"cert9.db-mj01ABCD9EF": certDB(dir) + "-journal\x00" + keyDB(dir) + "-journal\x00",
		"cert9.db-mj01ABCE9EF": "",
	}
	others := map[string]string{
		"cert9.db-mj01ABCD9E0":  "/somewhere/else.db-journal\x00",
		"cert9.db-mj01ABCD9E":   "",
		"places.db-mj01ABCD9EF": "",
		"cert9.db-mjkeep":       "",
	}
	for _, changes := range [][]Change{{add}, {add}, nil} {
		for _, files := range []map[string]string{journals, others} {
			for name, content := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		list(t, db)
		if _, err := os.Lstat(filepath.Join(dir, "cert9.db-mj01ABCD9EF")); err != nil {
			t.Error("reading has removed a file")
		}
		apply(t, db, changes...)
		for name := range journals {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				t.Errorf("%s is left", name)
			}
		}
		for name := range others {
			if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

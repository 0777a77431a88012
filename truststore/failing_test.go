package truststore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// protected gives a keystore a password of its own.
func protect(t *testing.T, store, password string) {
	t.Helper()
	keytool(t).Keytool(t, "-storepasswd", "-keystore", store, "-storepass", "changeit", "-new", password)
}

// Whatever is wrong with one store, the others are served; the exit code says
// what remains.
func TestOneStoreThatFails(t *testing.T) {
	jceks := func(t *testing.T, store string) {
		os.Remove(store)
		keytool(t).Keytool(t, "-importcert", "-noprompt", "-storetype", "JCEKS", "-keystore", store,
			"-storepass", "changeit", "-alias", "x", "-file", javatest.NewPKI(t).Root.File(t))
	}
	tests := map[string]struct {
		spoil  func(t *testing.T, store string)
		alone  truststore.Exit
		beside truststore.Exit // with a good store
		is     error
		status truststore.Status
	}{
		"damaged": {func(t *testing.T, s string) { write(t, s, read(t, s)[:1000]) },
			truststore.ExitFailed, truststore.ExitPartly, truststore.ErrTruncated, truststore.StatusUnknown},
		"empty": {func(t *testing.T, s string) { write(t, s, nil) },
			truststore.ExitFailed, truststore.ExitPartly, truststore.ErrEmpty, truststore.StatusUnknown},
		"JCEKS": {jceks,
			truststore.ExitFailed, truststore.ExitPartly, errors.ErrUnsupported, truststore.StatusBlocked},
		"trailing bytes": {func(t *testing.T, s string) { write(t, s, append(read(t, s), 0)) },
			truststore.ExitFailed, truststore.ExitPartly, errors.ErrUnsupported, truststore.StatusBlocked},
		"password of its own": {func(t *testing.T, s string) { protect(t, s, "another") },
			truststore.ExitPerson, truststore.ExitPerson, truststore.ErrPasswordRequired, truststore.StatusBlocked},
		"missing": {func(t *testing.T, s string) { os.Remove(s) },
			truststore.ExitFailed, truststore.ExitPartly, os.ErrNotExist, truststore.StatusUnknown},
		"pipe": {func(t *testing.T, s string) { os.Remove(s); mkfifo(t, s) },
			truststore.ExitFailed, truststore.ExitPartly, truststore.ErrDamaged, truststore.StatusUnknown},
		"link loop": {func(t *testing.T, s string) { os.Remove(s); symlink(t, s, s) },
			truststore.ExitFailed, truststore.ExitPartly, nil, truststore.StatusUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			bad, good := w.keystore("bad", "cacerts"), w.keystore("good", "cacerts")
			test.spoil(t, bad)
			before := tree(t, filepath.Dir(bad))
			goal := ownGoal(javatest.NewPKI(t).Root)
			for _, places := range [][]string{{bad, good}, {good, bad}} {
				m := w.machine("test", places...)
				var told []truststore.Status
				m.Progress = func(e truststore.Event) { told = append(told, e.Store.Status) }
				r := ensure(t, m, goal, test.beside)
				if len(told) != 2 || len(r.Stores) != 2 {
					t.Fatalf("told of %v, reported %d stores", told, len(r.Stores))
				}
				for _, s := range r.Stores {
					if s.Info.Path == good {
						continue
					}
					if s.Status != test.status {
						t.Errorf("status %s, want %s", s.Status, test.status)
					}
				}
				if test.is != nil && !errors.Is(r.Err, test.is) {
					t.Errorf("error %v is not %v", r.Err, test.is)
				}
				check(t, w.machine("test", good), goal, truststore.ExitOK)
			}
			ensure(t, w.machine("test", bad), goal, test.alone)
			if after := tree(t, filepath.Dir(bad)); after != before {
				t.Errorf("the bad store's directory was touched:\n%s\nbecame\n%s", before, after)
			}
			undo(t, w.machine("test"), truststore.ExitOK)
			wantBytes(t, good, openJDKRoots(t))
		})
	}
}

// An undo that cannot go on in one store goes on in the others, and can be
// finished later.
func TestUndoAroundADamagedStore(t *testing.T) {
	w := newWorld(t)
	bad, good := w.keystore("bad"), w.keystore("good")
	m := w.machine("test", bad, good)
	ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitOK)
	edited := read(t, bad)
	write(t, bad, edited[:500])
	undo(t, m, truststore.ExitPartly)
	wantBytes(t, good, openJDKRoots(t))
	wantBytes(t, bad, edited[:500])
	w.wantReceipts(1)
	write(t, bad, edited)
	undo(t, m, truststore.ExitOK)
	wantBytes(t, bad, openJDKRoots(t))
}

// Part of a Java installation may be unusable: the rest is served.
func TestRestOfAJavaHomeIsServed(t *testing.T) {
	w := newWorld(t)
	home, cacerts := w.javaHome("jdk")
	mkfifo(t, filepath.Join(filepath.Dir(cacerts), "jssecacerts"))
	m := w.machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: home, Dir: true}}
	goal := ownGoal(javatest.NewPKI(t).Root)
	ensure(t, m, goal, truststore.ExitPartly)
	check(t, w.machine("test", cacerts), goal, truststore.ExitOK)
}

func TestReadOnlyFileSystem(t *testing.T) {
	oracle.NeedRoot(t)
	w := newWorld(t)
	store, good := w.keystore("mount", "cacerts"), w.keystore("good")
	readOnly(t, filepath.Dir(store))
	m := w.machine("test", store, good)
	r := ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitPartly)
	if r.Stores[0].Changes[0].Blocked != truststore.CodeReadOnly {
		t.Errorf("blocked by %q, want %q", r.Stores[0].Changes[0].Blocked, truststore.CodeReadOnly)
	}
	w.wantReceipts(1)
}

func TestPasswords(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	protect(t, store, "香港 password")
	original := read(t, store)
	goal := ownGoal(javatest.NewPKI(t).Root)
	answer := func(password string, err error) *truststore.Machine {
		m := w.machine("test", store)
		m.Password = func(_ context.Context, info truststore.Info) (string, error) {
			if info.Path != store {
				t.Errorf("asked for the password of %s", info.Path)
			}
			return password, err
		}
		return m
	}
	for name, test := range map[string]struct {
		m  *truststore.Machine
		is error
	}{
		"nobody to ask": {w.machine("test", store), truststore.ErrPasswordRequired},
		"not known":     {answer("", truststore.ErrPasswordRequired), truststore.ErrPasswordRequired},
		"wrong":         {answer("wrong", nil), truststore.ErrWrongPassword},
	} {
		r := ensure(t, test.m, goal, truststore.ExitPerson)
		if !errors.Is(r.Err, test.is) || r.Changed {
			t.Errorf("%s: changed=%v, %v", name, r.Changed, r.Err)
		}
		check(t, test.m, goal, truststore.ExitWrong)
	}
	wantBytes(t, store, original)
	failed := errors.New("the vault is closed")
	if r := ensure(t, answer("", failed), goal, truststore.ExitFailed); !errors.Is(r.Err, failed) {
		t.Errorf("%v", r.Err)
	}

	known := answer("香港 password", nil)
	ensure(t, known, goal, truststore.ExitOK)
	check(t, w.machine("test", store), goal, truststore.ExitOK) // reading needs none
	if !holds(view(t, store, "香港 password"), javatest.Certificate{Certificate: goal.Want[0].Certificate}) {
		t.Error("Java does not see it")
	}
	undo(t, w.machine("test"), truststore.ExitPerson)
	w.wantReceipts(1)
	undo(t, known, truststore.ExitOK)
	wantBytes(t, store, original)
}

func TestPasswordsOfOthersAreNotNeededForDefaults(t *testing.T) {
	for _, password := range []string{"changeit", "changeme"} {
		w := newWorld(t)
		store := w.keystore("cacerts")
		if password != "changeit" {
			protect(t, store, password)
		}
		m := w.machine("test", store)
		m.Password = func(context.Context, truststore.Info) (string, error) { return "meant for another store", nil }
		ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitOK)
	}
}

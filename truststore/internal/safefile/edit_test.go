package safefile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// put writes a file for a test to edit.
func put(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "cacerts")
	write(t, name, content)
	return name
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// to is a change to fixed content.
func to(content string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(content), nil }
}

func unexpected(t *testing.T) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) {
		t.Error("change was called")
		return nil, nil
	}
}

func edit1(name string, opt Options, change func([]byte) ([]byte, error)) (Outcome, error) {
	return Edit(context.Background(), name, opt, change)
}

func wantContent(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %.80q, want %.80q", filepath.Base(name), got, want)
	}
}

// wantFiles checks what lies in the directory of name.
func wantFiles(t *testing.T, name string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("directory holds %q, want %q", got, want)
	}
}

// wantError checks what an error matches and that it names the file.
func wantError(t *testing.T, err, target error, name string) {
	t.Helper()
	var pe *fs.PathError
	if !errors.Is(err, target) {
		t.Errorf("error %v, want one that matches %v", err, target)
	} else if !errors.As(err, &pe) || pe.Path != name {
		t.Errorf("error %v does not name %s", err, name)
	}
}

func TestEditReplaces(t *testing.T) {
	name := put(t, "old")
	got, err := edit1(name, Options{}, func(old []byte) ([]byte, error) { return append(old, " and new"...), nil })
	if err != nil {
		t.Fatal(err)
	}
	if want := (Outcome{Changed: true}); got != want {
		t.Errorf("outcome %+v, want %+v", got, want)
	}
	wantContent(t, name, "old and new")
	wantFiles(t, name, "cacerts")
}

func TestEditThatChangesNothingWritesNothing(t *testing.T) {
	for what, change := range map[string]func([]byte) ([]byte, error){
		"same bytes": to("old"),
		"nil":        func([]byte) ([]byte, error) { return nil, nil },
	} {
		t.Run(what, func(t *testing.T) {
			name := put(t, "old")
			long := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
			for _, path := range []string{name, filepath.Dir(name)} {
				if err := os.Chtimes(path, long, long); err != nil {
					t.Fatal(err)
				}
			}
			got, err := edit1(name, Options{Backup: true, Create: true}, change)
			if err != nil || got != (Outcome{}) {
				t.Errorf("Edit = %+v, %v", got, err)
			}
			for _, path := range []string{name, filepath.Dir(name)} {
				info, err := os.Stat(path)
				if err != nil || !info.ModTime().Equal(long) {
					t.Errorf("%s was written to", path)
				}
			}
			wantFiles(t, name, "cacerts")
		})
	}
}

func TestEditSeesAChangeMadeInPlace(t *testing.T) {
	name := put(t, "old")
	got, err := edit1(name, Options{}, func(old []byte) ([]byte, error) {
		copy(old, "new")
		return old, nil
	})
	if err != nil || !got.Changed {
		t.Errorf("Edit = %+v, %v", got, err)
	}
	wantContent(t, name, "new")
}

func TestEditKeepsFileWhenChangeFails(t *testing.T) {
	name := put(t, "old")
	wrong := errors.New("wrong password")
	_, err := edit1(name, Options{Backup: true}, func([]byte) ([]byte, error) { return []byte("x"), wrong })
	if err != wrong {
		t.Errorf("error %v, want change's own", err)
	}
	wantContent(t, name, "old")
	wantFiles(t, name, "cacerts")
}

func TestEditCreates(t *testing.T) {
	name := filepath.Join(t.TempDir(), "trusted.jssecacerts")
	if _, err := edit1(name, Options{}, unexpected(t)); true {
		wantError(t, err, fs.ErrNotExist, name)
	}
	if _, err := edit1(name, Options{Create: true}, func([]byte) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, name)

	got, err := edit1(name, Options{Create: true, Mode: 0o640, Backup: true}, func(old []byte) ([]byte, error) {
		if old != nil {
			t.Errorf("a file that does not exist holds %q", old)
		}
		return []byte("new"), nil
	})
	if want := (Outcome{Changed: true, Created: true}); err != nil || got != want {
		t.Errorf("Edit = %+v, %v, want %+v", got, err, want)
	}
	wantContent(t, name, "new")
	wantFiles(t, name, "trusted.jssecacerts")
	if _, err := edit1(filepath.Join(name+".d", "x"), Options{Create: true}, unexpected(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
}

func TestEditCreatesOverNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cacerts")
	calls := 0
	_, err := edit1(name, Options{Create: true}, func(old []byte) ([]byte, error) {
		if calls++; calls == 1 {
			write(t, name, "theirs")
		}
		return append(old, " ours"...), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantContent(t, name, "theirs ours")
	wantFiles(t, name, "cacerts")
}

func TestEditLimitsSize(t *testing.T) {
	name := put(t, "12345")
	_, err := edit1(name, Options{MaxSize: 4}, unexpected(t))
	wantError(t, err, ErrTooLarge, name)
	_, err = edit1(name, Options{MaxSize: 5}, to("123456"))
	wantError(t, err, ErrTooLarge, name)
	wantContent(t, name, "12345")
	wantFiles(t, name, "cacerts")
}

func TestEditRefusesWhatIsNoFile(t *testing.T) {
	name := put(t, "old")
	dir := filepath.Dir(name)
	link, loop, broken := filepath.Join(dir, "link"), filepath.Join(dir, "loop"), filepath.Join(dir, "broken")
	for path, target := range map[string]string{link: name, loop: loop, broken: filepath.Join(dir, "nothing")} {
		oracle.Symlink(t, target, path)
	}
	for _, path := range []string{link, loop, broken, dir} {
		_, err := edit1(path, Options{Create: true}, unexpected(t))
		wantError(t, err, ErrNotRegular, path)
		wantError(t, Writable(path), ErrNotRegular, path)
	}
	wantContent(t, name, "old")
}

func TestBackup(t *testing.T) {
	name := put(t, "first")
	backup := name + BackupSuffix
	got, err := edit1(name, Options{Backup: true}, to("second"))
	if want := (Outcome{Changed: true, BackupMade: backup}); err != nil || got != want {
		t.Fatalf("Edit = %+v, %v, want %+v", got, err, want)
	}
	got, err = edit1(name, Options{Backup: true}, to("third"))
	if want := (Outcome{Changed: true}); err != nil || got != want {
		t.Errorf("second Edit = %+v, %v, want %+v", got, err, want)
	}
	wantContent(t, name, "third")
	wantContent(t, backup, "first")
	// Java's own tools write into the file in place.
	write(t, name, "written by keytool")
	wantContent(t, backup, "first")

	for range 2 {
		if err := RemoveBackup(name); err != nil {
			t.Error(err)
		}
	}
	wantFiles(t, name, "cacerts")
}

func TestBackupNameTaken(t *testing.T) {
	name := put(t, "old")
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "untouched")
	oracle.Symlink(t, victim, name+BackupSuffix)
	_, err := edit1(name, Options{Backup: true}, to("new"))
	wantError(t, err, ErrBackupTaken, name+BackupSuffix)
	wantError(t, RemoveBackup(name), ErrBackupTaken, name+BackupSuffix)
	wantContent(t, name, "old")
	wantContent(t, victim, "untouched")
	wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
}

func TestEditOfFileThatMovesOnce(t *testing.T) {
	for what, move := range map[string]func(t *testing.T, name string){
		"written in place": func(t *testing.T, name string) { write(t, name, "theirs") },
		"replaced": func(t *testing.T, name string) {
			write(t, name+".new", "theirs")
			if err := os.Rename(name+".new", name); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			name := put(t, "old")
			calls := 0
			_, err := edit1(name, Options{Backup: true}, func(old []byte) ([]byte, error) {
				if calls++; calls == 1 {
					move(t, name)
				}
				return append(old, " ours"...), nil
			})
			if err != nil || calls != 2 {
				t.Errorf("after %d calls: %v", calls, err)
			}
			wantContent(t, name, "theirs ours")
			wantContent(t, name+BackupSuffix, "theirs")
			wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
		})
	}
}

func TestEditOfFileThatKeepsMoving(t *testing.T) {
	name := put(t, "old")
	calls := 0
	got, err := edit1(name, Options{Backup: true}, func(old []byte) ([]byte, error) {
		calls++
		write(t, name, strings.Repeat("theirs ", calls))
		return append(old, "ours"...), nil
	})
	wantError(t, err, ErrBusy, name)
	if calls != attempts || got != (Outcome{}) {
		t.Errorf("%d calls, outcome %+v", calls, got)
	}
	wantContent(t, name, "theirs theirs theirs ")
	wantFiles(t, name, "cacerts")
}

func TestEditWaitsForLock(t *testing.T) {
	name := put(t, "old")
	inside, leave, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		_, err := edit1(name, Options{}, func([]byte) ([]byte, error) {
			inside <- true
			<-leave
			return []byte("new"), nil
		})
		done <- err
	}()
	<-inside
	_, err := edit1(name, Options{Wait: time.Millisecond}, unexpected(t))
	wantError(t, err, ErrBusy, name)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Edit(ctx, name, Options{}, unexpected(t))
	wantError(t, err, context.Canceled, name)
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantContent(t, name, "new")
}

func TestEditSweepsOnlyItsOwn(t *testing.T) {
	name := put(t, "old")
	stale := ".cacerts.hktrust-0123456789abcdef"
	kept := []string{
		".cacerts.hktrust-0123456789ABCDEF", ".cacerts.hktrust-012345678", ".cacerts.hktrust-0123456789abcdeg",
		".other.hktrust-0123456789abcdef", "cacerts.hktrust-0123456789abcdef",
	}
	for _, base := range append(kept, stale) {
		write(t, filepath.Join(filepath.Dir(name), base), "x")
	}
	if _, err := edit1(name, Options{}, to("old")); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, name, append(kept, "cacerts")...)
}

func TestWritable(t *testing.T) {
	name := put(t, "old")
	missing := filepath.Join(filepath.Dir(name), "missing")
	for _, path := range []string{name, missing} {
		if err := Writable(path); err != nil {
			t.Error(err)
		}
	}
	deep := filepath.Join(missing, "file")
	wantError(t, Writable(deep), fs.ErrNotExist, deep)
	wantFiles(t, name, "cacerts")
}

func BenchmarkEdit(b *testing.B) {
	name := filepath.Join(b.TempDir(), "cacerts")
	content := bytes.Repeat([]byte("x"), 160<<10)
	if err := os.WriteFile(name, content, 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := edit1(name, Options{}, func(old []byte) ([]byte, error) {
			old[0]++
			return old, nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEditNothing(b *testing.B) {
	name := filepath.Join(b.TempDir(), "cacerts")
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 160<<10), 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := edit1(name, Options{}, func(old []byte) ([]byte, error) { return old, nil }); err != nil {
			b.Fatal(err)
		}
	}
}

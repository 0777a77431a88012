package safefile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// leave puts a journal beside a file, as a killed run does.
func leave(t *testing.T, name string, j journal) string {
	t.Helper()
	encoded := j.encode()
	path := filepath.Join(filepath.Dir(name), journalName(filepath.Base(name), encoded))
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestJournalIsCompleted(t *testing.T) {
	for _, c := range []struct{ what, old, new, now, want string }{
		{"untouched", "old content", "new", "old content", "old content"},
		{"not truncated", "old content", "new", "new content", "new"},
		{"begun", "old", "a new content", "a nd", "a nd"}, // not of these two
		{"grown", "old", "a new content", "a new co", "a new content"},
		{"not on the disk", "old", "a new content", "old\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "a new content"},
		{"done", "old", "a new content", "a new content", "a new content"},
		{"changed since", "old content", "new", "another content", "another content"},
		{"shorter than both", "old", "a new content", "a", "a"},
		{"from nothing", "", "new", "ne", "new"},
	} {
		t.Run(c.what, func(t *testing.T) {
			name := put(t, c.now)
			leave(t, name, journal{old: []byte(c.old), new: []byte(c.new)})
			var seen string
			if _, err := edit1(name, Options{}, func(now []byte) ([]byte, error) {
				seen = string(now)
				return nil, nil
			}); err != nil {
				t.Error(err)
			}
			if seen != c.want {
				t.Errorf("the next run sees %q", seen)
			}
			wantContent(t, name, c.want)
			wantFiles(t, name, "cacerts")
		})
	}
}

func TestJournalThatIsNotWholeIsRemoved(t *testing.T) {
	name := put(t, "new content")
	j := leave(t, name, journal{old: []byte("old content"), new: []byte("new")})
	if err := os.Truncate(j, 9); err != nil {
		t.Fatal(err)
	}
	if _, err := edit1(name, Options{}, to("new content")); err != nil {
		t.Error(err)
	}
	wantContent(t, name, "new content")
	wantFiles(t, name, "cacerts")
}

func FuzzJournal(f *testing.F) {
	f.Add(journal{old: []byte("old"), new: []byte("new content")}.encode(), []byte("new"))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 1}, []byte{})
	f.Fuzz(func(t *testing.T, encoded, now []byte) {
		j, ok := decodeJournal(journalName("cacerts", encoded), "cacerts", encoded)
		if !ok {
			return
		}
		if !bytes.Equal(j.encode(), encoded) {
			t.Errorf("%x became %x", encoded, j.encode())
		}
		if !j.explains(j.old) || !j.explains(j.new) {
			t.Error("a journal does not explain what it is about")
		}
		j.explains(now)
	})
}

package ecert_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/host"
)

// place puts an e-Cert file into a directory, which is made.
func place(t *testing.T, dir string, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, fixture(t, "openssl"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func names(s *ecert.Search) string {
	var all []string
	for _, f := range s.Files {
		all = append(all, filepath.Base(f.Path))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func skipped(s *ecert.Search) string {
	var all []string
	for _, k := range s.Skipped {
		all = append(all, string(k.Code)+":"+filepath.Base(k.Path))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// Each system's drives and folders are searched, with the names that they have.
func TestUsualPlaces(t *testing.T) {
	for _, f := range []struct {
		os, home string
		files    []string
		without  []string
		environ  map[string]string
	}{
		{
			"linux", "/home/amy",
			[]string{
				"/media/amy/STICK/ecert.p12", "/run/media/amy/CARD/a/b/deep.p12", "/mnt/usb/mnt.PFX", "/media/cdrom/cd.p12",
				"/home/amy/home.p12", "/home/amy/Documents/doc.p12", "/home/amy/下載/xdg.p12",
			},
			[]string{"/home/amy/src/project/test.p12", "/home/amy/.cache/cached.p12", "/srv/server.p12", "/media/amy/STICK/.Trash-1000/old.p12", "/media/amy/STICK/._ecert.p12"},
			nil,
		},
		{
			"darwin", "/Users/amy",
			[]string{"/Volumes/ECERT/ecert.p12", "/Users/amy/Downloads/down.p12", "/Users/amy/home.p12"},
			[]string{"/Users/amy/Library/lib.p12"},
			nil,
		},
		{
			"windows", `C:\Users\amy`,
			[]string{"/E:/ecert.p12", "/A:/floppy.p12", "/C:/Users/amy/Desktop/desk.pfx", "/C:/Users/amy/OneDrive/Documents/cloud.p12"},
			[]string{"/C:/Windows/win.p12", "/E:/System Volume Information/svi.p12"},
			map[string]string{"SystemDrive": "C:", "OneDrive": `C:\Users\amy\OneDrive`},
		},
	} {
		t.Run(f.os, func(t *testing.T) {
			root := t.TempDir()
			for _, name := range slices.Concat(f.files, f.without) {
				place(t, root, name)
			}
			if f.os == "linux" {
				write(t, filepath.Join(root, "home/amy/.config/user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/下載\"\nXDG_MUSIC_DIR=\"$HOME/Music\"\nXDG_DESKTOP_DIR=\"$HOME/\"\n")
			}
			amy := host.User{Name: "amy", UID: os.Geteuid(), GID: os.Getegid(), Home: f.home}
			h := &host.Host{Root: root, OS: f.os, Account: &amy, Accounts: []host.User{amy}, Environ: f.environ}
			s := (&ecert.Finder{Host: h}).Find(t.Context())
			var got []string
			for _, found := range s.Files {
				got = append(got, strings.ReplaceAll(found.Path, `\`, "/"))
				if !found.PKCS12 || found.Size == 0 {
					t.Errorf("%+v", found)
				}
			}
			var want []string
			for _, name := range f.files {
				want = append(want, strings.TrimPrefix(name, map[bool]string{true: "/"}[f.os == "windows"]))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || !s.Complete() {
				t.Errorf("found %q, not %q; skipped %v", got, want, s.Skipped)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A search is bounded, and says where it stopped.
func TestFinderLimits(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "top.p12")
	place(t, dir, "1/2/3/deep.p12")
	place(t, dir, "other.p12")
	write(t, filepath.Join(dir, "text.p12"), "not one")
	for _, f := range []struct {
		limits       ecert.FinderLimits
		found, skips string
		complete     bool
	}{
		{ecert.FinderLimits{}, "deep.p12 other.p12 text.p12 top.p12", "", true},
		{ecert.FinderLimits{Depth: 2}, "other.p12 text.p12 top.p12", "find.depth:2", true},
		{ecert.FinderLimits{Entries: 3}, "", "find.entries:" + filepath.Base(dir), false},
		{ecert.FinderLimits{Time: time.Nanosecond}, "", "find.time:.", false},
	} {
		s := (&ecert.Finder{Host: &host.Host{}, Dirs: []string{dir}, Limits: f.limits}).Find(t.Context())
		if f.limits.Time != 0 {
			// How far it got is a matter of chance.
			if s.Complete() {
				t.Errorf("%+v: complete", f.limits)
			}
			continue
		}
		if names(s) != f.found || skipped(s) != f.skips || s.Complete() != f.complete {
			t.Errorf("%+v: found %s, skipped %s", f.limits, names(s), skipped(s))
		}
	}
	s := (&ecert.Finder{Host: &host.Host{}, Dirs: []string{dir}, Limits: ecert.FinderLimits{Files: 1}}).Find(t.Context())
	if len(s.Files) != 1 || s.Complete() {
		t.Errorf("found %s, skipped %s", names(s), skipped(s))
	}
}

func TestFindInHugeDirectory(t *testing.T) {
	dir := t.TempDir()
	for i := range 100_000 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("file-%06d", i)))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	place(t, dir, "among-them.p12")
	s := (&ecert.Finder{Host: &host.Host{}, Dirs: []string{dir}, Limits: ecert.FinderLimits{Time: time.Minute}}).Find(t.Context())
	if names(s) != "among-them.p12" || !s.Complete() || s.Entries != 100_001 {
		t.Errorf("found %s among %d, skipped %v", names(s), s.Entries, s.Skipped)
	}
}

// A place that is not there, or not to be entered, is said.
func TestFindNamesWhatItCannotEnter(t *testing.T) {
	s := (&ecert.Finder{Host: &host.Host{}, Dirs: []string{filepath.Join(t.TempDir(), "missing")}}).Find(t.Context())
	if skipped(s) != "file.not-found:missing" || s.Complete() {
		t.Errorf("skipped %s", skipped(s))
	}
}

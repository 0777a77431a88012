package safefile

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// hold opens a file as another program would, sharing what share says.
func hold(t *testing.T, name string, share uint32) (release func()) {
	t.Helper()
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(path, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	release = func() {
		if h != 0 {
			windows.CloseHandle(h)
		}
		h = 0
	}
	t.Cleanup(release)
	return release
}

const (
	shareRead   = windows.FILE_SHARE_READ
	shareWrite  = windows.FILE_SHARE_WRITE
	shareDelete = windows.FILE_SHARE_DELETE
)

var shareModes = map[string]uint32{
	"nothing": 0, "reading": shareRead, "reading and writing": shareRead | shareWrite,
	"reading and deletion": shareRead | shareDelete, "everything": shareRead | shareWrite | shareDelete,
}

// A file that others keep open is the old one or the new one, and an edit that
// cannot be made is one to be made later.
func TestEditOfAFileThatIsOpen(t *testing.T) {
	for mode, share := range shareModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			name := put(t, "old")
			release := hold(t, name, share)
			out, err := edit1(name, Options{Backup: true}, to("new"))
			release()
			if err != nil && !errors.Is(err, ErrBusy) {
				t.Errorf("error %v, want nil or one that matches %v", err, ErrBusy)
			}
			if out.Changed != (err == nil) {
				t.Errorf("changed %v, error %v", out.Changed, err)
			}
			if err != nil {
				wantContent(t, name, "old")
				wantFiles(t, name, "cacerts")
				if _, err := edit1(name, Options{}, to("new")); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			}
			wantContent(t, name, "new")
		})
	}
}

// Virus scanners have each new file open for a moment.
func TestEditWaitsForAScanner(t *testing.T) {
	for mode, share := range shareModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			name := put(t, "old")
			time.AfterFunc(300*time.Millisecond, hold(t, name, share))
			if _, err := edit1(name, Options{}, to("new")); err != nil {
				t.Fatal(err)
			}
			wantContent(t, name, "new")
			wantFiles(t, name, "cacerts")
		})
	}
}

// SQLite's programs share reading and writing, not deletion: a browser's open
// database can be written to, and not be replaced.
func TestWritableInPlaceWhileABrowserRuns(t *testing.T) {
	name := put(t, "old")
	hold(t, name, shareRead|shareWrite)
	if err := WritableInPlace(name); err != nil {
		t.Error(err)
	}
	wantError(t, Writable(name), ErrBusy, name)
}

func TestEditKeepsTheAccessList(t *testing.T) {
	name := put(t, "old")
	sd, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		t.Fatal(err)
	}
	before := accessOf(t, name)
	if _, err := edit1(name, Options{}, to("new")); err != nil {
		t.Fatal(err)
	}
	if after := accessOf(t, name); after != before {
		t.Errorf("access list %s, want %s", after, before)
	}
}

func accessOf(t *testing.T, name string) string {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, securityKept)
	if err != nil {
		t.Fatal(err)
	}
	return sd.String()
}

package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// One file under several spellings is one file.
func TestResolveSpellsAsTheDisk(t *testing.T) {
	h := &Host{}
	dir, err := h.Resolve(t.TempDir())
	must(t, err)
	want := h.Join(dir, "A long Directory", "CaCerts")
	must(t, os.Mkdir(filepath.Dir(want), 0o700))
	must(t, os.WriteFile(want, nil, 0o600))
	spellings := []string{
		want, strings.ToUpper(want), strings.ToLower(want), `\\?\` + want, filepath.ToSlash(want), want + ".", `\\.\` + want,
		h.Join(filepath.Dir(want), "..", "A LONG directory", "CACERTS"),
	}
	if short := shortPath(t, want); short != want {
		spellings = append(spellings, short)
	}
	for _, spelling := range spellings {
		if got, err := h.Resolve(spelling); err != nil || got != want {
			t.Errorf("Resolve(%q) = %q, %v; want %q", spelling, got, err, want)
		}
	}
	if got, err := h.Resolve(h.Join(strings.ToUpper(filepath.Dir(want)), "none")); err != nil || got != h.Join(filepath.Dir(want), "none") {
		t.Errorf("a file to be made: %q, %v", got, err)
	}
}

// A junction is a second name as well.
func TestResolveFollowsJunctions(t *testing.T) {
	h := &Host{}
	dir, err := h.Resolve(t.TempDir())
	must(t, err)
	want := h.Join(dir, "jdk-17", "cacerts")
	must(t, os.Mkdir(filepath.Dir(want), 0o700))
	must(t, os.WriteFile(want, nil, 0o600))
	junction := h.Join(dir, "latest")
	out, err := exec.Command("cmd", "/c", "mklink", "/J", junction, filepath.Dir(want)).CombinedOutput()
	if _, statErr := os.Lstat(junction); err != nil || statErr != nil {
		oracle.Optional(t, "junctions: "+string(out))
	}
	if got, err := h.Resolve(h.Join(junction, "CACERTS")); err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func shortPath(t *testing.T, path string) string {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	must(t, err)
	buffer := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetShortPathName(name, &buffer[0], uint32(len(buffer)))
	if err != nil || n == 0 {
		return path
	}
	return windows.UTF16ToString(buffer[:n])
}

// The environment of an elevated process does not say where the machine's
// folders are.
func TestGetenvOfFolders(t *testing.T) {
	t.Setenv("ProgramData", `C:\theirs`)
	t.Setenv("LOCALAPPDATA", `C:\theirs`)
	elevated := windows.GetCurrentProcessToken().IsElevated()
	h := &Host{}
	for _, key := range []string{"ProgramData", "LOCALAPPDATA"} {
		if got := h.Getenv(key); (got == `C:\theirs`) == elevated {
			t.Errorf("%s is %q, elevated %v", key, got, elevated)
		}
	}
	if got := (&Host{Environ: map[string]string{"ProgramData": `C:\own`}}).Getenv("ProgramData"); got != `C:\own` {
		t.Errorf("a host's own environment: %q", got)
	}
}

func TestOursOnly(t *testing.T) {
	name := filepath.Join(t.TempDir(), "certificate.pem")
	must(t, os.WriteFile(name, nil, 0o600))
	check := func() error {
		f, err := os.Open(name)
		must(t, err)
		defer f.Close()
		return OursOnly(f)
	}
	if err := check(); err != nil {
		t.Errorf("one's own file: %v", err)
	}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FA;;;WD)")
	must(t, err)
	dacl, _, err := sd.DACL()
	must(t, err)
	must(t, windows.SetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil))
	if err := check(); err == nil {
		t.Error("a file that everybody may write to")
	}
}

func TestUsersOwnTheirProfiles(t *testing.T) {
	h := &Host{}
	me, err := h.Me()
	must(t, err)
	if me.SID == "" || !h.OwnsHome(me) {
		t.Errorf("%+v does not own the profile", me)
	}
	me.Home = filepath.Join(me.Home, "none")
	if h.OwnsHome(me) {
		t.Errorf("%+v owns what does not exist", me)
	}
}

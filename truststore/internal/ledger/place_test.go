package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"

	"github.com/hktrust/hktrust/testdata/oracle"
)

func TestDir(t *testing.T) {
	const home = "/nonexistent/amy"
	amy, root := &host.User{UID: 1000, GID: 1000, Home: home}, &host.User{UID: 0, Home: "/root"}
	winAmy := &host.User{UID: -1, GID: -1, Home: `C:\Users\amy`}
	none := map[string]string{}
	for what, tt := range map[string]struct {
		host *host.Host
		want string
	}{
		"user":               {&host.Host{OS: "linux", Account: amy, Environ: none}, home + "/.local/state/hktrust"},
		"user with state":    {&host.Host{OS: "linux", Account: amy, Environ: map[string]string{"XDG_STATE_HOME": "/nonexistent/s"}}, "/nonexistent/s/hktrust"},
		"relative state":     {&host.Host{OS: "linux", Account: amy, Environ: map[string]string{"XDG_STATE_HOME": "s"}}, home + "/.local/state/hktrust"},
		"root":               {&host.Host{OS: "linux", Account: root, Environ: map[string]string{"XDG_STATE_HOME": "/nonexistent/s"}}, "/var/lib/hktrust"},
		"Mac user":           {&host.Host{OS: "darwin", Account: amy, Environ: none}, home + "/Library/Application Support/hktrust"},
		"Mac root":           {&host.Host{OS: "darwin", Account: root, Environ: none}, "/Library/Application Support/hktrust"},
		"image":              {&host.Host{OS: "linux", Account: amy, Root: "/nonexistent/image"}, "/nonexistent/image/var/lib/hktrust"},
		"Windows image":      {&host.Host{OS: "windows", Account: winAmy, Root: "/nonexistent/image"}, "/nonexistent/image/C:/ProgramData/hktrust"},
		"Windows image root": {&host.Host{OS: "windows", Account: root, Root: "/nonexistent/image"}, "/nonexistent/image/C:/ProgramData/hktrust"},
	} {
		if filepath.Separator != '/' {
			t.Skip("paths of another system")
		}
		got, err := Dir(tt.host)
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", what, got, err, tt.want)
		}
	}
	if got, err := Dir(&host.Host{OS: "linux", Account: &host.User{UID: 1000}, Environ: none}); err == nil {
		t.Errorf("without a home: %q", got)
	}
}

func TestUserPlaceOnWindows(t *testing.T) {
	amy := &host.User{UID: -1, GID: -1, Home: `C:\Users\amy`}
	for _, tt := range []struct{ local, want string }{
		{`D:\Local`, `D:\Local\hktrust`},
		{"", `C:\Users\amy\AppData\Local\hktrust`},
	} {
		h := &host.Host{OS: "windows", Account: amy, Environ: map[string]string{"LOCALAPPDATA": tt.local}}
		if got, err := userPlace(h); err != nil || got != tt.want {
			t.Errorf("%q, %v, want %q", got, err, tt.want)
		}
	}
}

// In an image, /var/lib may lead elsewhere; it never leads out of the image.
func TestDirFollowsLinksInsideRoot(t *testing.T) {
	image := t.TempDir()
	if err := os.MkdirAll(filepath.Join(image, "var"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(image, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	oracle.Symlink(t, "/data", filepath.Join(image, "var", "lib"))
	got, err := Dir(&host.Host{OS: "linux", Root: image, Account: &host.User{UID: 1000}})
	if want := filepath.Join(image, "data", "hktrust"); err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	// A link that dangles in the image names a place outside it.
	outside := t.TempDir()
	for _, away := range []string{outside, filepath.Join(outside, "missing"), "../../../../../../../../../.." + outside} {
		lib := filepath.Join(image, "var", "lib")
		if err := os.Remove(lib); err != nil {
			t.Fatal(err)
		}
		oracle.Symlink(t, away, lib)
		got, err := Dir(&host.Host{OS: "linux", Root: image, Account: &host.User{UID: 1000}})
		if err == nil && !strings.HasPrefix(got, image+string(filepath.Separator)) {
			t.Errorf("%s leads out of the image: %s", away, got)
		}
		if err == nil && got != filepath.Join(image, filepath.Clean("/"+strings.TrimLeft(away, "./")), "hktrust") {
			t.Errorf("%s: %s", away, got)
		}
	}
}

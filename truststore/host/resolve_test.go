package host

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestResolveStaysInsideRoot(t *testing.T) {
	h := ordinary(t, tree{
		"usr/share/ca/":      "",
		"usr/share/ca/file":  "inside",
		"etc/absolute":       "-> /usr/share/ca",
		"etc/relative":       "-> ../usr/share/ca",
		"etc/above":          "-> ../../../../../../usr/share/ca",
		"etc/chain":          "-> absolute/../ca/file",
		"etc/through-root":   "-> /../usr/./share//ca/",
		"etc/dangling":       "-> /usr/share/none",
		"etc/far":            "-> /none/none",
		"etc/self":           "-> self",
		"etc/ping":           "-> pong",
		"etc/pong":           "-> /etc/ping",
		"usr/share/ca/up":    "-> ..",
		"etc/host":           "-> /etc/hostname-of-nobody/x",
		"etc/trailing-slash": "-> /usr/share/",
	})
	for _, test := range []struct {
		path, want string
		err        error
	}{
		{"/", "/", nil},
		{"/etc/absolute/file", "/usr/share/ca/file", nil},
		{"/etc/relative/file", "/usr/share/ca/file", nil},
		{"/etc/above/file", "/usr/share/ca/file", nil},
		{"/etc/chain", "/usr/share/ca/file", nil},
		{"/etc/through-root/file", "/usr/share/ca/file", nil},
		{"/etc/trailing-slash/ca", "/usr/share/ca", nil},
		{"/../../etc/./absolute//", "/usr/share/ca", nil},
		{"/etc/absolute/..", "/usr/share", nil}, // of the target, not /etc
		{"/etc/absolute/up/ca/up", "/usr/share", nil},
		{"/etc/new", "/etc/new", nil},                       // not there yet
		{"/etc/dangling", "/usr/share/none", nil},           // where it would be made
		{"/etc/dangling/x", "", fs.ErrNotExist},             // its directory must exist
		{"/etc/far", "", fs.ErrNotExist},                    //
		{"/etc/host", "", fs.ErrNotExist},                   //
		{"/none/x", "", fs.ErrNotExist},                     //
		{"/none/../etc", "", fs.ErrNotExist},                // as the kernel has it
		{"/etc/self", "", syscall.ELOOP},                    //
		{"/etc/ping/x", "", syscall.ELOOP},                  //
		{"/usr/share/ca/file/x", "", syscall.ENOTDIR},       //
		{"/usr/share/ca/file/../file", "", syscall.ENOTDIR}, //
	} {
		got, err := h.Resolve(test.path)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Resolve(%q) = %q, %v; want %q, %v", test.path, got, err, test.want, test.err)
		}
		var pe *fs.PathError
		if err != nil && (!errors.As(err, &pe) || pe.Path != test.path) {
			t.Errorf("Resolve(%q): %v does not name the path that was asked for", test.path, err)
		}
	}
}

func TestResolveCountsLinks(t *testing.T) {
	files := tree{"end": ""}
	for i := range maxLinks + 1 {
		target := "-> end"
		if i > 0 {
			target = fmt.Sprintf("-> link%d", i-1)
		}
		files[fmt.Sprintf("link%d", i)] = target
	}
	h := ordinary(t, files)
	if got, err := h.Resolve(fmt.Sprintf("/link%d", maxLinks-1)); got != "/end" || err != nil {
		t.Errorf("%d links: %q, %v", maxLinks, got, err)
	}
	if _, err := h.Resolve(fmt.Sprintf("/link%d", maxLinks)); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("%d links: %v", maxLinks+1, err)
	}
}

func TestResolveWantsAnAbsolutePath(t *testing.T) {
	h := ordinary(t, tree{"etc/": ""})
	for _, path := range []string{"", "etc", "./etc", "~/x"} {
		if got, err := h.Resolve(path); err == nil {
			t.Errorf("Resolve(%q) = %q", path, got)
		}
	}
}

func TestReadsFollowLinksInsideRoot(t *testing.T) {
	h := ordinary(t, tree{
		"etc/passwd":  "not the host's",
		"etc/link":    "-> /etc/passwd",
		"etc/dir":     "-> /etc",
		"etc/nowhere": "-> /nowhere",
	})
	if got, err := h.ReadFile("/etc/dir/link", 100); string(got) != "not the host's" || err != nil {
		t.Errorf("ReadFile = %q, %v", got, err)
	}
	if info, err := h.Stat("/etc/link"); err != nil || !info.Mode().IsRegular() {
		t.Errorf("Stat of a link = %v, %v", info, err)
	}
	if entries, err := h.ReadDir("/etc/dir"); len(entries) != 4 || err != nil {
		t.Errorf("ReadDir of a link = %v, %v", entries, err)
	}
	if !h.IsDir("/etc/dir") || h.IsFile("/etc/dir") || !h.IsFile("/etc/link") || h.IsFile("/etc/nowhere") {
		t.Error("IsDir and IsFile do not follow links inside Root")
	}
}

func TestLiveHostHasTheKernelsView(t *testing.T) {
	h := &Host{Account: &User{UID: 1000}}
	dir := t.TempDir()
	tree{"a/file": "x", "link": "-> a"}.in(t, dir)
	resolvedDir, err := h.Resolve(dir)
	must(t, err)
	if got, err := h.Resolve(h.Join(dir, "link", "file")); got != h.Join(resolvedDir, "a", "file") || err != nil {
		t.Errorf("Resolve = %q, %v", got, err)
	}
	if !h.Live() || ordinary(t, nil).Live() {
		t.Error("Live is wrong")
	}
}

package host

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestWindowsPaths(t *testing.T) {
	h := &Host{OS: "windows"}
	for _, test := range []struct{ got, want string }{
		{h.Join(`C:\Users`, "amy", "AppData"), `C:\Users\amy\AppData`},
		{h.Join(`C:\Users\amy`, `AppData/Roaming\Mozilla`), `C:\Users\amy\AppData\Roaming\Mozilla`},
		{h.Join(`C:\`, "x"), `C:\x`},
		{h.Join("C:/", "x", "..", "y"), `C:\y`},
		{h.Join(`C:\x`, "", `..\..\..\y`), `C:\y`},
		{h.Join(`\\server\share\`, "x"), `\\server\share\x`},
		{h.Join(`\\server\share`, "x", ".."), `\\server\share\`},
		{h.Join("a", "b"), `a\b`},
		{h.Join("", "a"), "a"},
		{h.Join("", ""), ""},
		{h.Dir(`C:\Users\amy`), `C:\Users`},
		{h.Dir(`C:\Users`), `C:\`},
		{h.Dir(`C:\`), `C:\`},
		{h.Dir(`\\server\share\x`), `\\server\share\`},
		{h.Dir(`\\server\share\`), `\\server\share\`},
		{h.Join(`\\.\NUL`), `\\.\NUL`},
		{h.Dir(`\\.\pipe\x`), `\\.\pipe`},
		{h.Base(`C:\Users\amy`), "amy"},
		{h.Base("C:/Users/amy/"), "amy"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	for path, want := range map[string]bool{
		`C:\`: true, `c:/x`: true, `\\server\share\x`: true, "//server/share": true,
		"": false, "C:": false, `C:x`: false, `\x`: false, "/x": false, `x\y`: false,
	} {
		if got := h.IsAbs(path); got != want {
			t.Errorf("IsAbs(%q) = %v", path, got)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		os, path, root string
		elems          []string
	}{
		{"linux", "/", "/", nil},
		{"linux", `//usr/./lib/..\x`, "/", []string{"usr", "lib", `..\x`}},
		{"windows", `C:\`, `C:\`, nil},
		{"windows", `c:/Users\amy/.\x`, `C:\`, []string{"Users", "amy", "x"}},
		{"windows", `\\?\c:\x`, `C:\`, []string{"x"}},
		{"windows", `\\?\unc\server\share\x`, `\\server\share\`, []string{"x"}},
		{"windows", `\\?\Volume{1}\x`, `\\?\Volume{1}\`, []string{"x"}},
		{"windows", `\\server\share\a\b`, `\\server\share\`, []string{"a", "b"}},
		{"windows", `\\server`, `\\server\`, nil},
		{"windows", `\\.\c:\x`, `C:\`, []string{"x"}},
		{"windows", `\\.\NUL`, `\\.\`, []string{"NUL"}},
	} {
		root, elems := (&Host{OS: test.os}).split(test.path)
		if root != test.root || !slices.Equal(elems, test.elems) {
			t.Errorf("split(%q) = %q, %q; want %q, %q", test.path, root, elems, test.root, test.elems)
		}
	}
}

// A backslash is an ordinary character where the machine is no Windows.
func TestUnixPaths(t *testing.T) {
	h := &Host{OS: "linux"}
	for _, test := range []struct{ got, want string }{
		{h.Join("/etc", "../usr", "lib"), "/usr/lib"},
		{h.Join("/", ".."), "/"},
		{h.Join("/a", `b\c`), `/a/b\c`},
		{h.Dir("/etc/ssl"), "/etc"},
		{h.Dir("/etc"), "/"},
		{h.Dir("/"), "/"},
		{h.Base("/etc/ssl/"), "ssl"},
		{h.Base(`/etc/a\b`), `a\b`},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	if h.IsAbs(`C:\x`) || h.IsAbs("x") || !h.IsAbs("/x") {
		t.Error("IsAbs is wrong")
	}
}

func TestWindowsTreeUnderRoot(t *testing.T) {
	root := t.TempDir()
	tree{"C:/Users/amy/NSS/cert9.db": "db"}.in(t, root)
	h := &Host{Root: root, OS: "windows", Account: &User{UID: -1, Home: `C:\Users\amy`}}
	if got, want := h.Real(`C:\Users`), filepath.Join(root, "C:", "Users"); got != want {
		t.Errorf("Real = %q, want %q", got, want)
	}
	if got, err := h.Resolve(`C:\Users/amy\..\amy\NSS\`); got != `C:\Users\amy\NSS` || err != nil {
		t.Errorf("Resolve = %q, %v", got, err)
	}
	if got, err := h.Glob(`C:\Users\*\NSS\*.db`); err != nil || !slices.Equal(got, []string{`C:\Users\amy\NSS\cert9.db`}) {
		t.Errorf("Glob = %q, %v", got, err)
	}
	if got, err := h.ReadFile(`C:\Users\amy\NSS\cert9.db`, 10); string(got) != "db" || err != nil {
		t.Errorf("ReadFile = %q, %v", got, err)
	}
}

func TestInside(t *testing.T) {
	for _, test := range []struct {
		os, path, dir string
		want          bool
	}{
		{"linux", "/home/amy/x", "/home/amy", true},
		{"linux", "/home/amy/x", "/home/amy/", true},
		{"linux", "/home/amy", "/home/amy", false},
		{"linux", "/home/amyx/y", "/home/amy", false},
		{"linux", "/home/Amy/x", "/home/amy", false},
		{"linux", "/x", "/", false}, // nobody's home is all of the machine
		{"linux", "/x", "", false},
		{"windows", `c:\users\AMY\x`, `C:\Users\amy`, true},
		{"windows", `C:/Users/amy/x`, `C:\Users\amy\`, true},
	} {
		if got := (&Host{OS: test.os}).Inside(test.path, test.dir); got != test.want {
			t.Errorf("Inside(%q, %q) = %v", test.path, test.dir, got)
		}
	}
}

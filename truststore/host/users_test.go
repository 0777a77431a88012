package host

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestParsePasswd(t *testing.T) {
	const data = "root:x:0:0:root:/root:/bin/bash\n" +
		"# comment:x:1:1::/c:/bin/sh\n" +
		"\n" +
		"short:x:1:1\n" +
		"+::::::\n" +
		"negative:x:-2:-2::/n:/bin/sh\n" +
		"huge:x:4294967296:1::/h:/bin/sh\n" +
		"nobody:x:65534:65534:n:/nonexistent:/usr/sbin/nologin\r\n" +
		"陳大文:x:1000:1000:陳,,,:/home/陳大文:/bin/sh:extra\n" +
		"last:x:1001:100::/home/last:/bin/sh"
	want := []User{
		{Name: "root", UID: 0, GID: 0, Home: "/root"},
		{Name: "nobody", UID: 65534, GID: 65534, Home: "/nonexistent"},
		{Name: "陳大文", UID: 1000, GID: 1000, Home: "/home/陳大文"},
		{Name: "last", UID: 1001, GID: 100, Home: "/home/last"},
	}
	if got := parsePasswd([]byte(data)); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A line of any length hides none of those after it.
func TestParsePasswdLongLine(t *testing.T) {
	data := strings.Repeat("x", 2<<20) + "\namy:x:1:1::/home/amy:/bin/sh\n" + strings.Repeat(":", 1<<20)
	if got := parsePasswd([]byte(data)); len(got) != 1 || got[0].Name != "amy" {
		t.Errorf("%d users", len(got))
	}
}

func FuzzParsePasswd(f *testing.F) {
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash\n"))
	f.Add([]byte("a:b:c:d:e:f:g\n::::::::\n#\n"))
	f.Add([]byte("x:x:99999999999999999999:1::/:\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, u := range parsePasswd(data) {
			if u.UID < 0 || u.GID < 0 || strings.ContainsAny(u.Name+u.Home, ":\n") {
				t.Errorf("%+v", u)
			}
		}
	})
}

func TestEnvironmentOfATree(t *testing.T) {
	t.Setenv("JAVA_HOME", "/of/the/host")
	t.Setenv("HOME", "/home/of/the/host")
	if got := (&Host{}).Getenv("JAVA_HOME"); got != "/of/the/host" {
		t.Errorf("live: %q", got)
	}
	if got := (&Host{Root: t.TempDir()}).Getenv("JAVA_HOME"); got != "" {
		t.Errorf("the host's environment shows in a tree: %q", got)
	}
	if got := (&Host{Environ: map[string]string{}}).Getenv("JAVA_HOME"); got != "" {
		t.Errorf("the host's environment shows in a given one: %q", got)
	}
	given := &Host{Root: t.TempDir(), Environ: map[string]string{"JAVA_HOME": "/given"}}
	if got := given.Getenv("JAVA_HOME"); got != "/given" {
		t.Errorf("given: %q", got)
	}
	if me, err := (&Host{Root: t.TempDir(), OS: "linux"}).Me(); me.Home != "" || err != nil {
		t.Errorf("the host's home shows in a tree: %+v, %v", me, err)
	}
}

func TestExpandPercent(t *testing.T) {
	h := &Host{Environ: map[string]string{"SystemDrive": "C:", "USERNAME": "amy", "HUNDRED": "100%"}}
	for in, want := range map[string]string{
		`%SystemDrive%\Users\%USERNAME%`: `C:\Users\amy`,
		"":                               "",
		"100%":                           "100%",
		"%":                              "%",
		"%%":                             "%%",
		"%NONE%/%USERNAME%":              "%NONE%/amy",
		"50% of %USERNAME%":              "50% of amy",
		"%HUNDRED%USERNAME%":             "100%USERNAME%", // expanded once
	} {
		if got := h.expandPercent(in); got != want {
			t.Errorf("expandPercent(%q) = %q, want %q", in, got, want)
		}
	}
}

// profiles is a registry that holds a list of profile folders by SID.
type profiles map[string]string

func (p profiles) SubKeys(hive Hive, key string, view View) ([]string, error) {
	if hive != LocalMachine || key != profileList || view != View64 {
		return nil, fs.ErrNotExist
	}
	var sids []string
	for sid := range p {
		sids = append(sids, sid)
	}
	return sids, nil
}

func (p profiles) String(_ Hive, key, value string, _ View) (string, error) {
	sid, ok := strings.CutPrefix(key, profileList+`\`)
	if home := p[sid]; ok && value == "ProfileImagePath" && home != "" {
		return home, nil
	}
	return "", fs.ErrNotExist
}

func TestWindowsUsersComeFromTheRegistry(t *testing.T) {
	h := &Host{
		Root: t.TempDir(), OS: "windows", Environ: map[string]string{"SystemDrive": "D:"},
		Registry: profiles{
			"S-1-5-18":                  `%systemroot%\system32\config\systemprofile`,
			"S-1-5-21-1-2-3-1001":       `%SystemDrive%\Users\amy`,
			"S-1-5-21-1-2-3-1002":       "", // half deleted
			"S-1-5-21-1-2-3-1003.bak-x": "",
		},
	}
	users, err := h.Users()
	if want := []User{{Name: "amy", UID: -1, GID: -1, Home: `D:\Users\amy`, SID: "S-1-5-21-1-2-3-1001"}}; err != nil || !slices.Equal(users, want) {
		t.Errorf("Users = %+v, %v", users, err)
	}
}

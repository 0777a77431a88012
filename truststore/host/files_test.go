package host

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
)

func TestReadFileRefuses(t *testing.T) {
	h := ordinary(t, tree{"dir/": "", "file": "0123456789", "empty": "", "link": "-> /dir"})
	if got, err := h.ReadFile("/file", 10); string(got) != "0123456789" || err != nil {
		t.Errorf("a file as long as the limit: %q, %v", got, err)
	}
	if got, err := h.ReadFile("/empty", 0); len(got) != 0 || err != nil {
		t.Errorf("an empty file: %q, %v", got, err)
	}
	for path, want := range map[string]error{
		"/file": ErrTooLarge, "/dir": ErrNotRegular, "/link": ErrNotRegular, "/none": fs.ErrNotExist,
	} {
		got, err := h.ReadFile(path, 9)
		var pe *fs.PathError
		if got != nil || !errors.Is(err, want) || !errors.As(err, &pe) || pe.Path != path {
			t.Errorf("ReadFile(%q) = %q, %v; want %v that names the path", path, got, err, want)
		}
	}
}

func TestGlob(t *testing.T) {
	h := ordinary(t, tree{
		"p/.mozilla/a.default/cert9.db": "",
		"p/.mozilla/b[1]/cert9.db":      "",
		"p/.mozilla/c/none":             "",
		"p/other":                       "-> /p/.mozilla",
		"p/dangling":                    "-> /nowhere/x",
	})
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"/p/.mozilla/*/cert9.db", []string{"/p/.mozilla/a.default/cert9.db", "/p/.mozilla/b[1]/cert9.db"}},
		{"/p/*/b[1]/cert9.db", []string{"/p/.mozilla/b[1]/cert9.db", "/p/other/b[1]/cert9.db"}},
		{"/p/.mozilla/*.default", []string{"/p/.mozilla/a.default"}},
		{"/p/.mozilla/*d*f*t*/cert*.db", []string{"/p/.mozilla/a.default/cert9.db"}},
		{"/p/.mozilla/c/none/*", nil},
		{"/p/dangling", nil},
		{"/none/*", nil},
		{"/", []string{"/"}},
	} {
		if got, err := h.Glob(test.pattern); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("Glob(%q) = %q, %v; want %q", test.pattern, got, err, test.want)
		}
	}
}

func TestMatchStar(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true}, {"*", "x", true}, {"a*", "a", true}, {"*a", "ba", true},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"*x*x*", "axbx", true}, {"*x*x*", "ax", false},
		{"**", "abc", true}, {"jdk-*-oracle-*", "jdk-17-oracle-x64", true}, {"a*b*c", "acb", false},
		{"[a]", "a", false}, {"[a]*", "[a]b", true}, {"?*", "x", false},
	} {
		if got := matchStar(test.pattern, test.name); got != test.want {
			t.Errorf("matchStar(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
}

package nss

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/quick"
)

func TestParseINITooManySections(t *testing.T) {
	var ini strings.Builder
	for i := range maxSections + 1 {
		fmt.Fprintf(&ini, "[Profile%d]\nPath=p%d\n", i, i)
	}
	profiles, err := parseProfiles([]byte(ini.String()))
	if !errors.Is(err, errManySections) || len(profiles) != maxSections {
		t.Errorf("%d profiles, %v", len(profiles), err)
	}
}

// Whatever a profile is called, a file that lists it is read back.
func TestParseProfilesAnyName(t *testing.T) {
	roundTrip := func(name, path string) bool {
		name, path = strings.Map(oneLine, name), "p"+strings.Map(oneLine, path)
		ini := "[Profile0]\nName=" + name + "\nIsRelative=1\nPath=" + path + "\n"
		got, err := parseProfiles([]byte(ini))
		return err == nil && len(got) == 1 && got[0] == listedProfile{name, path, isRelative}
	}
	if err := quick.Check(roundTrip, nil); err != nil {
		t.Error(err)
	}
}

func oneLine(r rune) rune {
	if isLineEnd(r) {
		return -1
	}
	return r
}

func FuzzProfilesINI(f *testing.F) {
	for _, seed := range []string{
		freshProfiles, freshInstalls, freshCompatibility, "",
		"\xef\xbb\xbf[Profile0]\r\nPath=\xe9\r\n", "\xff\xfe[\x00P\x00r\x00]\x00=\x00\xd8", "\xff\xfe", "[", "[]", "[a]b\nx=y", "=\n[a]\n==",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sections, err := parseINI(data)
		if err != nil && !errors.Is(err, errManySections) {
			t.Fatalf("untyped error %v", err)
		}
		names := make(map[string]bool)
		for _, s := range sections {
			if s.name == "" || names[s.name] || strings.ContainsAny(s.name, "\r\n]") {
				t.Fatalf("section %q", s.name)
			}
			names[s.name] = true
			for key, value := range s.values {
				if key == "" || strings.ContainsAny(key+value, "\r\n") {
					t.Fatalf("%q=%q", key, value)
				}
			}
		}
		if profiles, _ := parseProfiles(data); len(profiles) > len(sections) {
			t.Fatalf("%d profiles in %d sections", len(profiles), len(sections))
		}
	})
}

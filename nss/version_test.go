package nss

import "testing"

func TestRecordedVersion(t *testing.T) {
	for ini, want := range map[string]string{
		freshCompatibility: "153.7.0",
		"[Compatibility]\r\nLastVersion=149.0a1_20260101000000/20260101000000\r\n": "149.0a1",
		"[Compatibility]\nLastVersion=../../x_1\n":                                 "",
		"[Compatibility]\nLastVersion=\x1b[31m\n":                                  "",
		"[Compatibility]\n":         "",
		"LastVersion=153.7.0_1/1\n": "",
	} {
		h := machine(t, map[string]string{"/p/compatibility.ini": ini})
		if got := recordedVersion(compatibility(h, "/p")); got != want {
			t.Errorf("%q: got %q, want %q", ini, got, want)
		}
	}
}

func TestLowerVersion(t *testing.T) {
	for _, tt := range [][3]string{
		{"", "", ""},
		{"156.0.1", "", "156.0.1"},
		{"", "99.1", "99.1"},
		{"156.0.8078.79", "99.0.1", "99.0.1"},
		{"156.0.8078.79", "156.0.8078.8", "156.0.8078.8"},
		{"114", "114.0", "114"},
	} {
		if got := lowerVersion(tt[0], tt[1]); got != tt[2] {
			t.Errorf("lowerVersion(%q, %q) = %q", tt[0], tt[1], got)
		}
	}
}

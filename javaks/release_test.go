package javaks

import "testing"

func TestParseRelease(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want release
	}{
		"temurin":      {"IMPLEMENTOR=\"Eclipse Adoptium\"\r\nJAVA_VERSION=\"25.0.3\"\r\n", release{"25.0.3", "Eclipse Adoptium"}},
		"jlink":        {"JAVA_VERSION=\"17.0.15\"\nMODULES=\"java.base\"\n", release{version: "17.0.15"}},
		"unquoted":     {" JAVA_VERSION = 1.8.0_452 ", release{version: "1.8.0_452"}},
		"twice":        {"JAVA_VERSION=\"1\"\nJAVA_VERSION=\"2\"", release{version: "1"}},
		"empty":        {"", release{}},
		"no value":     {"JAVA_VERSION\nIMPLEMENTOR=\"\"", release{}},
		"lone quote":   {"JAVA_VERSION=\"", release{version: `"`}},
		"escape codes": {"IMPLEMENTOR=\"\x1b[2Jnothing to see\"", release{}},
		"not UTF-8":    {"IMPLEMENTOR=\"\xff\"", release{}},
	} {
		if got := parseRelease([]byte(c.in)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func FuzzRelease(f *testing.F) {
	f.Add([]byte("IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\n"))
	f.Add([]byte("JAVA_VERSION=\"\nIMPLEMENTOR=\x00\r="))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := parseRelease(data)
		if !isLabel(r.version) || !isLabel(r.vendor) {
			t.Errorf("not fit to show: %q", r)
		}
	})
}

package hkpost_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

const rootCA3 = "5a2fc03f0c83b090bbfa40604b0988446c7636183df9846e17101a447fb8efd6"

func TestParseFingerprint(t *testing.T) {
	var colons []string
	for i := 0; i < len(rootCA3); i += 2 {
		colons = append(colons, rootCA3[i:i+2])
	}
	for _, s := range []string{
		rootCA3, strings.ToUpper(rootCA3), strings.Join(colons, ":"), strings.ToUpper(strings.Join(colons, " ")),
	} {
		f, err := hkpost.ParseFingerprint(s)
		if err != nil || f.String() != rootCA3 {
			t.Errorf("%q: %s, %v", s, f, err)
		}
	}
	for _, s := range []string{"", rootCA3[2:], rootCA3 + "00", rootCA3[1:], "x" + rootCA3[1:], strings.Repeat(":", 1<<20)} {
		if f, err := hkpost.ParseFingerprint(s); err == nil || f != (hkpost.Fingerprint{}) {
			t.Errorf("%.80q: %s, %v", s, f, err)
		}
	}
}

func TestFingerprintInJSON(t *testing.T) {
	want := bySlug(t, "root-ca-3").SHA256
	text, err := json.Marshal(want)
	if err != nil || string(text) != `"`+rootCA3+`"` {
		t.Fatalf("%s, %v", text, err)
	}
	var got hkpost.Fingerprint
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`"abc"`), &got); err == nil {
		t.Error("three digits are accepted")
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add(rootCA3)
	f.Add("5A:2F:C0")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		print, err := hkpost.ParseFingerprint(s)
		if err != nil {
			return
		}
		if again, err := hkpost.ParseFingerprint(print.String()); err != nil || again != print {
			t.Errorf("%q: %s becomes %s, %v", s, print, again, err)
		}
	})
}

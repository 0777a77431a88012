package javaks

import (
	"os"
	"strings"
	"testing"
)

func TestModifiedUTF8(t *testing.T) {
	for octets, want := range map[string]string{
		"":                         "",
		"abc":                      "abc",
		"a\xC0\x80b":               "a\x00b",
		"\xE9\xA6\x99":             "香",
		"\xED\xA1\x82\xED\xBE\xB7": "𠮷",
	} {
		got, ok := decodeUTF([]byte(octets))
		if !ok || got != want {
			t.Errorf("%x: %q, %v", octets, got, ok)
		}
		back, ok := appendUTF(nil, want)
		if !ok || string(back[2:]) != octets || int(back[1]) != len(octets) {
			t.Errorf("%q: %x", want, back)
		}
	}
	for octets, want := range map[string]string{
		"a\x00b":                               "a\x00b",  // readUTF takes it, writeUTF never makes it
		"\xC1\x81":                             "A",       // overlong
		"\xED\xA1\x82":                         "\uFFFD",  // half a pair
		"\xED\xBE\xB7x":                        "\uFFFDx", // the other half
		"\xED\xA1\x82\xED\xA1\x82\xED\xBE\xB7": "\uFFFD𠮷",
	} {
		if got, ok := decodeUTF([]byte(octets)); !ok || got != want {
			t.Errorf("%x: %q, %v", octets, got, ok)
		}
	}
	for _, octets := range []string{"\x80", "\xC3", "\xC3x", "\xE9\xA6", "\xE9xx", "\xF0\xA0\xAE\xB7", "\xFF"} {
		if got, ok := decodeUTF([]byte(octets)); ok {
			t.Errorf("%x: %q", octets, got)
		}
	}
	if _, ok := appendUTF(nil, strings.Repeat("x", maxUTF)); !ok {
		t.Error("65535 octets are refused")
	}
	if out, ok := appendUTF([]byte("before"), strings.Repeat("香", maxUTF/3+1)); ok || string(out) != "before" {
		t.Error("65538 octets are not refused")
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

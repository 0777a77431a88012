package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

func isChinese(l language) bool {
	return l["status.ok"] == chinese()["status.ok"]
}

func TestLanguageOfLocales(t *testing.T) {
	for locale, want := range map[string]bool{
		"zh_HK.UTF-8": true, "zh-HK": true, "zh_TW": true, "zh_MO.Big5@x": true, "yue": true, "yue_HK": true, "zh-Hant": true,
		"zh-Hant-HK": true, "ZH-hant-tw": true, "zh_Hant_HK": true,
		"zh_CN.UTF-8": false, "zh-Hans": false, "zh-Hans-HK": false, "zh": false, "en_HK": false, "C": false, "de_DE": false, "": false,
	} {
		h := &host.Host{OS: "linux", Environ: map[string]string{"LANG": locale}}
		if got := isChinese(chooseLanguage(nil, h)); got != want {
			t.Errorf("%q: Chinese is %v", locale, got)
		}
	}
}

// What is asked for goes before what is set, and the first variable that is set
// before the others.
func TestLanguagePrecedence(t *testing.T) {
	for _, c := range []struct {
		args []string
		env  map[string]string
		want bool
	}{
		{nil, map[string]string{"LC_ALL": "en_GB", "LANG": "zh_HK"}, false},
		{nil, map[string]string{"LC_MESSAGES": "zh_HK", "LANG": "en_GB"}, true},
		{nil, map[string]string{"LC_ALL": "C", "LC_MESSAGES": "zh_HK"}, false},
		{[]string{"check", "--lang", "zh-HK"}, map[string]string{"LC_ALL": "en_GB"}, true},
		{[]string{"--lang=en", "check"}, map[string]string{"LC_ALL": "zh_HK"}, false},
		{[]string{"check", "--", "--lang=en"}, map[string]string{"LC_ALL": "zh_HK"}, true},
	} {
		if got := isChinese(chooseLanguage(c.args, &host.Host{OS: "linux", Environ: c.env})); got != c.want {
			t.Errorf("%v %v: Chinese is %v", c.args, c.env, got)
		}
	}
}

type fakeRegistry map[string]string

func (fakeRegistry) SubKeys(host.Hive, string, host.View) ([]string, error) {
	return nil, fs.ErrNotExist
}
func (r fakeRegistry) String(hive host.Hive, key, value string, _ host.View) (string, error) {
	if s, ok := r[string(hive)+`\`+key+`\`+value]; ok {
		return s, nil
	}
	return "", fs.ErrNotExist
}

func TestLanguageOfWindowsAndMac(t *testing.T) {
	windows := &host.Host{OS: "windows", Environ: map[string]string{}, Registry: fakeRegistry{`HKCU\Control Panel\International\LocaleName`: "zh-HK"}}
	if !isChinese(chooseLanguage(nil, windows)) {
		t.Error("Windows's setting does not count")
	}
	root := t.TempDir()
	dir := filepath.Join(root, "Users/amy/Library/Preferences")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const settings = `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>AppleLanguages</key><array><string>fr-FR</string><string>zh-Hant-HK</string><string>en-HK</string></array></dict></plist>`
	if err := os.WriteFile(filepath.Join(dir, ".GlobalPreferences.plist"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	mac := &host.Host{OS: "darwin", Root: root, Environ: map[string]string{}, Account: &host.User{Home: "/Users/amy", UID: os.Getuid()}}
	if !isChinese(chooseLanguage(nil, mac)) {
		t.Error("the Mac's setting does not count")
	}
}

// A mistake on the command line is told in the language that it asks for, and
// as JSON in English.
func TestMistakesAreToldInBothLanguages(t *testing.T) {
	for _, args := range [][]string{
		{"check", "--scope", "nobody"}, {"verify"}, {"remove"}, {"check", "extra"}, {"ecert", "inspect"}, {"check", "--profile", "none"},
	} {
		for _, lang := range []string{"en", "zh-HK"} {
			var out, problems bytes.Buffer
			exit := run(t.Context(), append([]string{"--json", "--lang", lang}, args...), strings.NewReader(""), &out, &problems)
			han := strings.IndexFunc(problems.String(), func(r rune) bool { return r >= 0x4e00 && r < 0xa000 }) >= 0
			if exit != truststore.ExitUsage || han != (lang != "en") || strings.Contains(problems.String(), "usage.") {
				t.Errorf("%s %v: exit %d, %s", lang, args, exit, problems.String())
			}
			if strings.IndexFunc(out.String(), func(r rune) bool { return r >= 0x4e00 }) >= 0 {
				t.Errorf("JSON: %s", out.String())
			}
		}
	}
	if exit := run(t.Context(), []string{"certs", "--lang", "tlh"}, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); exit != truststore.ExitUsage {
		t.Errorf("exit %d for a language that nobody speaks", exit)
	}
}

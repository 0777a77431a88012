package keychain

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const (
	head = `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist version="1.0"><dict><key>trustList</key><dict>`
	tail = `</dict><key>trustVersion</key><integer>1</integer></dict></plist>`
)

func TestParseSettings(t *testing.T) {
	for name, test := range map[string]struct {
		entry string
		want  []Setting
	}{
		"no key: for everything":     {``, []Setting{{Result: TrustRoot}}},
		"empty list: for everything": {`<key>trustSettings</key><array/>`, []Setting{{Result: TrustRoot}}},
		"policy as bytes":            {`<key>trustSettings</key><array><dict><key>kSecTrustSettingsPolicy</key><data>KoZIhvdjZAED</data></dict></array>`, []Setting{{Policy: "1.2.840.113635.100.1.3", Result: TrustRoot}}},
		"policy as text":             {`<key>trustSettings</key><array><dict><key>kSecTrustSettingsPolicy</key><string>1.2.840.113635.100.1.8</string><key>kSecTrustSettingsResult</key><integer>3</integer></dict></array>`, []Setting{{Policy: "1.2.840.113635.100.1.8", Result: Deny}}},
		"for one host":               {`<key>trustSettings</key><array><dict><key>kSecTrustSettingsPolicyString</key><string>example.hk</string></dict></array>`, []Setting{{Result: TrustRoot, Limited: true}}},
		"for one program":            {`<key>trustSettings</key><array><dict><key>kSecTrustSettingsApplication</key><data>AAAA</data></dict></array>`, []Setting{{Result: TrustRoot, Limited: true}}},
		"every use of the key":       {`<key>trustSettings</key><array><dict><key>kSecTrustSettingsKeyUsage</key><integer>-1</integer></dict></array>`, []Setting{{Result: TrustRoot}}},
		"one use of the key":         {`<key>trustSettings</key><array><dict><key>kSecTrustSettingsKeyUsage</key><integer>1</integer></dict></array>`, []Setting{{Result: TrustRoot, Limited: true}}},
		"a NUL":                      {"<key>trustSettings</key><array><dict><key>kSecTrustSettingsPolicyName</key><string>sslServer\x00&#0;</string></dict></array>", []Setting{{Result: TrustRoot}}},
	} {
		got, err := parseSettings([]byte(head + `<key>abcdef</key><dict>` + test.entry + `</dict><key>` + defaultEntry + `</key><dict/>` + tail))
		if want := (Settings{"ABCDEF": test.want}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
	}
	if got, err := parseSettings([]byte(head + tail)); err != nil || len(got) != 0 {
		t.Errorf("an empty list: %+v, %v", got, err)
	}
}

func TestParseSettingsRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"nothing": "", "junk": "junk", "cut off": head, "another list": `<plist version="1.0"><array/></plist>`,
		"an entry that is text":        head + `<key>A</key><string/>` + tail,
		"settings that are text":       head + `<key>A</key><dict><key>trustSettings</key><string/></dict>` + tail,
		"a setting that is text":       head + `<key>A</key><dict><key>trustSettings</key><array><string/></array></dict>` + tail,
		"a result that is text":        head + `<key>A</key><dict><key>trustSettings</key><array><dict><key>kSecTrustSettingsResult</key><string>1</string></dict></array></dict>` + tail,
		"a policy that is a number":    head + `<key>A</key><dict><key>trustSettings</key><array><dict><key>kSecTrustSettingsPolicy</key><integer>1</integer></dict></array></dict>` + tail,
		"nested without end":           `<plist version="1.0">` + strings.Repeat("<array>", 1_000_000),
		"larger than any":              strings.Repeat(" ", maxExport+1),
		"in the binary format, or not": "bplist00\xff",
	} {
		if got, err := parseSettings([]byte(data)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add([]byte(head + tail))
	f.Add([]byte(head + `<key>A</key><dict><key>trustSettings</key><array><dict><key>kSecTrustSettingsPolicy</key><data>KoZIhvdjZAED</data></dict></array></dict>` + tail))
	f.Add([]byte("<plist><dict><key>trustList</key><dict>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if settings, err := parseSettings(data); err == nil {
			for key, said := range settings {
				if len(said) == 0 {
					t.Errorf("%s: an entry that says nothing", key)
				}
			}
		}
	})
}

func TestStateOfDomains(t *testing.T) {
	root := authority(t, "Root", "")
	trusted, denied := Settings{thumbprint(root): {{Result: TrustRoot}}}, Settings{thumbprint(root): {{Result: Deny}}}
	in := func(keychain string) []Certificate {
		return []Certificate{{DER: root, Keychain: keychain, User: keychain != SystemKeychain && keychain != RootsKeychain}}
	}
	for _, test := range []struct {
		name          string
		contents      Contents
		machine, user Level
	}{
		{"nowhere", Contents{}, Absent, Absent},
		{"in the keychain", Contents{Certificates: in(SystemKeychain)}, Present, Present},
		{"Apple's", Contents{Certificates: in(RootsKeychain)}, Vendor, Vendor},
		{"Apple's, with settings", Contents{Certificates: in(RootsKeychain), Settings: map[Domain]Settings{System: trusted}}, Vendor, Vendor},
		{"the user's", Contents{Certificates: in("login"), Settings: map[Domain]Settings{User: trusted}}, Absent, Explicit},
		{"the administrator denies", Contents{Certificates: in("login"), Settings: map[Domain]Settings{User: trusted, Admin: denied}}, Distrusted, Distrusted},
		{"the user denies", Contents{Certificates: in(RootsKeychain), Settings: map[Domain]Settings{User: denied}}, Vendor, Distrusted},
		{"for one host", Contents{Certificates: in(SystemKeychain), Settings: map[Domain]Settings{Admin: {thumbprint(root): {{Result: TrustRoot, Limited: true}}}}}, Present, Present},
		{"of the other kind", Contents{Certificates: in(SystemKeychain), Settings: map[Domain]Settings{Admin: {thumbprint(root): {{Result: TrustAsRoot}}}}}, Present, Present},
	} {
		for user, want := range map[bool]Level{false: test.machine, true: test.user} {
			if got := test.contents.State(root, SSL, user); got.Level != want {
				t.Errorf("%s, user %v: %+v, want %d", test.name, user, got, want)
			}
		}
	}
}

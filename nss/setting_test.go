package nss

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMozillaSettings(t *testing.T) {
	const root, app = "/home/amy/.mozilla/firefox", "/usr/lib/firefox"
	const prefs, user = root + "/p/prefs.js", root + "/p/user.js"
	off := func(path string) []Setting {
		return []Setting{{Name: "security.nocertdb", Value: true, Path: path, Application: "firefox", Profile: root + "/p", Ignores: true}}
	}
	rot13 := func(s string) string {
		b := []byte(s)
		for i := range b {
			b[i] += 13
		}
		return string(b)
	}
	const autoConfig = "pref(\"general.config.filename\", \"mozilla.cfg\");\n"
	for name, tt := range map[string]struct {
		files map[string]string
		want  []Setting
	}{
		"prefs.js":               {map[string]string{prefs: "# Mozilla\nuser_pref(\"a.b\", 1);\nuser_pref(\"security.nocertdb\", true);\n"}, off(prefs)},
		"off":                    {map[string]string{prefs: `user_pref("security.nocertdb", false);`}, nil},
		"commented":              {map[string]string{prefs: "// user_pref(\"security.nocertdb\", true);\n/* user_pref(\"security.nocertdb\", true); */\n#user_pref(\"security.nocertdb\", true);"}, nil},
		"in a string":            {map[string]string{prefs: `user_pref("x", "user_pref(\"security.nocertdb\", true)");`}, nil},
		"user.js wins":           {map[string]string{prefs: `user_pref("security.nocertdb", true);`, user: `user_pref("security.nocertdb", false);`}, nil},
		"user.js, one line":      {map[string]string{user: `user_pref("a", "//");user_pref( 'security.nocertdb' ,true );`}, off(user)},
		"default":                {map[string]string{app + "/defaults/pref/x.js": `pref("security.nocertdb", true);`}, off(app + "/defaults/pref/x.js")},
		"default, user not":      {map[string]string{app + "/defaults/pref/x.js": `pref("security.nocertdb", true);`, prefs: `user_pref("security.nocertdb", false);`}, nil},
		"system default":         {map[string]string{"/etc/firefox/defaults/pref/x.js": `pref("security.nocertdb", true);`}, off("/etc/firefox/defaults/pref/x.js")},
		"autoconfig":             {map[string]string{app + "/defaults/pref/a.js": autoConfig, app + "/mozilla.cfg": rot13("//\nlockPref(\"security.nocertdb\", true);\n"), prefs: `user_pref("security.nocertdb", false);`}, off(app + "/mozilla.cfg")},
		"autoconfig, plain":      {map[string]string{app + "/defaults/pref/a.js": autoConfig + `pref("general.config.obscure_value", 0);`, app + "/mozilla.cfg": "//\ndefaultPref(\"security.nocertdb\", true);\n"}, off(app + "/mozilla.cfg")},
		"autoconfig elsewhere":   {map[string]string{app + "/defaults/pref/a.js": `pref("general.config.filename", "../../../home/amy/x.cfg"); pref("general.config.obscure_value", 0);`, "/home/amy/x.cfg": `lockPref("security.nocertdb", true);`}, nil},
		"enterprise roots":       {map[string]string{prefs: `user_pref("security.enterprise_roots.enabled", false);`}, []Setting{{Name: "security.enterprise_roots.enabled", Path: prefs, Application: "firefox", Profile: root + "/p"}}},
		"enterprise policy wins": {map[string]string{prefs: `user_pref("security.enterprise_roots.enabled", false);`, "/etc/firefox/policies/policies.json": `{"policies": {"Certificates": {"ImportEnterpriseRoots": true}}}`}, []Setting{{Name: "security.enterprise_roots.enabled", Value: true, Path: "/etc/firefox/policies/policies.json", Application: "firefox", Profile: root + "/p"}}},
		"broken":                 {map[string]string{prefs: "user_pref(\"security.nocertdb\", ", user: "\"security.nocertdb", "/etc/firefox/policies/policies.json": "{"}, nil},
	} {
		files := map[string]string{
			root + "/profiles.ini":        oneProfile,
			root + "/p/cert9.db":          "",
			root + "/p/compatibility.ini": compatibilityOf("153.7.0", app),
		}
		for path, content := range tt.files {
			files[path] = content
		}
		found := locations(t, machine(t, files), amy)
		if len(found) != 1 {
			t.Fatalf("%s: %+v", name, found)
		}
		if diff := cmp.Diff(tt.want, found[0].Settings); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestChromiumSettings(t *testing.T) {
	const config, managed = "/home/amy/.config/chromium", "/etc/chromium/policies/managed/"
	const no = `{"certificates":{"ca_platform_integration_enabled":false},"profile":{"name":"x"}}`
	profile := func(name string) Setting {
		return Setting{Name: "certificates.ca_platform_integration_enabled", Path: config + "/" + name + "/Preferences", Application: "chromium", Profile: config + "/" + name, Ignores: true}
	}
	for name, tt := range map[string]struct {
		files map[string]string
		want  []Setting
	}{
		"one of two profiles": {map[string]string{config + "/Default/Preferences": no, config + "/Profile 1/Preferences": `{"certificates":{"ca_platform_integration_enabled":true}}`}, []Setting{profile("Default")}},
		"elsewhere in it":     {map[string]string{config + "/Default/Preferences": `{"x":{"ca_platform_integration_enabled":false}}`}, nil},
		"broken":              {map[string]string{config + "/Default/Preferences": `{"certificates":{"ca_platform_integration_enabled":fal`}, nil},
		"policy":              {map[string]string{managed + "a.json": "{ // no\n\"CAPlatformIntegrationEnabled\": false,\n}"}, []Setting{{Name: "CAPlatformIntegrationEnabled", Path: managed + "a.json", Application: "chromium", Ignores: true}}},
		"policy overrules":    {map[string]string{config + "/Default/Preferences": no, managed + "a.json": `{"CAPlatformIntegrationEnabled": true}`}, nil},
	} {
		files := map[string]string{config + "/Last Version": "156.0.1.2", "/home/amy/.pki/nssdb/cert9.db": ""}
		for path, content := range tt.files {
			files[path] = content
		}
		found := locations(t, machine(t, files), amy)
		if len(found) != 1 {
			t.Fatalf("%s: %+v", name, found)
		}
		if diff := cmp.Diff(tt.want, found[0].Settings); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func FuzzPrefCalls(f *testing.F) {
	f.Add([]byte("user_pref(\"a\", \"b\\\"\");/* */ // x\n# y\nuser_pref('c', -1)"))
	f.Add([]byte("\"\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls := 0
		for c := range prefCalls(data) {
			if calls++; len(c.function) == 0 || calls > len(data) {
				t.Errorf("%+v", c)
			}
		}
	})
}

package nss

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The own stores of Chromium's profiles are found in every browser's data
// directory, with the database that the browser reads beside them.
func TestFindProfileStores(t *testing.T) {
	h := machine(t, map[string]string{
		"/home/amy/.pki/nssdb/":                                             "",
		"/home/amy/.config/chromium/Last Version":                           "156.0.8078.79",
		"/home/amy/.config/chromium/Default/ServerCertificate":              "",
		"/home/amy/.config/chromium/Profile 1/ServerCertificate":            "",
		"/home/amy/.config/chromium/Profile 2/Preferences":                  "{}",
		"/home/amy/.config/vivaldi/Last Version":                            "7.1",
		"/home/amy/.config/vivaldi/Default/ServerCertificate":               "",
		"/home/amy/.config/another/Default/ServerCertificate":               "",
		"/home/amy/snap/chromium/common/chromium/Default/ServerCertificate": "",
	})
	const config, shared = "/home/amy/.config/", "/home/amy/.pki/nssdb"
	chromium := Browser{"chromium", "156.0.8078.79", false}
	want := []ProfileStore{
		{config + "chromium/Default/ServerCertificate", chromium, "", "Default", shared},
		{config + "chromium/Profile 1/ServerCertificate", chromium, "", "Profile 1", shared},
		{config + "vivaldi/Default/ServerCertificate", Browser{"vivaldi", "", false}, "", "Default", shared},
		{"/home/amy/snap/chromium/common/chromium/Default/ServerCertificate", Browser{"chromium", "", false}, "snap", "Default", "/home/amy/snap/chromium/current/.local/share/pki/nssdb"},
	}
	found := FindProfileStores(context.Background(), h, amy)
	if diff := cmp.Diff(want, found.Stores); diff != "" || len(found.Problems) > 0 {
		t.Errorf("%s%v", diff, found.Problems)
	}
}

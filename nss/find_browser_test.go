package nss_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
)

// found lists what discovery finds for the owner of a home directory of this
// machine.
func found(t *testing.T, home string) []nss.Location {
	t.Helper()
	user := host.User{Name: "tester", UID: os.Geteuid(), GID: os.Getegid(), Home: home}
	h := &host.Host{Environ: map[string]string{}, Account: &user}
	all := nss.Find(context.Background(), h, nss.Search{User: &user})
	locations, problems := all.Locations, all.Problems
	for _, p := range problems {
		t.Errorf("not looked at: %v", p)
	}
	return locations
}

// foundProfile returns what discovery finds of the default profile.
func foundProfile(t *testing.T, p *browser.Profile) nss.Location {
	t.Helper()
	locations := found(t, p.Home)
	at := slices.IndexFunc(locations, func(l nss.Location) bool { return l.Dir == p.Dir })
	if at < 0 {
		t.Fatalf("%s is not among %+v", p.Dir, locations)
	}
	return locations[at]
}

func TestFindFirefox(t *testing.T) {
	profile := browser.NewProfile(t)
	idle := foundProfile(t, profile)
	if !idle.Exists || idle.Running || idle.Legacy || idle.Shared || idle.Application != "firefox" || idle.Version == "" {
		t.Errorf("idle: %+v", idle)
	}
	if !strings.Contains(filepath.Base(profile.Dir), idle.Profile) || idle.Profile == "" {
		t.Errorf("profile %q in %s", idle.Profile, profile.Dir)
	}
	s := profile.Start(t)
	if !foundProfile(t, profile).Running {
		t.Error("not in use while Firefox runs")
	}
	s.Quit()
	if foundProfile(t, profile).Running {
		t.Error("in use after Firefox ended")
	}
}

func TestFindChromium(t *testing.T) {
	chromium := browser.Chromium(t)
	pki := javatest.NewPKI(t)
	url := browser.Serve(t, pki.Config(pki.Issuing))
	home := t.TempDir()
	if locations := found(t, home); len(locations) > 0 {
		t.Fatalf("before the first start: %+v", locations)
	}
	stop := chromium.Start(t, home)
	if locations := found(t, home); len(locations) != 1 || !locations[0].Running {
		t.Errorf("while Chromium runs: %+v", locations)
	}
	stop()
	predicted := found(t, home)
	chromium.Load(t, home, url) // asks for trust, which makes Chromium open its database
	after := found(t, home)
	if len(predicted) != 1 || len(after) != 1 {
		t.Fatalf("before: %+v\nafter: %+v", predicted, after)
	}
	if l := predicted[0]; l.Exists || l.Running {
		t.Errorf("before: %+v", l)
	}
	if l := after[0]; !l.Exists || !l.Shared || l.Running || l.Version == "" || l.Dir != predicted[0].Dir {
		t.Errorf("before: %+v\nafter: %+v", predicted[0], l)
	}
}

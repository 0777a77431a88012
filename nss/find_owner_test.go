//go:build unix

package nss

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

// TestClaimsOnOthersProfiles: amy's list names bob's profile, which does not
// make it hers; what is hers, or nobody's in particular, is.
func TestClaimsOnOthersProfiles(t *testing.T) {
	oracle.NeedRoot(t)
	work := t.TempDir()
	amy := host.User{Name: "amy", UID: 7424, GID: 7424, Home: filepath.Join(work, "home", "amy")}
	bob := host.User{Name: "bob", UID: 7425, GID: 7425, Home: filepath.Join(work, "home", "bob")}
	profiles := []struct {
		dir   string
		owner int
		want  ProblemKind // "" for found
	}{
		{filepath.Join(bob.Home, "p"), bob.UID, NotTheirs},
		{filepath.Join(work, "srv", "bob"), bob.UID, NotTheirs},
		{filepath.Join(work, "srv", "amy"), amy.UID, ""},
		{filepath.Join(work, "srv", "root"), 0, ""},
		{filepath.Join(amy.Home, "restored"), 4711, ""}, // in her home, whoever owns it
	}
	list, want := "", map[string]ProblemKind{}
	for i, p := range profiles {
		must(t, errors.Join(os.MkdirAll(p.dir, 0o755), os.WriteFile(certDB(p.dir), nil, 0o644), os.Chown(p.dir, p.owner, p.owner)))
		list += fmt.Sprintf("[Profile%d]\nIsRelative=0\nPath=%s\n", i, p.dir)
		if p.want != "" {
			want[p.dir] = p.want
		}
	}
	// By a link in her home, too.
	must(t, os.Symlink(profiles[1].dir, filepath.Join(amy.Home, "link")))
	list += "[Profile9]\nIsRelative=0\nPath=" + filepath.Join(amy.Home, "link") + "\n"
	want[filepath.Join(amy.Home, "link")] = NotTheirs

	root := filepath.Join(amy.Home, ".mozilla", "firefox")
	must(t, errors.Join(os.MkdirAll(root, 0o755), os.WriteFile(filepath.Join(root, "profiles.ini"), []byte(list), 0o644)))
	h := &host.Host{Environ: map[string]string{}, Account: &amy, Accounts: []host.User{amy, bob}}
	found := Find(context.Background(), h, Search{User: &amy})
	if diff := cmp.Diff(want, problemsOf(found)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	owners := map[string]int{}
	for _, l := range found.Locations {
		owners[l.Dir] = l.Owner
	}
	if diff := cmp.Diff(map[string]int{profiles[2].dir: amy.UID, profiles[3].dir: 0, profiles[4].dir: 4711}, owners); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

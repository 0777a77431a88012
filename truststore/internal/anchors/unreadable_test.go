//go:build linux

package anchors_test

import (
	"os"
	"testing"

	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// What an ordinary user may not look into does not hide what programs trust.
func TestUnreadableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may")
	}
	p := pki(t)
	i := debianImage(t, p.Root)
	i.dir(debianLocal)
	if err := os.Chmod(i.at(debianLocal), 0); err != nil {
		t.Fatal(err)
	}
	c := read(t, find(t, i.host))
	wantTrusted(t, c, p.Root, true)
	if len(c.Findings) != 1 || c.Findings[0].Code != anchors.FileUnreadable {
		t.Errorf("findings %+v", c.Findings)
	}
}

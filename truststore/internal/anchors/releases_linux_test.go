package anchors_test

import (
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/truststore/host"
)

// TestDebianReleases is TestDebian in other releases of Debian, whose updaters
// and hooks differ.
func TestDebianReleases(t *testing.T) {
	for _, suite := range debianrelease.Releases() {
		t.Run(suite, func(t *testing.T) {
			if debianrelease.Enter(t, suite) {
				debianCycle(t, &host.Host{})
			}
		})
	}
}

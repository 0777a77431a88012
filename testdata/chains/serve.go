package chains

import (
	"crypto/tls"
	"testing"

	"github.com/hktrust/hktrust/testdata/browser"
)

// Serve runs a web server for browsers that presents the chain, on loopback
// until the test ends, and returns its port's URL with the host's name.
func (c Chain) Serve(t testing.TB) (url string) {
	t.Helper()
	return browser.ServeAs(t, c.Host, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: c.Presented, PrivateKey: c.LeafKey.Signer}},
	})
}

package truststore

import (
	"regexp"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
	"sync"
)

// chromiumProfiles are where browsers on Chromium's engine keep their profiles
// on Linux, below a home, for those that trust by the home's own NSS database.
var chromiumProfiles = []string{
	".config/chromium/*", ".config/google-chrome/*", ".config/google-chrome-beta/*", ".config/microsoft-edge/*", ".config/BraveSoftware/Brave-Browser/*",
}

// maxProfileStore bounds a profile's store of certificates, in bytes.
const maxProfileStore = 32 << 20

// profileRow is a certificate in a profile's store: it is named by the SHA-256
// of its DER, in text (net/cert/internal, server_certificate_database.cc).
var profileRow = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9a-f]{64}`) })

// profileStores lists the profiles of a home whose own store, beside NSS's
// database, holds certificates: "Installed by you" in Chromium's certificate
// manager. Whether they are trusted, distrusted or bound to names is not read;
// what was deleted and not yet overwritten counts as held.
func profileStores(h *host.Host, database string) []string {
	nssdb := h.Dir(database)
	if h.Base(database) != "nssdb" || h.Base(nssdb) != ".pki" {
		return nil
	}
	var out []string
	for _, pattern := range chromiumProfiles {
		found, err := h.Glob(h.Join(h.Dir(nssdb), pattern, "ServerCertificate"))
		if err != nil {
			continue // what cannot be searched is said by whoever looks for browsers
		}
		for _, path := range found {
			// One that cannot be read may hold anything.
			if data, err := h.ReadFile(path, maxProfileStore); err != nil || profileRow().Match(data) {
				out = append(out, path)
			}
		}
	}
	slices.Sort(out)
	return out
}

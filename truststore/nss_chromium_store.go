package truststore

import (
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
)

// chromiumProfiles are where browsers on Chromium's engine keep their profiles
// on Linux, below a home, for those that trust by the home's own NSS database.
var chromiumProfiles = []string{
	".config/chromium/*", ".config/google-chrome/*", ".config/google-chrome-beta/*", ".config/microsoft-edge/*", ".config/BraveSoftware/Brave-Browser/*",
}

// maxProfileStore bounds a profile's store of certificates, in bytes.
const maxProfileStore = 32 << 20

// profileStores lists the stores that a home's profiles have of their own, beside
// NSS's database: "Installed by you" in Chromium's certificate manager.
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
		out = append(out, found...)
	}
	slices.Sort(out)
	return out
}

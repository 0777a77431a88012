package truststore

import (
	"fmt"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// curlReadsBoth reports whether the machine's curl asks for SSL_CERT_FILE where
// SSL_CERT_DIR is set, too. It does since 8.2 (tool_operate.c; curl's issue 11325).
// Where nobody tells which curl this is, a newer one is taken.
func curlReadsBoth(h *host.Host) bool {
	var major, minor int
	if _, err := fmt.Sscanf(debianVersion(h, "curl"), "%d.%d", &major, &minor); err != nil {
		return true
	}
	return major > 8 || major == 8 && minor >= 2
}

// maxPackages bounds dpkg's list of packages, in bytes.
const maxPackages = 64 << 20

// debianVersion is the version of an installed package of Debian's, "" where dpkg
// knows none.
func debianVersion(h *host.Host, name string) string {
	status, err := h.ReadFile("/var/lib/dpkg/status", maxPackages)
	if err != nil {
		return ""
	}
	_, paragraph, _ := strings.Cut("\n"+string(status), "\nPackage: "+name+"\n")
	paragraph, _, _ = strings.Cut(paragraph, "\n\n")
	if !strings.Contains(paragraph, " installed\n") {
		return "" // removed, with its settings left
	}
	_, version, _ := strings.Cut(paragraph, "\nVersion: ")
	version, _, _ = strings.Cut(version, "\n")
	return version
}

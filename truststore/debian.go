package truststore

import (
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// debianDefaults is where ca-certificates-java keeps its settings; root alone
// may read it.
const debianDefaults = "/etc/default/cacerts"

// debianPassword returns the password under which Debian's hook keeps the
// shared keystore, nil if it is not set or may not be read.
func debianPassword(h *host.Host) *string {
	data, err := h.ReadFile(debianDefaults, 64<<10)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "storepass="); ok {
			if value = strings.Trim(value, `'"`); value != "" {
				return &value
			}
		}
	}
	return nil
}

package truststore

import (
	"strconv"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/safefile"
)

// hardLinkedAt tells of other names of a store's file.
func hardLinkedAt(h *host.Host, path string) []Finding {
	n := safefile.OtherNames(h.Real(path))
	if n == 0 {
		return nil
	}
	return []Finding{finding(CodeHardLinked, "path", path, "n", strconv.Itoa(n))}
}

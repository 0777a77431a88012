package anchors

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"sync"
)

// idDigits is how many hexadecimal digits of a certificate's SHA-256 end the
// name of its file.
const idDigits = 16

var namePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^hktrust-[a-z0-9][a-z0-9-]{0,99}-[0-9a-f]{16}$`)
})

// Ours reports whether a file name without its extension is one that hktrust
// gives: hktrust-SLUG-ID, where ID is the beginning of the SHA-256 of the
// certificate.
func Ours(name string) bool {
	return strings.HasPrefix(name, "hktrust-") && namePattern().MatchString(name)
}

// belongs reports whether the name is the one we give to a certificate.
func belongs(name string, id [sha256.Size]byte) bool {
	return Ours(name) && strings.HasSuffix(name, hex.EncodeToString(id[:])[:idDigits])
}

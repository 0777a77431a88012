package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

// An identifier is a time, so that identifiers sort by creation, and a random
// number, so that no two programs choose the same.
const (
	idTime   = "20060102T150405.000000000Z"
	idRandom = 8 // bytes
	idLen    = len(idTime) + 1 + 2*idRandom
)

// lastTime is beyond every clock that is not broken; an identifier with a
// later time would leave no room for the next.
var lastTime = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

func newID(t time.Time) string {
	random := make([]byte, idRandom)
	rand.Read(random)
	return t.UTC().Format(idTime) + "-" + hex.EncodeToString(random)
}

// timeOfID parses an identifier, strictly: it becomes a file name.
func timeOfID(id string) (time.Time, bool) {
	if len(id) != idLen || id[len(idTime)] != '-' {
		return time.Time{}, false
	}
	if random := id[len(idTime)+1:]; strings.Trim(random, "0123456789abcdef") != "" {
		return time.Time{}, false
	}
	t, err := time.Parse(idTime, id[:len(idTime)])
	if err != nil || t.Format(idTime) != id[:len(idTime)] || t.After(lastTime) {
		return time.Time{}, false
	}
	return t, true
}

func validID(id string) bool {
	_, ok := timeOfID(id)
	return ok
}

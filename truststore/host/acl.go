package host

import "slices"

// fileKeeperOfWine is "" in every product; tests under Wine, which keeps no
// owners of files, set it to the user that all files belong to there.
const fileKeeperOfWine = ""

// keepers are the security identifiers of Windows that may change everything on
// the machine anyway: SYSTEM, Administrators, TrustedInstaller ("Well-known
// SIDs" in Microsoft's documentation).
var keepers = []string{
	"S-1-5-18", "S-1-5-32-544",
	"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
}

// ownerRights stands, in an access list, for whoever owns the file.
const ownerRights = "S-1-3-4"

// Rights of a file or directory (winnt.h).
const (
	rightWriteData   = 0x2 // of a directory: to add a file
	rightAppendData  = 0x4 // of a directory: to add a directory
	rightDeleteChild = 0x40
	rightDelete      = 0x10000
	rightWriteDAC    = 0x40000
	rightWriteOwner  = 0x80000
	rightGenericAll  = 0x10000000
	rightGenericSet  = 0x40000000 // GENERIC_WRITE

	// exchangeRights let their holder put another thing in the place of
	// this one, or of what lies in it.
	exchangeRights = rightDeleteChild | rightDelete | rightWriteDAC | rightWriteOwner | rightGenericAll
	// writeRights let their holder change it, or what it holds.
	writeRights = exchangeRights | rightWriteData | rightAppendData | rightGenericSet
)

// accessList is who owns a file on Windows, and whom it grants what. What is
// denied is left out: it takes rights away, and none is given for it here.
type accessList struct {
	owner  string
	open   bool // there is no list, which grants all to everybody
	grants []grant
}

type grant struct {
	sid    string
	rights uint32
}

// stranger returns who but the keepers and the given users holds any of the
// rights; "" if nobody does. The owner holds all: an owner may always change
// the list.
func (a accessList) stranger(rights uint32, trusted ...string) string {
	known := func(sid string) bool {
		return slices.Contains(keepers, sid) || slices.Contains(trusted, sid) || sid == fileKeeperOfWine && sid != ""
	}
	if !known(a.owner) {
		return a.owner
	}
	if a.open {
		return "everybody"
	}
	for _, g := range a.grants {
		if g.rights&rights != 0 && g.sid != ownerRights && !known(g.sid) {
			return g.sid
		}
	}
	return ""
}

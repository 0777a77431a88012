package safefile

import (
	"slices"
	"strings"
)

// accessList is the attribute that holds a POSIX access control list. A new
// file inherits one from its directory's default list.
const accessList = "system.posix_acl_access"

// keepExtended names the attributes that say who may use a file and those that
// users attach. The others describe the content (security.ima, security.evm,
// security.capability) or belong to the file system (trusted., btrfs.).
func keepExtended(name string) bool {
	return strings.HasPrefix(name, "user.") || slices.Contains([]string{
		accessList, "system.nfs4_acl", "security.selinux", "security.SMACK64",
	}, name)
}

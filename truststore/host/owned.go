package host

import "os"

// OwnerUID returns the user that owns what is at path, by that name alone;
// false where that cannot be seen or files have no numeric owner.
func (h *Host) OwnerUID(path string) (int, bool) {
	info, err := os.Lstat(h.Real(path))
	if err != nil {
		return 0, false
	}
	return ownerOf(info)
}

package host

import "strings"

// onShare reports whether a path of a live Windows lies on a share, or on a
// drive that stands for one. The server is not asked.
func (h *Host) onShare(path string) bool {
	volume, _ := cutVolume(h.slashed(unverbatim(path)))
	if !h.Live() || volume == devices || strings.HasPrefix(volume, "//?/") {
		return false
	}
	return strings.HasPrefix(volume, "//") || remoteDrive(volume)
}

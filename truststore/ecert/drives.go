package ecert

import (
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// windowsDrives lists the roots of a Windows machine's drives but the system's:
// sticks, floppies and cards, and disks that are as good a place.
func windowsDrives(h *host.Host) []string {
	system := h.Getenv("SystemDrive")
	if system == "" {
		system = "C:"
	}
	letters, ok := []string(nil), false
	if h.Live() {
		letters, ok = liveDrives()
	}
	if !ok {
		for c := 'A'; c <= 'Z'; c++ {
			letters = append(letters, string(c)+":")
		}
	}
	var all []string
	for _, drive := range letters {
		if !strings.EqualFold(drive, system) {
			all = append(all, drive+`\`)
		}
	}
	return all
}

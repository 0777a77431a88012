package ecert

import (
	"strings"

	"golang.org/x/sys/windows"

	"github.com/hktrust/hktrust/truststore/host"
)

// remote reports whether path lies on a share or a drive letter that stands for
// one. Neither is contacted.
func remote(h *host.Host, path string) bool {
	slashed := strings.ReplaceAll(path, `\`, "/")
	if strings.HasPrefix(slashed, "//") {
		return true
	}
	return h.Live() && len(path) >= 2 && path[1] == ':' && driveType(path[:2]) == windows.DRIVE_REMOTE
}

func driveType(drive string) uint32 {
	name, err := windows.UTF16PtrFromString(drive + `\`)
	if err != nil {
		return windows.DRIVE_UNKNOWN
	}
	return windows.GetDriveType(name)
}

// liveDrives lists the drives but the system's, by letter.
func liveDrives() (drives []string, ok bool) {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, false
	}
	for i := range 26 {
		if mask&(1<<i) != 0 {
			drives = append(drives, string(rune('A'+i))+":")
		}
	}
	return drives, true
}

package ecert

import "golang.org/x/sys/windows"

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

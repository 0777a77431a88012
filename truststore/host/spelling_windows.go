package host

import (
	"strings"

	"golang.org/x/sys/windows"
)

// spelled returns the name that a directory's entry has on the disk: with its
// own case, where it was asked for by its short name, without dots at the end.
// If that cannot be told it is the name that was asked for.
func spelled(path, asked string) string {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil || strings.ContainsAny(asked, "*?:") {
		return asked
	}
	var found windows.Win32finddata
	h, err := windows.FindFirstFile(name, &found)
	if err != nil {
		return asked
	}
	windows.FindClose(h)
	return windows.UTF16ToString(found.FileName[:])
}

// leadsTo returns the path of what a reparse point leads to.
func leadsTo(path string) (string, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return "", err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(name, 0, share, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(h)
	return finalPath(h)
}

package host

import (
	"sync"

	"golang.org/x/sys/windows"
)

// folderVariables are the environment variables that name folders of the
// machine or of the user, with what Windows itself knows of them.
var folderVariables = map[string]*windows.KNOWNFOLDERID{
	"PROGRAMDATA": windows.FOLDERID_ProgramData, "ALLUSERSPROFILE": windows.FOLDERID_ProgramData,
	"PROGRAMFILES": windows.FOLDERID_ProgramFiles, "PROGRAMFILES(X86)": windows.FOLDERID_ProgramFilesX86,
	"PROGRAMW6432": windows.FOLDERID_ProgramFilesX64,
	"SYSTEMROOT":   windows.FOLDERID_Windows, "WINDIR": windows.FOLDERID_Windows,
	"PUBLIC": windows.FOLDERID_Public, "USERPROFILE": windows.FOLDERID_Profile,
	"APPDATA": windows.FOLDERID_RoamingAppData, "LOCALAPPDATA": windows.FOLDERID_LocalAppData,
}

var folders sync.Map // of the paths asked for, by variable

// knownFolder returns the folder that an environment variable, in capitals,
// should name; "" if it names none, or Windows does not know.
func knownFolder(variable string) string {
	id, ok := folderVariables[variable]
	if !ok {
		return ""
	}
	if path, ok := folders.Load(variable); ok {
		return path.(string)
	}
	path, err := windows.KnownFolderPath(id, windows.KF_FLAG_DONT_VERIFY)
	if err != nil {
		path = "" // an account without a profile
	}
	folders.Store(variable, path)
	return path
}

// remoteDrive reports whether a drive, such as "C:", stands for a share. The
// answer is Windows' own; the server is not asked.
func remoteDrive(drive string) bool {
	root, err := windows.UTF16PtrFromString(drive + `\`)
	return err == nil && len(drive) == 2 && windows.GetDriveType(root) == windows.DRIVE_REMOTE
}

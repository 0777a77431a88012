package host

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"
)

// User is a local account.
type User struct {
	Name string `json:"name,omitempty"`
	UID  int    `json:"uid"` // -1 where the system has no numeric users
	GID  int    `json:"gid"`
	Home string `json:"home,omitempty"`
	SID  string `json:"sid,omitempty"` // security identifier, on Windows alone
}

// passwdFields is how many fields a line of /etc/passwd has at least.
const passwdFields = 7

// maxPasswd bounds how much of a user database is read.
const maxPasswd = 16 << 20

// Me returns the effective user of the process, with the home directory that
// the environment names (HOME; USERPROFILE on Windows), or else the account's
// own.
func (h *Host) Me() (User, error) {
	if h.Account != nil {
		return *h.Account, nil
	}
	me := User{UID: os.Geteuid(), GID: os.Getegid(), Home: h.Getenv(h.homeVariable())}
	if h.Root != "" {
		return me, nil
	}
	if runtime.GOOS != "windows" && me.Home != "" {
		return me, nil // the name is not worth a look-up
	}
	account, err := user.Current()
	if err != nil {
		return me, err
	}
	me.Name = account.Username
	if runtime.GOOS == "windows" {
		me.SID = account.Uid
	}
	if me.Home == "" {
		me.Home = account.HomeDir
	}
	return me, nil
}

func (h *Host) homeVariable() string {
	if h.GOOS() == "windows" {
		return "USERPROFILE"
	}
	return "HOME"
}

// Elevated reports whether the process may change machine stores as root, or
// on Windows with an elevated token.
func (h *Host) Elevated() bool {
	if h.Account != nil {
		return h.Account.UID == 0
	}
	return processElevated()
}

// Users lists the machine's local accounts. On a tree below Root, and on
// Linux, they come from /etc/passwd; users that only a directory service
// knows are not listed.
func (h *Host) Users() ([]User, error) {
	if h.Accounts != nil {
		return h.Accounts, nil
	}
	switch h.GOOS() {
	case "windows":
		return h.profileUsers()
	case "darwin":
		return h.folderUsers("/Users")
	}
	return h.passwdUsers()
}

func (h *Host) passwdUsers() ([]User, error) {
	file, err := h.resolveUnguarded("/etc/passwd")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := readRegular(h.Real(file), maxPasswd)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parsePasswd(data), nil
}

// parsePasswd reads passwd(5) lines, passing over those that are not.
func parsePasswd(data []byte) []User {
	var users []User
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(strings.TrimRight(line, "\r\n"), ":", passwdFields+1)
		if len(f) < passwdFields || strings.HasPrefix(f[0], "#") {
			continue
		}
		uid, err1 := strconv.ParseUint(f[2], 10, 31)
		gid, err2 := strconv.ParseUint(f[3], 10, 31)
		if err1 != nil || err2 != nil {
			continue
		}
		users = append(users, User{Name: f[0], UID: int(uid), GID: int(gid), Home: f[5]})
	}
	return users
}

// folderUsers takes each directory below dir for the home of its owner.
func (h *Host) folderUsers(dir string) ([]User, error) {
	real, err := h.resolveUnguarded(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(h.Real(real))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var users []User
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() {
			continue
		}
		uid, ok := ownerOf(info)
		if !ok {
			uid = -1
		}
		users = append(users, User{Name: e.Name(), UID: uid, GID: h.primaryGroup(uid), Home: h.Join(dir, e.Name())})
	}
	return users, nil
}

// primaryGroup asks the directory service of a live machine for a user's own
// group, staff as a rule; -1 if it is not known.
func (h *Host) primaryGroup(uid int) int {
	if !h.Live() || h.GOOS() != runtime.GOOS || uid < 0 {
		return -1
	}
	account, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return -1
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return -1
	}
	return gid
}

// profileList is where Windows keeps the profile folder of every account.
const profileList = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`

func (h *Host) profileUsers() ([]User, error) {
	reg := h.registry()
	sids, err := reg.SubKeys(LocalMachine, profileList, View64)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var users []User
	for _, sid := range sids {
		if !isPersonsSID(sid) {
			continue // services, SYSTEM, what a damaged profile left behind
		}
		home, err := reg.String(LocalMachine, profileList+`\`+sid, "ProfileImagePath", View64)
		if err != nil {
			continue
		}
		home = h.expandPercent(home)
		users = append(users, User{Name: h.Base(home), UID: -1, GID: -1, Home: home, SID: sid})
	}
	return users, nil
}

// isPersonsSID reports whether a key of the profile list is the identifier of
// an account of this machine or of a domain, or of one in Microsoft's cloud.
func isPersonsSID(key string) bool {
	return (strings.HasPrefix(key, "S-1-5-21-") || strings.HasPrefix(key, "S-1-12-1-")) && !strings.HasSuffix(key, ".bak")
}

// expandPercent replaces %NAME% by the environment's value. As Windows does,
// it leaves alone what names no variable.
func (h *Host) expandPercent(s string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "%")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		name, after, closed := strings.Cut(rest, "%")
		if value := h.Getenv(name); closed && value != "" {
			out.WriteString(value)
			s = after
		} else {
			out.WriteByte('%')
			s = rest
		}
	}
}

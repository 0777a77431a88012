package host

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// Numeric users that no system account uses.
const (
	amyUID = 65501
	bobUID = 65502
)

// elevated is a Host of root over a fixture owned by root, with the homes of
// amy and bob as they are told in its passwd file.
func elevated(t *testing.T, files tree) *Host {
	t.Helper()
	oracle.NeedRoot(t)
	root := t.TempDir()
	tree{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\n" +
			"daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n" +
			"amy:x:65501:65501::/home/amy:/bin/sh\n" +
			"bob:x:65502:65502::/home/bob:/bin/sh\n",
		"home/amy/file": "", "home/bob/": "", "root/file": "", "usr/sbin/tool": "",
	}.in(t, root)
	files.in(t, root)
	h := &Host{Root: root, OS: "linux", Account: &User{UID: 0, GID: 0, Home: "/root"}}
	h.give(t, amyUID, "/home/amy")
	h.give(t, bobUID, "/home/bob")
	return h
}

func (h *Host) give(t *testing.T, uid int, path string) {
	t.Helper()
	must(t, os.Lchown(h.Real(path), uid, uid))
}

func (h *Host) chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	must(t, os.Chmod(h.Real(path), mode))
}

// wantOwner checks that path is refused as another user's, nil for allowed.
func (h *Host) wantOwner(t *testing.T, path, owner string) {
	t.Helper()
	got, err := h.Resolve(path)
	var other *OtherUserError
	switch {
	case owner == "" && err != nil:
		t.Errorf("Resolve(%q): %v", path, err)
	case owner != "" && (!errors.As(err, &other) || other.User.Name != owner || other.Path != path):
		t.Errorf("Resolve(%q) = %q, %v; want it refused as %s's", path, got, err, owner)
	}
}

func TestElevatedKeepsOutOfOtherHomes(t *testing.T) {
	h := elevated(t, tree{
		"etc/to-amy": "-> /home/amy/file",
		"etc/to-bob": "-> ../home/bob",
		"opt/app/":   "",
	})
	h.wantOwner(t, "/home/amy", "amy")
	h.wantOwner(t, "/home/amy/file", "amy")
	h.wantOwner(t, "/etc/to-amy", "amy")
	h.wantOwner(t, "/etc/to-bob/x", "bob")
	h.wantOwner(t, "/root/../home/amy/file", "amy")
	h.wantOwner(t, "/home", "")
	h.wantOwner(t, "/root/file", "")
	h.wantOwner(t, "/usr/sbin/tool", "") // daemon's home by name, but root's
	if _, err := h.ReadFile("/home/amy/file", 10); !errors.As(err, new(*OtherUserError)) {
		t.Errorf("ReadFile: %v", err)
	}
	if _, err := h.ReadDir("/home/amy"); !errors.As(err, new(*OtherUserError)) {
		t.Errorf("ReadDir: %v", err)
	}
	if got, err := h.Glob("/home/*/file"); len(got) != 0 || !errors.As(err, new(*OtherUserError)) {
		t.Errorf("Glob = %q, %v", got, err)
	}
}

// What is inside a home is not even looked at: that nothing is there must not
// show, and root-owned files in it change nothing.
func TestHomesAreComparedByName(t *testing.T) {
	h := elevated(t, tree{"home/amy/by-root/file": ""})
	h.wantOwner(t, "/home/amy/none", "amy")
	h.wantOwner(t, "/home/amy/none/none/none", "amy")
	h.wantOwner(t, "/home/amy/by-root/file", "amy")
}

func TestAHomeThatIsALink(t *testing.T) {
	h := elevated(t, tree{"data/cat/file": "", "home/cat": "-> /data/cat"})
	const catUID = 65503
	must(t, os.WriteFile(h.Real("/etc/passwd"), []byte("cat:x:65503:65503::/home/cat:/bin/sh\n"), 0o644))
	h.give(t, catUID, "/data/cat")
	h.wantOwner(t, "/home/cat/file", "cat")
	h.wantOwner(t, "/data/cat/file", "cat")
	if cat := (User{Name: "cat", UID: catUID, Home: "/home/cat"}); !h.OwnsHome(cat) {
		t.Error("a linked home is not its owner's")
	}
}

func TestElevatedSkipsOtherUsersDirectoriesAndLinks(t *testing.T) {
	h := elevated(t, tree{
		"opt/amys/cacerts": "", "opt/roots/cacerts": "", "opt/link": "-> /opt/roots",
		"srv/stranger/file": "",
	})
	h.give(t, amyUID, "/opt/amys")
	h.give(t, amyUID, "/opt/link")
	h.give(t, bobUID, "/opt/roots/cacerts") // the file alone: root's directory decides
	h.give(t, 65509, "/srv/stranger")
	h.wantOwner(t, "/opt/amys/cacerts", "amy")
	h.wantOwner(t, "/opt/amys/none", "amy")
	h.wantOwner(t, "/opt/link/cacerts", "amy")
	h.wantOwner(t, "/opt/link", "amy")
	h.wantOwner(t, "/opt/roots/cacerts", "")
	var other *OtherUserError
	if _, err := h.Resolve("/srv/stranger/file"); !errors.As(err, &other) || other.User.UID != 65509 {
		t.Errorf("a user without a name: %v", err)
	}
}

func TestElevatedInSharedDirectories(t *testing.T) {
	h := elevated(t, tree{
		"tmp/roots": "", "tmp/amys": "", "tmp/dir/file": "", "open/file": "", "open/dir/file": "",
		"opt/link": "-> /tmp/amys",
	})
	h.chmod(t, "/tmp", os.ModeSticky|0o777)
	h.chmod(t, "/open", 0o777)
	h.give(t, amyUID, "/tmp/amys")
	h.wantOwner(t, "/tmp/roots", "")
	h.wantOwner(t, "/tmp/dir/file", "")
	h.wantOwner(t, "/tmp/new", "")
	h.wantOwner(t, "/tmp/amys", "amy") // she may put a link in its place
	h.wantOwner(t, "/tmp/dir/../amys", "amy")
	h.wantOwner(t, "/opt/link", "amy")
	for _, path := range []string{"/open/file", "/open/dir/file", "/open"} {
		if got, err := h.Resolve(path); !errors.Is(err, ErrInsecurePath) {
			t.Errorf("Resolve(%q) = %q, %v", path, got, err)
		}
	}
}

func TestOrdinaryUserIsNotGuarded(t *testing.T) {
	h := elevated(t, nil)
	h = &Host{Root: h.Root, OS: "linux", Account: &User{UID: bobUID, GID: bobUID, Home: "/home/bob"}}
	h.wantOwner(t, "/home/amy/file", "")
	if h.Elevated() {
		t.Error("bob is elevated")
	}
}

// sudo may leave HOME pointing at the home of whoever called it.
func TestForeignHomeOfRoot(t *testing.T) {
	h := elevated(t, nil)
	me := User{UID: 0, GID: 0, Home: "/home/amy"}
	h = &Host{Root: h.Root, OS: "linux", Account: &me}
	if h.OwnsHome(me) {
		t.Error("amy's home passes for root's")
	}
	h.wantOwner(t, "/home/amy/.mozilla", "amy")
}

func TestOwnsHome(t *testing.T) {
	h := elevated(t, tree{"home/file": ""})
	for _, test := range []struct {
		user User
		want bool
	}{
		{User{UID: amyUID, Home: "/home/amy"}, true},
		{User{UID: amyUID, Home: "/home/amy/../amy"}, true},
		{User{UID: bobUID, Home: "/home/amy"}, false},
		{User{UID: 0, Home: "/root"}, true},
		{User{UID: 0, Home: "/home/file"}, false},
		{User{UID: 0, Home: "/none"}, false},
		{User{UID: 0, Home: "/"}, false},
		{User{UID: 0, Home: "/.."}, false},
		{User{UID: 0, Home: ""}, false},
		{User{UID: 0, Home: "."}, false}, // not where the process happens to be
	} {
		if got := h.OwnsHome(test.user); got != test.want {
			t.Errorf("OwnsHome(%+v) = %v", test.user, got)
		}
	}
}

// On Windows other users' profiles are entered, but not through links.
func TestElevatedOnWindowsRefusesLinksInProfiles(t *testing.T) {
	root := t.TempDir()
	tree{
		"C:/Users/amy/file":     "",
		"C:/Users/amy/link":     "-> file",
		"C:/Users/amy/junction": "-> ../../Windows",
		"C:/Users/admin/link":   "-> file",
		"C:/Users/admin/file":   "",
		"C:/Windows/file":       "",
		"C:/ProgramData/link":   "-> ../Windows",
	}.in(t, root)
	h := &Host{
		Root: root, OS: "windows",
		Account:  &User{UID: 0, Home: `C:\Users\Admin`},
		Accounts: []User{{Name: "amy", UID: -1, Home: `C:\Users\Amy`}, {Name: "admin", UID: -1, Home: `C:\users\admin`}},
	}
	for path, want := range map[string]error{
		`C:\Users\amy\file`:          nil,
		`C:\Users\amy\link`:          ErrInsecurePath,
		`C:\Users\amy\junction\file`: ErrInsecurePath,
		`C:\Users\admin\link`:        nil,
		`C:\ProgramData\link\file`:   nil,
	} {
		if got, err := h.Resolve(path); !errors.Is(err, want) {
			t.Errorf("Resolve(%q) = %q, %v; want %v", path, got, err, want)
		}
	}
}

func TestUsersComeFromTheTree(t *testing.T) {
	h := ordinary(t, tree{
		"etc/passwd":  "-> /data/users", // absolute: the host has no such file
		"data/users":  "amy:x:65501:65501:Amy:/home/amy:/bin/sh\n",
		"Users/x/y":   "",
		"etc/pipe/":   "",
		"other/stuff": "",
	})
	users, err := h.Users()
	if err != nil || len(users) != 1 || users[0] != (User{Name: "amy", UID: amyUID, GID: amyUID, Home: "/home/amy"}) {
		t.Errorf("Users = %+v, %v", users, err)
	}
	mac := &Host{Root: h.Root, OS: "darwin"}
	users, err = mac.Users()
	if err != nil || len(users) != 1 || users[0].Name != "x" || users[0].UID != os.Geteuid() || users[0].Home != "/Users/x" {
		t.Errorf("Users of a Mac = %+v, %v", users, err)
	}
	for _, system := range []string{"linux", "darwin", "windows"} {
		empty := &Host{Root: filepath.Join(h.Root, "other"), OS: system}
		if users, err := empty.Users(); len(users) != 0 || err != nil {
			t.Errorf("%s without users: %+v, %v", system, users, err)
		}
	}
}

// Who may write to a directory by its group, or an access list, can put a link
// in the place of what root is about to open.
func TestElevatedInDirectoriesOfGroups(t *testing.T) {
	h := elevated(t, tree{
		"etc/group":            "root:x:0:\nstaff:x:50:\ndevelopers:x:4001:amy\n",
		"opt/team/jdk/cacerts": "", "opt/staff/jdk/cacerts": "", "opt/wheel/jdk/cacerts": "", "opt/unknown/x": "",
		"opt/amys/jdk/cacerts": "", "opt/sticky/root": "", "opt/sticky/amys": "", "opt/list/x": "",
	})
	group := func(path string, gid int, mode os.FileMode) {
		t.Helper()
		must(t, os.Chown(h.Real(path), 0, gid))
		h.chmod(t, path, mode)
	}
	group("/opt/team/jdk", 4001, 0o775)
	group("/opt/staff/jdk", 50, os.ModeSetgid|0o775)
	group("/opt/wheel/jdk", 0, 0o775)
	group("/opt/unknown", 4002, 0o775)
	group("/opt/amys/jdk", amyUID, 0o775) // amy's own group
	group("/opt/sticky", 4001, os.ModeSticky|0o775)
	h.give(t, amyUID, "/opt/sticky/amys")
	group("/opt/list", 0, 0o755)
	// user::rwx, user:amy:rwx, group::r-x, mask::rwx, other::r-x (linux/posix_acl_xattr.h)
	list := []byte{2, 0, 0, 0}
	for _, e := range [][3]uint32{{1, 7, ^uint32(0)}, {2, 7, amyUID}, {4, 5, ^uint32(0)}, {16, 7, ^uint32(0)}, {32, 5, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(list, uint16(e[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(e[1]))
		list = binary.LittleEndian.AppendUint32(list, e[2])
	}
	insecure := []string{"/opt/team/jdk/cacerts", "/opt/unknown/x", "/opt/amys/jdk/cacerts"}
	switch err := unix.Setxattr(h.Real("/opt/list"), "system.posix_acl_access", list, 0); {
	case err == nil:
		insecure = append(insecure, "/opt/list/x")
	case !errors.Is(err, unix.ENOTSUP):
		t.Fatal(err)
	}
	for _, path := range insecure {
		if got, err := h.Resolve(path); !errors.Is(err, ErrInsecurePath) {
			t.Errorf("Resolve(%q) = %q, %v", path, got, err)
		}
	}
	h.wantOwner(t, "/opt/staff/jdk/cacerts", "")
	h.wantOwner(t, "/opt/wheel/jdk/cacerts", "")
	h.wantOwner(t, "/opt/sticky/root", "")
	h.wantOwner(t, "/opt/sticky/amys", "amy")
	// A directory service may know who is in staff.
	must(t, os.WriteFile(h.Real("/etc/nsswitch.conf"), []byte("passwd: files sss\ngroup:  files [SUCCESS=merge] sss # LDAP\n"), 0o644))
	if got, err := h.Resolve("/opt/staff/jdk/cacerts"); !errors.Is(err, ErrInsecurePath) {
		t.Errorf("Resolve = %q, %v", got, err)
	}
}

// A user whom only a directory service knows works with the group of the home,
// unless that comes from the directory above.
func TestGroupOfAUserOfADirectoryService(t *testing.T) {
	h := elevated(t, tree{"home/dora/file": "", "srv/shared/dora/file": ""})
	const dora, doras, mail = 65504, 65599, 8
	must(t, os.Chown(h.Real("/home/dora"), dora, doras))
	must(t, os.Chown(h.Real("/srv/shared/dora"), dora, mail))
	h.chmod(t, "/srv/shared", os.ModeSetgid|0o755)
	for path, gid := range map[string]int{"/home/dora/file": doras, "/srv/shared/dora/file": -1} {
		var other *OtherUserError
		if _, err := h.Resolve(path); !errors.As(err, &other) || other.User.UID != dora || other.User.GID != gid {
			t.Errorf("%s: %v, %+v", path, err, other)
		}
	}
}

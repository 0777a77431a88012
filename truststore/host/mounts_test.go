package host

import "testing"

func TestMountType(t *testing.T) {
	const table = `/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/local\040disk ext4 rw 0 0
`
	for path, want := range map[string]string{
		"/etc":                  "ext4",
		"/home":                 "nfs4",
		"/home/amy/x":           "nfs4",
		"/homeless":             "ext4",
		"/home/local disk/ben":  "ext4",
		"/home/local disks/ben": "nfs4",
	} {
		if got := mountOf(parseMounts(table), path).kind; got != want {
			t.Errorf("mountOf(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestOnNetworkOfWindows(t *testing.T) {
	h := &Host{OS: "windows"}
	for path, want := range map[string]bool{
		`\\server\homes\amy`: true, `//server/homes`: true, `\\?\UNC\server\homes`: true,
		`C:\Users\amy`: false, `\\?\C:\Users`: false, `\\?\Volume{1}\Users`: false, `\\.\NUL`: false, `C:/`: false,
	} {
		if got := h.OnNetwork(path); got != want {
			t.Errorf("OnNetwork(%q) = %v", path, got)
		}
	}
}

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
		if _, got := mountOf(table, path); got != want {
			t.Errorf("mountOf(%q) = %q, want %q", path, got, want)
		}
	}
}

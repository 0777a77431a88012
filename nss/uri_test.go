package nss

import (
	"errors"
	"testing"
)

func TestFileURI(t *testing.T) {
	for _, test := range []struct{ goos, path, want string }{
		{"linux", "/home/a/cert9.db", "file:///home/a/cert9.db?mode=ro"},
		{"linux", "/a b#?%&'/c", "file:///a%20b%23%3F%25%26%27/c?mode=ro"},
		{"linux", `/a\b:c`, "file:///a%5Cb:c?mode=ro"},
		{"linux", "/香", "file:///%E9%A6%99?mode=ro"},
		{"linux", "//double", "file:////double?mode=ro"},
		{"darwin", "/Users/a/Library/Application Support/x", "file:///Users/a/Library/Application%20Support/x?mode=ro"},
		{"windows", `C:\Users\Ämy\cert9.db`, "file:///C:/Users/%C3%84my/cert9.db?mode=ro"},
		{"windows", `C:/Users/x`, "file:///C:/Users/x?mode=ro"},
		{"windows", `\\server\share\x y`, "file:////server/share/x%20y?mode=ro"},
		{"windows", `\\?\C:\long`, "file:///C:/long?mode=ro"},
		{"windows", `\\?\UNC\server\share\x`, "file:////server/share/x?mode=ro"},
		{"windows", `C:\100%\a#b`, "file:///C:/100%25/a%23b?mode=ro"},
	} {
		if got, err := fileURI(test.goos, test.path, "ro"); err != nil || got != test.want {
			t.Errorf("fileURI(%s, %q) = %q, %v, want %q", test.goos, test.path, got, err, test.want)
		}
	}
	for _, path := range []string{"", "/a\x00b"} {
		if got, err := fileURI("linux", path, "rw"); !errors.Is(err, ErrUnsafeFile) {
			t.Errorf("fileURI(%q) = %q, %v", path, got, err)
		}
	}
}

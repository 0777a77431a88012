package namespace_test

import (
	"os"
	"testing"

	"github.com/hktrust/hktrust/testdata/namespace"
)

func TestNothingStays(t *testing.T) {
	const file = "/etc/hktrust-namespace-test"
	if namespace.Enter(t, "/etc", "/usr/local/share") {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if _, err := os.Lstat(file); err == nil {
		os.Remove(file)
		t.Fatal("what was written inside stayed")
	}
}

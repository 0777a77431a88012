package anchors_test

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(childDial); addr != "" {
		os.Exit(dial(addr))
	}
	os.Exit(m.Run())
}

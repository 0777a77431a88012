//go:build !linux

package truststore_test

import (
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

func readOnly(t *testing.T, _ string) { oracle.Missing(t, "bind mounts") }

func smallDisk(t *testing.T, _ string) { oracle.Missing(t, "memory file systems") }

package main

import (
	"os"

	"github.com/hktrust/hktrust/truststore/host"
)

const openNonblock = 0

// onlyOurs checks that nobody but administrators and this user could have
// written to a file, or exchanged it.
func onlyOurs(f *os.File) error {
	if host.OursOnly(f) != nil {
		return errOthersCanWrite
	}
	return nil
}

// mayPassOn: on Windows no process works as another user.
func mayPassOn(*os.File) error { return nil }

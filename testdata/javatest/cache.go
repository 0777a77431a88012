package javatest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gofrs/flock"
)

// cached returns a directory that build has filled, on the first call on this
// machine. Several test binaries may ask at once.
func cached(t testing.TB, name string, build func(dir string) error) string {
	t.Helper()
	base := filepath.Join(os.TempDir(), fmt.Sprintf("hktrust-test-%d", os.Getuid()))
	if err := os.Mkdir(base, 0o700); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	// The name can be foreseen: in a shared directory, nobody else may have
	// made it and be able to change what we run.
	if info, err := os.Lstat(base); err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !ownedByUs(info) {
		t.Fatalf("%s is not a private directory of this user", base)
	}
	lock := flock.New(filepath.Join(base, name+".lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	done := filepath.Join(base, name)
	if _, err := os.Stat(done); err == nil {
		return done
	}
	fresh, err := os.MkdirTemp(base, name+"-")
	if err != nil {
		t.Fatal(err)
	}
	if err := build(fresh); err != nil {
		os.RemoveAll(fresh)
		t.Fatal(err)
	}
	if err := os.Rename(fresh, done); err != nil {
		t.Fatal(err)
	}
	return done
}

// digest names a set of inputs.
func digest(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:", len(part))
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

package nss

import (
	"fmt"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// DirOf returns the directory of the database that a person or a program names:
// "sql:DIR" and "DIR" as certutil takes them, or the path of one of the files in
// it (cert9.db, key4.db, pkcs11.txt). Nothing is looked at; a nil Host means this
// machine's separators. "dbm:DIR" and the files of that format are ErrLegacyDB,
// and "extern:", "rdb:" and "multiaccess:", which are no directories, are
// ErrUnsupported; the directory is returned all the same where there is one.
func DirOf(h *host.Host, name string) (dir string, err error) {
	if h == nil {
		h = new(host.Host)
	}
	dir = name
	if kind, rest, ok := strings.Cut(name, ":"); ok {
		switch kind {
		case "sql":
			dir = rest
		case "dbm":
			dir, err = rest, fmt.Errorf("%w: %s", ErrLegacyDB, name)
		case "extern", "rdb", "multiaccess":
			return "", fmt.Errorf("%w: %s", ErrUnsupported, name)
		}
	}
	if dir == "" {
		return "", fmt.Errorf("%w: %q names no directory", ErrNoDatabase, name)
	}
	switch base := h.Base(dir); base {
	case certFile, keyFile, "pkcs11.txt":
		dir = h.Dir(dir)
	case "cert8.db", "key3.db", "secmod.db":
		dir, err = h.Dir(dir), fmt.Errorf("%w: %s", ErrLegacyDB, name)
	}
	return dir, err
}

// OwnName reports whether a file or directory by this name belongs to NSS, so
// that nothing else may be made there.
func OwnName(base string) bool {
	switch base {
	case certFile, keyFile, "pkcs11.txt", "cert8.db", "key3.db", "secmod.db", "nssdb":
		return true
	}
	return false
}

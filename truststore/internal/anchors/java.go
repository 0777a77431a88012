package anchors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"sync"

	"github.com/hktrust/hktrust/truststore/host"
)

// javaStore is the Java keystore that an updater keeps.
type javaStore struct {
	path string
	// What Debian's hook, in ca-certificates-java, adds: a prefix to the
	// aliases, which are the names of the links in /etc/ssl/certs, itself, and
	// a file of settings.
	alias, hook, settings string
}

const (
	maxJava     = 64 << 20
	maxSettings = 1 << 20
	javaProgram = "/usr/bin/java" // Debian's hook does nothing without
)

var keepsJava = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*cacerts_updates=["']?yes`)
})

// read returns the keystore's bytes, nil where the updater keeps none that can
// be looked into: names and certificates stand in a JKS file as they are
// (java.md: JavaKeyStore.engineStore), in others they need not.
func (j javaStore) read(h *host.Host) ([]byte, error) {
	if j.path == "" || j.hook != "" && !j.kept(h) {
		return nil, nil
	}
	data, err := h.ReadFile(j.path, maxJava)
	if host.Missing(err) || errors.Is(err, fs.ErrPermission) || err == nil && !bytes.HasPrefix(data, []byte("\xfe\xed\xfe\xed")) {
		return nil, nil
	}
	return data, err
}

// kept reports whether Debian's hook works. Users other than root may not read
// its settings, and cannot tell.
func (j javaStore) kept(h *host.Host) bool {
	hook, err := h.Stat(j.hook)
	if err != nil || hook.Mode().Perm()&0o111 == 0 || !h.IsFile(javaProgram) {
		return false
	}
	settings, err := h.ReadFile(j.settings, maxSettings)
	return err == nil && keepsJava().Match(settings)
}

// holds reports whether the keystore has the certificate by the updater's work.
func (j javaStore) holds(data []byte, name string, der []byte) bool {
	if j.alias == "" {
		return bytes.Contains(data, der)
	}
	alias := j.alias + name + ".pem"
	return bytes.Contains(data, append(binary.BigEndian.AppendUint16(nil, uint16(len(alias))), alias...))
}

// names lists the names of the files that the keystore has aliases of, which
// Java writes in small letters.
func (j javaStore) names(data []byte) []string {
	if j.alias == "" {
		return nil
	}
	var out []string
	start := []byte(j.alias)
	for at := 2; at < len(data); {
		i := bytes.Index(data[at:], start)
		if i < 0 {
			break
		}
		at += i
		length := int(binary.BigEndian.Uint16(data[at-2:]))
		if at+length <= len(data) {
			if name := j.nameOf(string(data[at : at+length])); name != "" {
				out = append(out, name)
			}
		}
		at += len(start)
	}
	return out
}

// nameOf is the name of the file that an alias stands for, "" where it is not
// the updater's.
func (j javaStore) nameOf(alias string) string {
	name, ok := strings.CutPrefix(alias, j.alias)
	name, pem := strings.CutSuffix(name, ".pem")
	if j.alias == "" || !ok || !pem {
		return ""
	}
	return name
}

// Orphans returns a function that tells which aliases, in the Java keystore that
// the updater keeps, stand for certificates that the store no longer has.
func (s *Store) Orphans() (func(alias string) bool, error) {
	found, err := s.links()
	if err != nil || s.family.java.alias == "" || s.deferred() {
		return func(string) bool { return false }, err
	}
	return func(alias string) bool {
		name := strings.ToLower(s.family.java.nameOf(alias))
		return name != "" && !found.live[name+".pem"]
	}, nil
}

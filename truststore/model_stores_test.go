//go:build unix

package truststore_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	keystore "github.com/pavlo-v-chernykh/keystore-go/v4"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// modelEntry is what an independent reader sees under a name.
type modelEntry struct {
	cert  int    // its number in the model; -1 for one that no goal names
	stamp string // what else identifies it: the date of a JKS entry, the flags in NSS
}

// modelStore is a kind of store as others than hktrust read and write it.
type modelStore interface {
	// file is the store's name below the directory that holds it.
	file() string
	// fresh makes a store at a path where there is none.
	fresh(t testing.TB, path string)
	read(t testing.TB, path string) map[string]modelEntry
	put(t testing.TB, path, name string, cert int)
	drop(t testing.TB, path, name string)
	// shares reports whether two entries can have one certificate, or a new
	// entry of an old name can be told from the old one.
	shares() bool
}

// modelJKS reads with keystore-go, and writes with it or, if slow, with keytool.
type modelJKS struct {
	certs []javatest.Certificate
	base  javatest.Certificate // somebody's own, which no goal names
	slow  bool
}

var modelPassword = []byte("changeit")

func (s modelJKS) file() string { return "cacerts" }
func (s modelJKS) shares() bool { return true }

func (s modelJKS) load(t testing.TB, path string) keystore.KeyStore {
	t.Helper()
	ks := keystore.New(keystore.WithOrderedAliases())
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := ks.Load(f, modelPassword); err != nil {
		t.Fatal(err)
	}
	return ks
}

func (s modelJKS) store(t testing.TB, path string, ks keystore.KeyStore) {
	t.Helper()
	f, err := os.Create(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := ks.Store(f, modelPassword); err != nil {
		t.Fatal(err)
	}
	rename(t, path+".new", path)
}

// modelEpoch is before every date that hktrust gives.
var modelEpoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func trustedEntry(c javatest.Certificate) keystore.TrustedCertificateEntry {
	return keystore.TrustedCertificateEntry{
		CreationTime: modelEpoch.Add(time.Since(modelEpoch) / 2).Truncate(time.Millisecond),
		Certificate:  keystore.Certificate{Type: "X.509", Content: c.Raw},
	}
}

func (s modelJKS) fresh(t testing.TB, path string) {
	t.Helper()
	ks := keystore.New(keystore.WithOrderedAliases())
	if err := ks.SetTrustedCertificateEntry("base", trustedEntry(s.base)); err != nil {
		t.Fatal(err)
	}
	s.store(t, path, ks)
}

func (s modelJKS) read(t testing.TB, path string) map[string]modelEntry {
	t.Helper()
	ks, out := s.load(t, path), map[string]modelEntry{}
	for _, alias := range ks.Aliases() {
		e, err := ks.GetTrustedCertificateEntry(alias)
		if err != nil {
			t.Fatal(err)
		}
		out[alias] = modelEntry{s.number(e.Certificate.Content), fmt.Sprint(e.CreationTime.UnixMilli())}
	}
	return out
}

func (s modelJKS) number(der []byte) int {
	for i, c := range s.certs {
		if c.SHA256() == sha256.Sum256(der) {
			return i
		}
	}
	return -1
}

func (s modelJKS) put(t testing.TB, path, name string, cert int) {
	t.Helper()
	if s.slow {
		if _, there := s.read(t, path)[name]; there {
			deleteAlias(t, path, name)
		}
		importCert(t, path, name, s.certs[cert])
		return
	}
	ks := s.load(t, path)
	if err := ks.SetTrustedCertificateEntry(name, trustedEntry(s.certs[cert])); err != nil {
		t.Fatal(err)
	}
	s.store(t, path, ks)
}

func (s modelJKS) drop(t testing.TB, path, name string) {
	t.Helper()
	if s.slow {
		deleteAlias(t, path, name)
		return
	}
	ks := s.load(t, path)
	ks.DeleteEntry(name)
	s.store(t, path, ks)
}

// modelNSS is certutil.
type modelNSS struct {
	generation
	certs []javatest.Certificate
	base  javatest.Certificate
}

func (s modelNSS) file() string { return "profile" }
func (s modelNSS) shares() bool { return false }

func (s modelNSS) fresh(t testing.TB, path string) {
	t.Helper()
	s.newDB(t, path)
	s.add(t, path, "base", "C,,", s.base.Raw)
}

func (s modelNSS) read(t testing.TB, path string) map[string]modelEntry {
	t.Helper()
	out := map[string]modelEntry{}
	for line := range strings.Lines(s.run(t, path, "-L")) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.Count(fields[len(fields)-1], ",") != 2 || fields[0] == "SSL,S/MIME,JAR/XPI" {
			continue
		}
		name := strings.Join(fields[:len(fields)-1], " ")
		e := modelEntry{-1, fields[len(fields)-1]}
		for i, c := range s.certs {
			if strings.HasPrefix(name, truststore.EntryName(c.Certificate)) || strings.HasPrefix(name, fmt.Sprintf("admin %d", i)) {
				e.cert = i
			}
		}
		out[name] = e
	}
	return out
}

func (s modelNSS) put(t testing.TB, path, name string, cert int) {
	t.Helper()
	s.add(t, path, name, "C,,", s.certs[cert].Raw)
}

func (s modelNSS) drop(t testing.TB, path, name string) { s.run(t, path, "-D", "-n", name) }

// copyStore copies a file, or a directory of files.
func copyStore(t testing.TB, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		write(t, to, read(t, from))
		return
	}
	mkdir(t, to)
	for _, name := range names(t, from) {
		if !strings.HasPrefix(name, ".") {
			write(t, filepath.Join(to, name), read(t, filepath.Join(from, name)))
		}
	}
}

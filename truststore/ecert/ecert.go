// Package ecert says what is in a personal e-Cert file (a .p12 or .pfx file, in
// PKCS#12) and whether it would work: whose certificate it is, who issued it,
// whether the key belongs to it, whether the password is right, what it can be
// used for. It also finds such files ([Finder]). It knows no trust store and
// writes nothing.
//
//	in := (&ecert.Inspector{}).File(ctx, "/media/amy/USB/ecert.p12", &password)
//	for _, f := range in.AllFindings() { … }
//
// A file is foreign: its size, its structure, its key derivations and its keys
// are bounded before anything is done with them, and everything wrong with it is
// a [Finding] with a [Code]. The text for people is the caller's.
//
// # Secrets
//
// Neither password nor private key appears in any result or error, and neither
// is written anywhere. A key is decrypted to prove that it belongs to its
// certificate, by one signature, and what can be reached of it is then
// overwritten, together with what was derived from the password.
//
// How well that works was measured in core dumps. A program built with
// GOEXPERIMENT=runtimesecret, on Linux, has nothing of the key in its memory when
// an inspection returns. Any other keeps copies that crypto/rsa and
// encoding/asn1 made (five of the private exponent) until the memory is used
// again or the process ends: let a process that opens other people's files be
// short-lived. The password is a Go string, which nobody can overwrite.
package ecert

import (
	"context"
	"path/filepath"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// MaxSize is the largest file, in bytes, that is read. An e-Cert file has less
// than 10 kB.
const MaxSize = 4 << 20

// Inspector inspects e-Cert files. The zero value looks at this machine's files
// and knows Hongkong Post's certification authority. It may be used by several
// goroutines at once; it must not be changed or copied after first use.
type Inspector struct {
	// Host is the machine whose files are read; nil is this machine.
	Host *host.Host
	// Authorities are the CA certificates to which e-Certs lead; nil means
	// [HongkongPost].
	Authorities []Authority
}

// File inspects the regular file at a path, following links. A nil password
// means that none is known: then what can be said without one is said, and the
// empty password is tried. The file is read until it is the same twice. The
// result is never nil.
func (i *Inspector) File(ctx context.Context, path string, password *string) *Inspection {
	var data []byte
	path, err := absolute(i.host(), path)
	if err == nil {
		data, err = readFile(ctx, i.host(), path)
	}
	if err != nil {
		in := &Inspection{Path: path}
		in.fail(readFailure(err), err)
		return in
	}
	in := i.Bytes(data, password)
	in.Path = path
	clear(data)
	return in
}

// Bytes inspects a file's content, which it does not keep.
func (i *Inspector) Bytes(data []byte, password *string) *Inspection {
	in := &Inspection{Size: int64(len(data))}
	authorities := i.Authorities
	if authorities == nil {
		authorities = HongkongPost()
	}
	x := examination{result: in, authorities: authorities, now: i.now()}
	secretly(func() { x.run(data, password) })
	return in
}

// absolute makes a path of this machine absolute; another machine has no working
// directory.
func absolute(h *host.Host, path string) (string, error) {
	if !h.Live() || h.IsAbs(path) {
		return path, nil
	}
	return filepath.Abs(path)
}

func (i *Inspector) host() *host.Host {
	if i.Host == nil {
		return &host.Host{}
	}
	return i.Host
}

func (i *Inspector) now() time.Time { return i.host().Now() }

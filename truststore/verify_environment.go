package truststore

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// bundleVariable is a variable of the environment that names certificates
// which programs trust.
type bundleVariable struct {
	name     string
	programs []string // those that heed it
	// adds: to what the programs bring or find elsewhere.
	adds bool
	// directories: it names those, joined as in PATH, in which OpenSSL looks for
	// files by the hash of a certificate's subject, and Go for all.
	directories bool
	// of is a program whose rules are taken to be those of the one in programs;
	// "" where it is that program itself.
	of string
	// given are the settings of a program that name the file and the directories,
	// where no variable does.
	given *curlFile
}

// bundlePlaces are a file of certificates and directories of such files, joined as
// in PATH; "" where none is named.
type bundlePlaces struct{ file, dirs string }

// path names the places for people.
func (p bundlePlaces) path() string {
	if p.file == "" {
		return p.dirs
	}
	return p.file
}

// places are what the variable names, and what counts with it.
func (v bundleVariable) places(h *host.Host) bundlePlaces {
	switch {
	case v.given != nil:
		return v.given.places
	case v.directories:
		return bundlePlaces{dirs: h.Getenv(v.name)}
	case v.name == certFile && h.Getenv(certFile) != "":
		return bundlePlaces{h.Getenv(certFile), h.Getenv(certDirectories)}
	}
	return bundlePlaces{file: h.Getenv(v.name)}
}

// What OpenSSL and Go read in place of the system's own file and directories
// (X509_get_default_cert_file_env; crypto/x509, root_unix.go).
const (
	certFile        = "SSL_CERT_FILE"
	certDirectories = "SSL_CERT_DIR"
)

// bundleVariables are in the order in which the programs look: the first that is
// set counts. wget and GnuTLS's own tools heed none.
var bundleVariables = []bundleVariable{
	{name: "CURL_CA_BUNDLE", programs: []string{"curl"}, adds: true}, // to the system's directory
	{name: "REQUESTS_CA_BUNDLE", programs: []string{"python"}, of: "Python requests"},
	// Each leaves the other half of the system's, file or directories, in place.
	{name: certFile, programs: []string{"curl", "openssl", "go", "python"}, adds: true},
	{name: certDirectories, programs: []string{"curl", "openssl", "go", "python"}, adds: true, directories: true},
	{name: "NODE_EXTRA_CA_CERTS", programs: []string{"node"}, adds: true},
	{name: "PIP_CERT", programs: []string{"python"}, of: "pip"},
	{name: "AWS_CA_BUNDLE", programs: []string{"python"}, of: "AWS CLI"},
	{name: "GIT_SSL_CAINFO", programs: []string{"curl"}, of: "git"},
}

// readBy names those of programs that heed the variable.
func (v bundleVariable) readBy(programs []string) string {
	if v.of != "" {
		return v.of
	}
	return strings.Join(programs, ", ")
}

// environmentBundles are the bundles that the environment names, each for the
// programs that trust by it.
func environmentBundles(m *Machine, system *Snapshot) (bundles []judgedStore, findings []Finding) {
	heeded := map[string]bool{}
	for _, v := range slices.Concat(curlSettings(m).bundles(m.host()), bundleVariables) {
		places := v.places(m.host())
		path := places.path()
		programs := slices.DeleteFunc(slices.Clone(v.programs), func(p string) bool { return v.of == "" && heeded[p] })
		if path != "" && v.name == certDirectories && m.host().Getenv(certFile) != "" {
			findings = append(findings, finding(CodeEnvironmentBundle, "variable", v.name, "path", path, "programs", strings.Join(v.programs, ", ")))
			continue // judged with the file
		}
		if path == "" || len(programs) == 0 {
			continue
		}
		readBy := v.readBy(programs)
		for _, p := range programs {
			heeded[p] = heeded[p] || v.of == ""
		}
		findings = append(findings, finding(CodeEnvironmentBundle, "variable", v.name, "path", path, "programs", readBy))
		bundles = append(bundles, v.bundle(m, places, programs, system))
	}
	return bundles, findings
}

// namedBundle is a bundle that a variable names for some programs.
type namedBundle struct {
	bundle
	variable bundleVariable
	heedful  []string // the programs whose rules are those of its readers
	// file are those of the file, hashed those that OpenSSL finds in the
	// directories, unhashed those that Go finds there as well.
	file, hashed, unhashed pemAnchors
	// void: the file is not there, or has nothing that is read. OpenSSL and Go
	// go on without it, curl and most others fail.
	void bool
	// both: file and directories are named, so that nothing stays the system's.
	both          bool
	curlReadsBoth bool
	python        string    // its version; "" where it is not known
	system        *Snapshot // the system's own store; nil where it is not known
}

func (b *namedBundle) readers(snap *Snapshot) []reader {
	var out []reader
	// What a snapshot has beside what was read would be in the file.
	added := slices.DeleteFunc(anchorsOf(snap), func(der []byte) bool {
		return slices.ContainsFunc(b.anchors, func(known []byte) bool { return bytes.Equal(der, known) })
	})
	for _, program := range b.heedful {
		version := ""
		if program == "python" {
			version = b.python
		}
		r := bundleReader(program, version, b.seenBy(program, added))
		if b.variable.adds && r.among == nil && b.system == nil && !b.both {
			r.elsewhere = because(ReasonSystemDirectory)
		}
		if b.variable.of != "" {
			r.program = b.variable.of
			r.assumed = because(ReasonVariableOf, "program", b.variable.of, "rules", program)
		}
		out = append(out, r)
	}
	return out
}

// seenBy are the anchors that a program finds here, and where it looks besides.
// An older curl that is told of directories asks for no file.
func (b *namedBundle) seenBy(program string, added [][]byte) anchorList {
	file, system, strict := b.file, b.variable.adds && !b.both, program == "curl" || b.variable.of != ""
	if program == "curl" && b.both && !b.curlReadsBoth {
		file, system, strict = nil, true, false
	}
	if b.void && strict && len(added) == 0 {
		return anchorList{}
	}
	ders, refused := file.readBy(program)
	hashed, _ := b.hashed.readBy(program)
	more := slices.Concat(hashed, added)
	if program == "go" {
		unhashed, _ := b.unhashed.readBy(program)
		more = append(more, unhashed...)
	}
	if system && b.system != nil {
		more = append(more, anchorListOf(b.system).foundBy(program, b.system).ders...)
	}
	if anchors.HeedsFirst(program) {
		more = slices.DeleteFunc(more, func(der []byte) bool {
			return slices.ContainsFunc(refused, func(r []byte) bool { return bytes.Equal(r, der) })
		})
	}
	ders = append(ders, more...)
	return anchorList{ders, parsedAll(ders)}
}

func (v bundleVariable) bundle(m *Machine, places bundlePlaces, programs []string, system *Snapshot) judgedStore {
	b := &namedBundle{bundle: bundle{path: places.path()}, variable: v, heedful: programs, system: system, python: pythonVersion(m.host())}
	out := judgedStore{info: b.Info(), store: b, machine: m, others: v.of != ""}
	if places.file != "" {
		b.both = places.dirs != ""
		b.curlReadsBoth = b.both && (v.given != nil || curlReadsBoth(m.host()))
		var err error
		if b.file, b.void, err = readBundle(m.host(), places.file); err != nil {
			out.err = storeError(out.info, "read", err)
			return out
		}
	}
	b.readDirectories(m.host(), places.dirs)
	b.anchors = slices.Concat(b.file.all(), b.hashed.all(), b.unhashed.all())
	snap, _ := b.Read(context.Background())
	out.snap = snap
	out.readers = b.readers(snap)
	return out
}

// pemAnchors are certificates of PEM files, and which programs take them for
// anchors: none of them reads DER or PKCS#7 there.
type pemAnchors []anchors.Seen

func (a pemAnchors) all() [][]byte {
	var out [][]byte
	for _, seen := range a {
		out = append(out, seen.DER)
	}
	return out
}

// readBy are those that a program takes for anchors, and those that it passes over.
func (a pemAnchors) readBy(program string) (taken, passed [][]byte) {
	for _, seen := range a {
		if seen.Readers.Have(program) {
			taken = append(taken, seen.DER)
		} else {
			passed = append(passed, seen.DER)
		}
	}
	return taken, passed
}

// readBundle reads a file as programs do; void if they find nothing in it. What is
// too large for us is not for them: that is the error.
func readBundle(h *host.Host, path string) (out pemAnchors, void bool, err error) {
	data, err := h.ReadFile(path, certfile.MaxSize)
	if errors.Is(err, host.ErrTooLarge) {
		return out, false, err
	}
	if err != nil {
		return out, true, nil
	}
	for _, seen := range anchors.InBundle(data) {
		if _, err := chain.Parse(seen.DER); err == nil {
			out = append(out, seen)
		}
	}
	return out, len(out) == 0, nil
}

// maxInDirectory bounds the files of one directory that are read.
const maxInDirectory = 10_000

// readDirectories reads the files that have certificates, and passes over what
// cannot be read, as the programs do.
func (b *namedBundle) readDirectories(h *host.Host, list string) {
	for _, dir := range filepath.SplitList(list) {
		entries, _ := h.ReadDir(dir)
		for _, e := range entries[:min(len(entries), maxInDirectory)] {
			certs, _, _ := readBundle(h, h.Join(dir, e.Name()))
			into := &b.unhashed
			if anchors.IsHash(e.Name()) {
				into = &b.hashed
			}
			*into = append(*into, certs...)
		}
	}
}

// withEnvironment adds the bundles that the environment names, in place of what
// their programs would read of the system's store.
func (v *Verifier) withEnvironment() {
	bundles, findings := environmentBundles(v.machine, v.system())
	for i, b := range bundles {
		bundles[i].source = v.sourceOf(b.info.Path)
		if b.others {
			continue
		}
		for i := range v.stores {
			v.stores[i].readers = slices.DeleteFunc(v.stores[i].readers, func(r reader) bool {
				return slices.ContainsFunc(b.readers, func(other reader) bool { return other.program == r.program })
			})
		}
	}
	v.stores, v.findings = append(v.stores, bundles...), append(v.findings, findings...)
}

// passOverByEnvironment says of the stores that were selected which programs the
// environment leads elsewhere.
func (v *Verifier) passOverByEnvironment() {
	bundles, _ := environmentBundles(v.machine, v.system())
	for _, b := range bundles {
		named, ok := b.store.(*namedBundle)
		if !ok || b.others {
			continue
		}
		for _, program := range named.heedful {
			v.passOver(program, because(ReasonVariable, "variable", named.variable.name, "store", b.info.Path))
		}
	}
}

// passOver says why a program looks at no store.
func (v *Verifier) passOver(program, why string) {
	for _, s := range v.stores {
		for i := range s.readers {
			if s.readers[i].program == program {
				s.readers[i].passedOver = why
			}
		}
	}
}

// system is what the system's own store holds; nil where that is not known.
func (v *Verifier) system() *Snapshot {
	for _, s := range v.stores {
		if s.snap != nil && backendOf(s.info.Kind).feeds {
			return s.snap
		}
	}
	return nil
}

// sourceOf is the store that a file is the bundle of; nil for a file of its own.
func (v *Verifier) sourceOf(file string) *judgedStore {
	names := []string{file}
	if resolved, err := v.machine.host().Resolve(file); err == nil {
		names = append(names, resolved)
	}
	for _, s := range v.stores {
		if s.snap != nil && slices.ContainsFunc(names, func(name string) bool { return slices.Contains(pathsOf(s.info), name) }) {
			return &s
		}
	}
	return nil
}

// withoutShadowed drops what is read in its stead by the same program: a
// cacerts beside a jssecacerts. Where the other store is not judged, the
// verdict stays, and says why it is none.
func (v *Verifier) withoutShadowed() {
	judged := func(path string) bool {
		return slices.ContainsFunc(v.stores, func(s judgedStore) bool { return slices.Contains(pathsOf(s.info), path) })
	}
	var kept []judgedStore
	for _, s := range v.stores {
		readers := slices.DeleteFunc(slices.Clone(s.readers), func(r reader) bool { return r.instead != "" && judged(r.instead) })
		if len(readers) < len(s.readers) {
			v.findings = append(v.findings, finding(CodeStoreShadowed, "path", s.info.Path, "store", s.insteads()))
		}
		if len(readers) > 0 || len(s.readers) == 0 {
			s.readers = readers
			kept = append(kept, s)
		}
	}
	v.stores = kept
}

// insteads names the stores that are read in the place of this one.
func (s judgedStore) insteads() string {
	var paths []string
	for _, r := range s.readers {
		if r.instead != "" && !slices.Contains(paths, r.instead) {
			paths = append(paths, r.instead)
		}
	}
	return strings.Join(paths, ", ")
}

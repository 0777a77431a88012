package truststore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/certfile"
)

// bundleVariable is a variable of the environment that names certificates
// which programs trust.
type bundleVariable struct {
	name     string
	programs []string // those that heed it
	// adds: to what the programs bring or find elsewhere. SSL_CERT_FILE leaves
	// the system's directory of certificates in place.
	adds bool
	// of is a program whose rules are taken to be those of the one in programs;
	// "" where it is that program itself.
	of string
}

// bundleVariables are in the order in which the programs look: the first that is
// set counts. wget and GnuTLS's own tools heed none.
var bundleVariables = []bundleVariable{
	{name: "CURL_CA_BUNDLE", programs: []string{"curl"}},
	{name: "REQUESTS_CA_BUNDLE", programs: []string{"python"}},
	{name: "SSL_CERT_FILE", programs: []string{"curl", "openssl", "go"}, adds: true},
	{name: "NODE_EXTRA_CA_CERTS", programs: []string{"node"}, adds: true},
	{name: "PIP_CERT", programs: []string{"python"}, of: "pip"},
	{name: "AWS_CA_BUNDLE", programs: []string{"python"}, of: "AWS CLI"},
	{name: "GIT_SSL_CAINFO", programs: []string{"curl"}, of: "git"},
}

// environmentBundles are the bundles that the environment names, each for the
// programs that trust by it.
func environmentBundles(m *Machine) (bundles []judgedStore, findings []Finding) {
	heeded := map[string]bool{}
	for _, v := range bundleVariables {
		path := m.host().Getenv(v.name)
		programs := slices.DeleteFunc(slices.Clone(v.programs), func(p string) bool { return v.of == "" && heeded[p] })
		if path == "" || len(programs) == 0 {
			continue
		}
		readBy := strings.Join(programs, ", ")
		if v.of != "" {
			readBy = v.of
		}
		for _, p := range programs {
			heeded[p] = heeded[p] || v.of == ""
		}
		findings = append(findings, finding(CodeEnvironmentBundle, "variable", v.name, "path", path, "programs", readBy))
		bundles = append(bundles, v.bundle(m, path, programs))
	}
	return bundles, findings
}

// namedBundle is a bundle that a variable names for some programs.
type namedBundle struct {
	bundle
	variable bundleVariable
	heedful  []string // the programs whose rules are those of its readers
}

func (b *namedBundle) readers(snap *Snapshot) []reader {
	var out []reader
	list := anchorListOf(snap)
	for _, program := range b.heedful {
		r := bundleReader(program, "", list)
		if b.variable.adds && r.among == nil {
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

func (v bundleVariable) bundle(m *Machine, path string, programs []string) judgedStore {
	b := &namedBundle{bundle{path: path}, v, programs}
	h := m.host()
	out := judgedStore{info: b.Info(), store: b, machine: m, others: v.of != ""}
	data, err := h.ReadFile(path, certfile.MaxSize)
	if err == nil {
		var certs []certfile.Certificate
		certs, err = certfile.Read(data)
		for _, c := range certs {
			b.anchors = append(b.anchors, c.DER)
		}
	}
	if err != nil {
		out.err = storeError(out.info, "read", fmt.Errorf("%s: %w", v.name, err))
		return out
	}
	snap, _ := b.Read(context.Background())
	out.snap = snap
	out.readers = b.readers(snap)
	return out
}

// withEnvironment adds the bundles that the environment names, in place of what
// their programs would read of the system's store.
func (v *Verifier) withEnvironment() {
	bundles, findings := environmentBundles(v.machine)
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

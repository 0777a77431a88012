package truststore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/clients"
)

// bundlePrograms are the programs that trust by the operating system's bundle;
// Python does, too, where its version is known. Those with bundles of their own,
// such as Node.js, are asked for by [VerifyOptions.As].
var bundlePrograms = [...]string{"openssl", "curl", "gnutls", "go"}

// bundleReaders are the programs that trust by a list of anchors.
func bundleReaders(m *Machine, snap *Snapshot) ([]reader, error) {
	var out []reader
	list := anchorListOf(snap)
	for _, program := range bundlePrograms {
		out = append(out, bundleReader(program, "", list.foundBy(program, snap)))
	}
	if version := pythonVersion(m.host()); version != "" {
		out = append(out, bundleReader("python", version, list.foundBy("python", snap)))
	}
	return out, nil
}

// pythonVersion is that of the distribution's Python, which its link tells, such
// as 3.11; "" where there is none.
func pythonVersion(h *host.Host) string {
	target, err := h.Resolve("/usr/bin/python3")
	if err != nil || !h.IsFile(target) {
		return ""
	}
	version, found := strings.CutPrefix(h.Base(target), "python")
	if _, _, err := majorMinor(version); !found || err != nil {
		return ""
	}
	return version
}

// foundBy are those that a program finds.
func (l anchorList) foundBy(program string, snap *Snapshot) anchorList {
	if snap.finds == nil {
		return l
	}
	found := *snap
	found.Entries = slices.DeleteFunc(slices.Clone(snap.Entries), func(e Entry) bool { return !snap.finds(program, e) })
	if len(found.Entries) == len(snap.Entries) {
		return l
	}
	return anchorListOf(&found)
}

// anchorList is the anchors of a store, as DER and read.
type anchorList struct {
	ders   [][]byte
	parsed []*chain.Certificate
}

func anchorListOf(snap *Snapshot) anchorList {
	ders := anchorsOf(snap)
	return anchorList{ders, parsedAll(ders)}
}

// bundleReader is a program of a version, "" for the newest that is known.
func bundleReader(program, version string, list anchorList) reader {
	anchors := list.ders
	if program == "go" {
		return reader{program: program, judge: func(presented [][]byte, q chain.Query) chain.Verdict {
			return clients.GoVerify(anchors, presented, q)
		}}
	}
	rules, store := clients.Named(program), chain.AnchorStore(list.parsed)
	assumed := ""
	switch major, minor, err := majorMinor(version); {
	case program == "python" && err == nil:
		rules = clients.Python(major, minor)
	case program == "node" && err == nil:
		rules = clients.Node(major)
	case program == "python", program == "node":
		assumed = because(ReasonRulesMayDiffer, "rules", newestRules[program])
	}
	r := reader{program: program, version: version, assumed: assumed, judge: func(presented [][]byte, q chain.Query) chain.Verdict {
		if q.Purpose == chain.Client && rules.Clients == nil {
			return chain.Verdict{Code: chain.Undecided, Why: because(ReasonClients, "program", program)}
		}
		return judgeBy(rules, store, presented, q)
	}}
	if program == "node" {
		// Extra certificates add to those that Node.js brings.
		r.among = func(roots, presented [][]byte, q chain.Query) chain.Verdict {
			return judgeBy(rules, chain.AnchorStore(parsedAll(append(roots, anchors...))), presented, q)
		}
	}
	return r
}

// newestRules names the versions whose rules are taken where none is given.
var newestRules = map[string]string{"python": "Python 3.13", "node": "Node.js 20"}

// anchorsOf lists, as DER, what a store makes an anchor for TLS servers.
func anchorsOf(snap *Snapshot) [][]byte {
	var out [][]byte
	for _, e := range snap.Entries {
		trusted := e.Trust.For(ServerAuth).Trusted()
		if snap.served != nil {
			trusted = snap.served(e)
		}
		if e.DER != nil && trusted {
			out = append(out, e.DER)
		}
	}
	return out
}

// KindBundle is the kind of the stores that [NewBundle] makes.
const KindBundle Kind = "bundle"

// bundle is a list of anchors that a program is given.
type bundle struct {
	path    string
	anchors [][]byte
}

// NewBundle is a store of anchors, given as DER, for [VerifyOptions.Stores]:
// what a file of certificates is for a program that is told to trust it. Path
// names it.
func NewBundle(path string, anchors [][]byte) Store { return &bundle{path, anchors} }

func (b *bundle) Info() Info {
	return Info{Kind: KindBundle, Path: b.path, Scope: ScopeUser, Intermediates: IntermediatesNone}
}

func (b *bundle) Read(context.Context) (*Snapshot, error) {
	snap := &Snapshot{Info: b.Info(), Blocked: errors.ErrUnsupported}
	for i, der := range b.anchors {
		snap.Entries = append(snap.Entries, NewEntry(der, AnchorTrust(fmt.Sprint(i))))
	}
	return snap, nil
}

// Apply changes nothing: a bundle is a copy.
func (b *bundle) Apply(context.Context, []Change) ([]Result, error) {
	return nil, storeError(b.Info(), "apply", errors.ErrUnsupported)
}

func (b *bundle) readers(snap *Snapshot) []reader {
	var out []reader
	list := anchorListOf(snap)
	for _, program := range bundlePrograms {
		out = append(out, bundleReader(program, "", list))
	}
	return out
}

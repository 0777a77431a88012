package truststore

import (
	"bytes"
	"maps"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// Cure is what would make a program trust a chain that it refuses.
type Cure string

// The cures.
const (
	CureEnsure Cure = "ensure"         // hktrust ensure: what it adds to the store is all that is missing
	CureBoth   Cure = "ensure-issuer"  // hktrust ensure adds the root, and the server should send its issuing CA
	CureIssuer Cure = "server-issuer"  // the server should send its issuing CA as well
	CureOrphan Cure = "issuer-or-root" // the issuer was not presented: the server should send it or, if it is a root, it has to be added
	CureRenew  Cure = "renew"          // the server needs another certificate
	CureHost   Cure = "host"           // ask for a name that the certificate is for
	CureClock  Cure = "clock"          // set the clock
	CureStore  Cure = "store"          // the store itself is to be mended
	CureAnchor Cure = "anchor"         // whoever is responsible for the machine decides about the root
	CureFile   Cure = "file"           // whoever keeps the file of anchors has to add the root to it
	CurePolicy Cure = "distrust"       // somebody told the store, or the program, to refuse it
)

// cure is what would help the program of a store's reader that refuses a chain,
// or whose verdict is not known. What adds to the store is advised only where
// the program, judged again with it, trusts the chain.
func (s *judgedStore) cure(c *judgedChain, i int, v chain.Verdict, q chain.Query) (Cure, *Remedy) {
	if !lacksRoot(v.Code) && v.Code != chain.Undecided && !c.namesake(v) && !c.staleInStore(v) {
		return cureOf(v.Code), nil
	}
	now := s.readers[i]
	switch {
	case now.passedOver != "":
		return "", nil
	case c.current:
		return s.cureOfCatalogued(c, i, q)
	case c.catalogued:
		return CureRenew, nil // under a root that programs should not trust any more
	case c.follow != nil && (len(c.fetched) == 0 || now.trusts(c.with(c.fetched), q)):
		return CureIssuer, nil
	case v.Code == chain.Undecided:
		return "", nil
	case s.ownFile():
		return CureFile, nil
	}
	r := anchorRemedy()
	snap := s.written().snap
	r.Elevated = snap != nil && snap.Blocked != nil && liftedByElevation(CodeOf(snap.Blocked))
	if c.orphan && !c.selfSigned() {
		return CureOrphan, r
	}
	return CureAnchor, r
}

// namesake reports whether a signature is wrong by a CA of the store alone, which
// has the name of the one that made it: the one that a CA had before it was made
// anew, say.
func (c *judgedChain) namesake(v chain.Verdict) bool {
	n := len(v.Path)
	if v.Code != chain.Signature || n < 2 || v.At == nil || v.At.Fingerprint != v.Path[n-2].Fingerprint {
		return false
	}
	return !c.sent(v.Path[n-1])
}

// staleInStore reports whether the certificate that has expired is the store's,
// which the server cannot renew.
func (c *judgedChain) staleInStore(v chain.Verdict) bool {
	return (v.Code == chain.Expired || v.Code == chain.AnchorExpired) && v.At != nil && !c.sent(v.At)
}

// sent reports whether the server presented a certificate.
func (c *judgedChain) sent(cert *chain.Certificate) bool {
	return slices.ContainsFunc(c.parsed, func(p *chain.Certificate) bool { return p.Fingerprint == cert.Fingerprint })
}

// cureOfCatalogued is the cure for a chain of Hongkong Post's.
func (s *judgedStore) cureOfCatalogued(c *judgedChain, i int, q chain.Query) (Cure, *Remedy) {
	whole := c.with(catalogueIssuers())
	after := s.ensured(q)
	// Where the root is there and ensure adds no issuing CA, the server is at fault.
	switch next := after.reader(i); {
	case next != nil && next.trusts(c.presented, q):
		return CureEnsure, after.remedy
	case s.readers[i].trusts(whole, q):
		return CureIssuer, nil
	case next != nil && next.trusts(whole, q):
		return CureBoth, after.remedy
	case next != nil:
		return cureOf(next.judge(whole, q).Code), nil
	}
	return after.cure, after.remedy
}

// trusts reports whether the program would trust a chain.
func (r reader) trusts(presented [][]byte, q chain.Query) bool {
	return r.passedOver == "" && r.judge(presented, q).OK()
}

// with is what is presented, and more after it.
func (c *judgedChain) with(more [][]byte) [][]byte { return slices.Concat(c.presented, more) }

// mending is what hktrust ensure would do for a store's programs.
type mending struct {
	readers []reader // once it is done; nil where it would do nothing
	cure    Cure     // in its place
	remedy  *Remedy
}

// reader is what becomes of a store's reader, if ensure does anything.
func (m mending) reader(i int) *reader {
	if i < len(m.readers) {
		return &m.readers[i]
	}
	return nil
}

// written is the store in which a certificate has to be for the readers to see it.
func (s *judgedStore) written() *judgedStore {
	if s.source != nil {
		return s.source
	}
	return s
}

// ownFile reports whether the store is a file of anchors that its owner keeps.
func (s *judgedStore) ownFile() bool { return s.written().info.Kind == KindBundle }

// ensured plans the profile "server" for the store, and reads the store as it
// would be then.
func (s *judgedStore) ensured(q chain.Query) mending {
	goal, err := HongkongPost(hkpost.Server, q.Time)
	w := s.written()
	if w.snap == nil || err != nil {
		return mending{}
	}
	if s.ownFile() {
		return mending{cure: CureFile}
	}
	plan := StorePlan{Info: w.info, blocked: w.snap.Blocked}
	plan.Changes, plan.Findings = planStore(goal, w.snap, history{})
	d := diagnosis{machine: s.machine}
	for _, c := range plan.Changes {
		switch {
		case c.Blocked == CodeDistrusted:
			return mending{cure: CurePolicy, remedy: d.remedyFor(Finding{Code: CodeRootDistrusted}, &plan)}
		case c.Blocked != "" && c.Blocked != CodeNeedsPerson && !liftedByElevation(c.Blocked):
			return mending{cure: CureStore, remedy: d.remedyForReason(c.Blocked, &plan)}
		}
	}
	if !slices.ContainsFunc(plan.Changes, Change.Effective) {
		return mending{}
	}
	readers, err := s.machine.readersOf(s.store, w.snap.with(plan.Changes), s.as)
	if err != nil {
		return mending{}
	}
	return mending{readers: readers, remedy: d.remedyFor(Finding{Code: CodeRootMissing}, &plan)}
}

// with is the snapshot as it would be after changes that add and trust.
func (s *Snapshot) with(changes []Change) *Snapshot {
	after, added := *s, map[Fingerprint]bool{}
	after.Entries = slices.Clone(s.Entries)
	for _, c := range changes {
		if c.Action != Add && c.Action != ChangeTrust {
			continue
		}
		added[c.SHA256] = true
		entry := Entry{SHA256: c.SHA256, DER: bytes.Clone(c.DER), Trust: c.After}
		entry.Trust.Levels = maps.Clone(c.After.Levels)
		after.Entries = append(slices.DeleteFunc(after.Entries, func(e Entry) bool { return e.SHA256 == c.SHA256 }), entry)
	}
	if s.served != nil {
		after.served = func(e Entry) bool { return added[e.SHA256] || s.served(e) }
	}
	if s.finds != nil {
		after.finds = func(program string, e Entry) bool { return added[e.SHA256] || s.finds(program, e) }
	}
	return &after
}

// cureOf is what would help against a refusal that no anchor would lift.
func cureOf(code chain.Code) Cure {
	switch code {
	case chain.StoreUnreadable:
		return CureStore
	case chain.NotYetValid:
		return CureClock
	case chain.Expired, chain.ExtKeyUsage, chain.KeyUsage, chain.WeakAlgorithm, chain.WeakKey, chain.SANUnreadable, chain.Signature,
		chain.ChainUnreadable, chain.Critical, chain.Revoked, chain.CAAsLeaf:
		return CureRenew
	case chain.HostMismatch, chain.HostIllegal:
		return CureHost
	case chain.Distrusted, chain.CADistrusted, chain.Blocked:
		return CurePolicy
	}
	return ""
}

package truststore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Verifier judges chains as the programs do that trust by some stores, which
// it has read once. It may be used by several goroutines at once.
type Verifier struct {
	machine  *Machine
	opt      VerifyOptions
	query    chain.Query
	stores   []judgedStore
	findings []Finding
}

// judgedStore is a store and who reads it; err is why it could not be read.
type judgedStore struct {
	info    Info
	readers []reader
	anchors [][]byte
	err     error

	// others: its readers are not the programs that they are named for.
	others  bool
	machine *Machine
	store   Store
	as      *Program
	snap    *Snapshot // nil where the store could not be read
	// source is the store that a file of anchors is made of; nil if it is a
	// store of its own.
	source *judgedStore
}

// reader is a program that trusts by a store, at the moment that it was read.
type reader struct {
	program string // as ParseProgram names it
	version string
	assumed string // why its rules may be others
	judge   func(presented [][]byte, q chain.Query) chain.Verdict

	// among is judge with further certificates as roots that the program
	// brings; nil for one that brings none, or only those that are known.
	among func(roots, presented [][]byte, q chain.Query) chain.Verdict
	// elsewhere says that, and which, other stores the program trusts by.
	elsewhere string
	// passedOver says why the program does not look at the store.
	passedOver string
	// instead is the store beside it that the program reads in its place.
	instead string
	// profile is the store of its own, beside this one, of the one profile
	// that the reader is; "" for all others.
	profile string
	// follows: the program fetches an issuer that the server omits.
	follows bool
}

// NewVerifier reads the stores of a machine, or those of the options, for
// judging any number of chains. [Verifier.VerifyConnection] makes a TLS client
// trust as the programs that read them do.
func (m *Machine) NewVerifier(ctx context.Context, opt VerifyOptions) (*Verifier, error) {
	m, err := m.prepared()
	if err != nil {
		return nil, err
	}
	v := &Verifier{machine: m, opt: opt}
	if v.query, err = opt.query(); err != nil {
		return nil, err
	}
	if err := opt.As.validate(m); err != nil {
		return nil, err
	}
	d := discovery{stores: opt.Stores}
	if opt.Stores == nil {
		if d, err = m.discover(ctx); err != nil {
			return nil, err
		}
	}
	v.findings = d.findings
	stores := judgedAlone(inOrder(d.stores))
	each(len(stores), readsAtOnce, func(i int) judgedStore { return m.judged(ctx, stores[i], opt.As) },
		func(s judgedStore) { v.stores = append(v.stores, s) })
	for _, p := range d.problems {
		v.stores = append(v.stores, judgedStore{info: p.Info, err: p})
	}
	v.withoutShadowed()
	switch {
	case opt.Stores != nil || opt.As != nil:
	case len(m.Select) == 0:
		v.withEnvironment()
	default:
		v.passOverByEnvironment()
	}
	if why := curlSettings(m).why(m.host()); why != "" && opt.Stores == nil && opt.As == nil {
		v.passOver("curl", why)
	}
	return v, ctx.Err()
}

// judgedAlone leaves out the stores that are judged with one beside them.
func judgedAlone(stores []Store) []Store {
	return slices.DeleteFunc(slices.Clone(stores), func(s Store) bool {
		beside := s.Info().beside
		return beside != "" && slices.ContainsFunc(stores, func(o Store) bool { return slices.Contains(pathsOf(o.Info()), beside) })
	})
}

// judged reads a store for whoever reads it.
func (m *Machine) judged(ctx context.Context, store Store, as *Program) judgedStore {
	out := judgedStore{info: store.Info()}
	m.working(out.info.Path)
	snap, err := store.Read(ctx)
	if err != nil {
		out.err = storeError(out.info, "read", err)
		return out
	}
	out.info, out.anchors = snap.Info, anchorsOf(snap)
	out.machine, out.store, out.as, out.snap = m, store, as, snap
	out.readers, out.err = m.readersOf(store, snap, as)
	return out
}

// readersOf are the programs that read a store as a snapshot has it or, if that
// is given, the one program that is to.
func (m *Machine) readersOf(store Store, snap *Snapshot, as *Program) ([]reader, error) {
	if as != nil {
		return as.readers(m, snap)
	}
	var readers []reader
	var err error
	if own, ok := store.(interface{ readers(*Snapshot) []reader }); ok {
		readers = own.readers(snap)
	} else if row := backendOf(snap.Info.Kind); row.readers != nil {
		readers, err = row.readers(m, snap)
	}
	for i := range readers {
		if why := passedOver(snap.Findings); why != "" {
			readers[i].passedOver = why
		}
	}
	return readers, err
}

// passedOver says why programs look elsewhere than at a store, if they do.
func passedOver(findings []Finding) string {
	for _, f := range findings {
		switch f.Code {
		case CodeStoreIgnored:
			return because(ReasonSetting, "setting", f.Args["setting"], "file", f.Args["file"])
		case CodeStoreOverridden:
			return because(ReasonVariable, "variable", f.Args["variable"], "store", f.Args["store"])
		case CodeOptionElsewhere:
			return because(ReasonVariable, "variable", f.Args["source"], "store", f.Args["store"])
		case CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeOptionUnread:
			return because(ReasonOption, "variable", f.Args["source"])
		case CodeSecurityUnknown:
			return because(ReasonSecurityFile, "variable", f.Args["source"], "file", f.Args["file"], "why", f.Args["why"])
		}
	}
	return ""
}

// at is the query for a server's name.
func (v *Verifier) at(name string) chain.Query {
	q := v.query
	if name != "" {
		q.ServerName = name
	}
	if q.Time.IsZero() {
		q.Time = v.machine.host().Now()
	}
	return q
}

// Verify judges a chain, given as DER, the server's certificate first. The
// verification is never nil.
func (v *Verifier) Verify(ctx context.Context, presented [][]byte) *Verification {
	return v.verify(ctx, "", presented, v.at(""))
}

func (v *Verifier) verify(ctx context.Context, target string, presented [][]byte, q chain.Query) *Verification {
	out := &Verification{
		Format: VerificationFormat, Target: target, ServerName: q.ServerName, Time: Date{q.Time.UTC()}, Verdicts: []Verdict{},
		Chain: presentedAs(presented, q.Time), Findings: slices.Clone(v.findings),
	}
	c := examined(presented, q)
	out.catalogued = c.catalogued
	if v.opt.FetchIssuers {
		c.fetch(ctx, v.machine)
		for _, p := range presentedAs(c.fetched, q.Time) {
			p.Fetched = true
			out.Chain = append(out.Chain, p)
		}
	}
	out.Findings = append(out.Findings, c.findings(q)...)
	each(len(v.stores), readsAtOnce, func(i int) []Verdict { return v.stores[i].verdicts(c, q) },
		func(verdicts []Verdict) { out.Verdicts = append(out.Verdicts, verdicts...) })
	if !v.opt.Time.IsZero() {
		out.leaveClock()
	}
	return out.conclude(ctx)
}

// leaveClock takes out what doubts the clock, where it was not asked.
func (v *Verification) leaveClock() {
	v.Findings = slices.DeleteFunc(v.Findings, func(f Finding) bool { return f.Code == Code(chain.FindingClock) })
	for i := range v.Verdicts {
		if v.Verdicts[i].Cure == CureClock {
			v.Verdicts[i].Cure = ""
		}
	}
}

// VerifyPeerCertificate is for the field of that name of [tls.Config], with
// InsecureSkipVerify set, as [Verifier.VerifyConnection] is; it knows no
// connection, so that the server's name must be in the options.
func (v *Verifier) VerifyPeerCertificate(presented [][]byte, _ [][]*x509.Certificate) error {
	return v.verify(context.Background(), "", presented, v.at("")).Err
}

// CertPool returns the anchors of the one store that the verifier has, as
// crypto/x509 takes them. It is [errors.ErrUnsupported] for several stores, and
// for one that a pool cannot express: whose program passes over it, brings
// roots of its own, or distrusts certificates. Certificates that Go cannot read
// are left out, and Go judges by its own rules: only [Verifier.VerifyConnection]
// decides as the programs do.
func (v *Verifier) CertPool() (*x509.CertPool, error) {
	if len(v.stores) != 1 {
		return nil, fmt.Errorf("%w: %d stores are no pool", errors.ErrUnsupported, len(v.stores))
	}
	s := v.stores[0]
	odd := func(r reader) bool { return r.among != nil || r.elsewhere != "" || r.passedOver != "" }
	if s.err != nil {
		return nil, s.err
	}
	if s.distrusts() || slices.ContainsFunc(s.readers, odd) {
		return nil, storeError(s.info, "express as a pool", errors.ErrUnsupported)
	}
	pool := x509.NewCertPool()
	for _, der := range s.anchors {
		if c, err := x509.ParseCertificate(der); err == nil {
			pool.AddCert(c)
		}
	}
	return pool, nil
}

// distrusts reports whether the store says of a certificate that it is not to be
// trusted.
func (s judgedStore) distrusts() bool {
	return s.snap != nil && (len(s.snap.Ghosts) > 0 || slices.ContainsFunc(s.snap.Entries, func(e Entry) bool { return e.Trust.For(ServerAuth) == Distrusted }))
}

// VerifyConnection is for the field of that name of [tls.Config], with
// InsecureSkipVerify set: the connection is refused unless every program that
// reads the stores would take it. The server's name is that of the connection,
// unless the options have one.
func (v *Verifier) VerifyConnection(state tls.ConnectionState) error {
	var presented [][]byte
	for _, c := range state.PeerCertificates {
		presented = append(presented, c.Raw)
	}
	name := v.opt.ServerName
	if name == "" {
		name = state.ServerName
	}
	return v.verify(context.Background(), state.ServerName, presented, v.at(name)).Err
}

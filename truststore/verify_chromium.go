package truststore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"sync"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/host"
)

// chromiumProfile is what of a browser's profile counts beside NSS's database.
type chromiumProfile struct {
	path    string // of its own store
	rows    map[[32]byte]nss.ProfileCertificate
	blocked *nss.CRLSet // of the browser's data directory; nil if there is none
	err     error       // why that is not known
}

// like reports whether the profile judges as one that has nothing of its own.
func (p chromiumProfile) like() bool { return p.err == nil && len(p.rows) == 0 && p.blocked == nil }

// profileReaders are a browser's profiles that trust by a home's database, each
// with its own store; a profile whose store holds nothing, and to which no
// CRLSet applies, is like any other and judged once.
func profileReaders(plain reader, snap *Snapshot) []reader {
	var out []reader
	profiles := snap.profiles()
	if len(profiles) == 0 || slices.ContainsFunc(profiles, chromiumProfile.like) {
		out = append(out, plain)
	}
	for _, p := range profiles {
		if !p.like() {
			out = append(out, p.reader(plain, snap))
		}
	}
	return out
}

// chromiumReaders is the profile that a store of its own belongs to. It trusts by
// NSS's database as well, as far as there is one.
func chromiumReaders(m *Machine, snap *Snapshot) ([]reader, error) {
	database := newNSSStore(m, nss.Location{Application: snap.Info.Product, Version: snap.Info.Version, Browsers: []nss.Browser{{}}})
	base := database.withBuiltins(&Snapshot{Info: database.info})
	if found, err := nssAt(m, Selector{Path: snap.Info.beside, Dir: true}); snap.Info.beside != "" && err == nil {
		if base, err = found.stores[0].Read(context.Background()); err != nil {
			return nil, err
		}
	}
	p := readChromiumProfile(m.host(), snap.Info.Path)
	return []reader{p.reader(nssReader(snap.Info.Product, base), base)}, nil
}

// profiles reads what the profiles have of which programs that trust by the
// database are.
func (s *nssStore) profiles() func() []chromiumProfile {
	if s.info.Product != "chromium" {
		return nil
	}
	return sync.OnceValue(func() (out []chromiumProfile) {
		h := s.machine.host()
		me, err := h.Me()
		if err != nil {
			return nil
		}
		names := pathsOf(s.info)
		for _, p := range nss.FindProfileStores(context.Background(), h, me).Stores {
			if slices.Contains(names, p.Database) {
				out = append(out, readChromiumProfile(h, p.Path))
			}
		}
		return out
	})
}

func readChromiumProfile(h *host.Host, path string) chromiumProfile {
	p := chromiumProfile{path: path, rows: map[[32]byte]nss.ProfileCertificate{}}
	rows, err := readProfileStore(context.Background(), h, path)
	if err != nil {
		p.err = err
		return p
	}
	for _, row := range rows {
		p.rows[row.Fingerprint] = row
	}
	p.blocked, p.err = readCRLSet(h, h.Dir(h.Dir(path)))
	return p
}

// readCRLSet reads the newest CRLSet of a browser's data directory; nil if there
// is none.
func readCRLSet(h *host.Host, dir string) (*nss.CRLSet, error) {
	sets, err := h.Glob(h.Join(dir, "CertificateRevocation", "*", "crl-set"))
	if err != nil || len(sets) == 0 {
		return nil, err
	}
	newest := slices.MaxFunc(sets, func(a, b string) int { return compareVersions(h.Base(h.Dir(a)), h.Base(h.Dir(b))) })
	data, err := h.ReadFile(newest, maxProfileStore)
	if err != nil {
		return nil, err
	}
	return nss.ReadCRLSet(data)
}

// reader is the profile's program, given that of NSS's database alone.
func (p chromiumProfile) reader(plain reader, snap *Snapshot) reader {
	r := plain
	r.profile = p.path
	if p.err != nil {
		r.passedOver = because(ReasonProfileUnread, "store", p.path, "error", p.err.Error())
		return r
	}
	contents, builtin := nssContents(snap)
	judged := nss.Chromium()
	over := func(roots []*chain.Certificate) func([][]byte, chain.Query) chain.Verdict {
		store := contents.TrustStore(judged, x509.ExtKeyUsageServerAuth, roots, nil)
		for _, row := range p.rows {
			store.Hints = append(store.Hints, row.Certificate)
		}
		return func(presented [][]byte, q chain.Query) chain.Verdict {
			if q.Purpose == chain.Client || len(presented) == 0 {
				return plain.judge(presented, q)
			}
			both := chain.Store{Hints: store.Hints, Trust: p.trust(store.Trust, sha256.Sum256(presented[0]))}
			return p.hold(judgeBy(judged.Rules, both, presented, q))
		}
	}
	r.judge = over(builtin)
	r.among = func(roots, presented [][]byte, q chain.Query) chain.Verdict {
		// What is refused after it led to a root that is known, no other root lifts.
		if v := r.judge(presented, q); v.Code == chain.Revoked || v.Code == chain.NameConstraint {
			return v
		}
		return over(slices.Concat(builtin, parsedAll(roots)))(presented, q)
	}
	return r
}

// trust adds the profile's own opinion to that of NSS's database: a distrust of
// either counts, and so does trust.
func (p chromiumProfile) trust(base func(*chain.Certificate) chain.Trust, leaf [32]byte) func(*chain.Certificate) chain.Trust {
	return func(c *chain.Certificate) chain.Trust {
		row, trust := p.rows[c.Fingerprint], base(c)
		switch {
		case row.Certificate == nil || trust == chain.DistrustedCert:
			return trust
		case row.Trust == chain.TrustedAnchor && c.Fingerprint == leaf:
			return chain.TrustedLeaf
		case row.Trust != chain.NoTrust:
			return row.Trust
		}
		return trust
	}
}

// hold is what remains of a verdict under the CRLSet and the names to which a
// certificate is bound.
func (p chromiumProfile) hold(v chain.Verdict) chain.Verdict {
	if !v.OK() || len(v.Path) == 0 {
		return v
	}
	if p.blocked != nil {
		if c := p.blocked.Blocked(v.Path); c != nil {
			v.Code, v.At, v.Words = chain.Revoked, c, "NET::ERR_CERT_REVOKED"
			return v
		}
	}
	row := p.rows[v.Path[len(v.Path)-1].Fingerprint]
	switch yes, known := row.Permits(v.Path[0]); {
	case !known:
		return undecided(v, because(ReasonSomeAddresses, "store", p.path))
	case !yes:
		v.Code, v.At, v.Words = chain.NameConstraint, row.Certificate, "NET::ERR_CERT_INVALID"
	}
	return v
}

// compareVersions orders the versions of Chromium's components, in which each
// number counts: 9.10 is newer than 9.9.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	return slices.CompareFunc(x, y, func(m, n string) int {
		return cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n))
	})
}

package chain

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// MaxSent is how many presented certificates Judge looks at. No client takes
// more from a handshake; OpenSSL's limit is 100 KB, NSS's 64 KiB.
const MaxSent = 100

// Judge says what a program with these rules and this store makes of the
// certificates presented, the leaf first.
func (r *Rules) Judge(store Store, presented []*Certificate, q Query) Verdict {
	switch {
	case len(presented) == 0:
		return Verdict{Code: ChainEmpty}
	case len(presented) > MaxSent:
		return Verdict{Code: ChainTooLong}
	}
	name := r.Name
	r, ok := r.forPurpose(q.Purpose)
	if !ok {
		return Verdict{Code: Undecided, Why: "how " + name + " judges clients' certificates, if it does, is not known here"}
	}
	j := &judgement{Rules: r, store: store, Query: q, leaf: presented[0], checked: map[[2][32]byte]error{}}
	if r.FoldName {
		j.pool.Fold = foldName
	}
	j.stored.Add(store.Hints...)
	j.pool.Add(store.Hints...)
	j.pool.Add(presented...)
	return j.judge()
}

type judgement struct {
	*Rules
	Query
	store  Store
	pool   Pool // everything there is
	stored Pool // what of it lies in the store
	leaf   *Certificate

	checked   map[[2][32]byte]error
	undecided error

	best       []Fault // of the path with the fewest
	bestPath   []*Certificate
	passedPath []*Certificate

	tied    bool // several issuers fitted alike
	deadEnd bool // somewhere none fitted
}

func (j *judgement) judge() Verdict {
	switch j.store.Trust(j.leaf) {
	case DistrustedCert:
		return j.refuse([]*Certificate{j.leaf}, []Fault{{Code: Distrusted, Role: RoleLeaf, At: j.leaf, Depth: 0}})
	case TrustedLeaf:
		return j.finish([]*Certificate{j.leaf})
	case TrustedAnchor:
		if j.LeafStored == nil {
			break
		}
		switch code := j.LeafStored(j.leaf); code {
		case "":
		case Trusted:
			return j.finish([]*Certificate{j.leaf})
		default:
			return j.refuse([]*Certificate{j.leaf}, []Fault{{Code: code, Role: RoleLeaf, At: j.leaf, Depth: 0}})
		}
	}
	w := Walk{Issuers: j.issuers, Reached: j.reached}
	if err := w.From(j.leaf); err != nil {
		return Verdict{Code: TooComplex, Why: err.Error()}
	}
	switch {
	case j.passedPath != nil && j.tied && (j.deadEnd || j.bestPath != nil):
		return Verdict{Code: Unstable, Path: j.passedPath, Why: "several CAs of one name fit, and which the program takes is not known"}
	case j.passedPath != nil:
		return Verdict{Code: Trusted, Path: j.passedPath}
	case j.undecided != nil:
		return Verdict{Code: Undecided, Why: j.undecided.Error(), Path: j.bestPath}
	case j.bestPath != nil:
		return j.refuse(j.bestPath, j.best)
	}
	return j.noPath()
}

// finish judges a leaf that the store trusts by itself: dates and names count, and
// for some programs all that counts for a leaf.
func (j *judgement) finish(path []*Certificate) Verdict {
	faults := append(j.dates(j.leaf, RoleLeaf, 0), j.host()...)
	if j.LeafStoredJudged {
		if code := j.weak(j.leaf, RoleAnchor); code != "" {
			faults = append(faults, Fault{Code: code, Role: RoleLeaf, At: j.leaf, Depth: 0})
		}
		faults = slices.Concat(faults, j.leafFaults(j.leaf), j.form(path, 0))
	}
	if len(faults) > 0 {
		return j.refuse(path, faults)
	}
	return Verdict{Code: Trusted, Path: path}
}

// issuers lists whom the program tries above the last certificate of a path.
func (j *judgement) issuers(path []*Certificate) []Step {
	prev := path[len(path)-1]
	if j.MaxSubs > 0 && len(path)-1 > j.MaxSubs {
		return nil
	}
	if j.RootsEnd && len(path) > 1 && prev.namesItself() {
		j.deadEnd = true
		return nil
	}
	var steps []Step
	storedOnly := j.StoredTop && len(path) > 1 && j.stored.Has(prev)
	for _, c := range j.pool.IssuersOf(prev) {
		if storedOnly && !j.stored.Has(c) {
			continue
		}
		if slices.ContainsFunc(path, func(p *Certificate) bool { return sameSubjectAndKey(p, c) }) {
			continue
		}
		if j.KeyIDs && !j.fitsKeyID(prev, c) {
			continue
		}
		steps = append(steps, Step{c, j.isAnchor(c)})
	}
	slices.SortStableFunc(steps, func(a, b Step) int {
		x, y := j.rank(prev, a), j.rank(prev, b)
		return cmp.Or(first(x[0], y[0]), first(x[1], y[1]), first(x[2], y[2]), first(x[3], y[3]), first(x[4], y[4]), first(x[5], y[5]))
	})
	if j.OneTry && len(steps) > 1 {
		steps = steps[:j.ties(prev, steps)]
	}
	if len(steps) == 0 {
		j.deadEnd = true
	}
	return steps
}

// rank orders the issuers that a program may try: the one that the key
// identifier names, one that may issue, one in the store, an anchor, one whose
// dates fit.
func (j *judgement) rank(prev *Certificate, s Step) [6]bool {
	return [6]bool{
		j.KeyIDFirst && names(prev, s.Certificate), j.DateFirst && j.dateFits(s.Certificate), j.UsageFirst && s.mayIssue(),
		j.StoredTop && j.stored.Has(s.Certificate), !j.StoredTop && s.Anchor, j.dateFits(s.Certificate),
	}
}

// names reports whether the authority key identifier of c is that of issuer.
func names(c, issuer *Certificate) bool {
	a, _, _ := c.AuthorityKeyID()
	if a.Issuer != nil {
		return bytes.Equal(a.Serial, issuer.Serial) && fitsKeyIssuer(a, issuer)
	}
	id, _, _ := issuer.SubjectKeyID()
	return a.KeyID != nil && bytes.Equal(a.KeyID, id)
}

// namesItself: a self-issued certificate does, unless its authority key
// identifier is another's.
func (c *Certificate) namesItself() bool {
	a, present, _ := c.AuthorityKeyID()
	if !c.SelfIssued() || !present {
		return c.SelfIssued()
	}
	id, _, _ := c.SubjectKeyID()
	return (a.KeyID == nil || bytes.Equal(a.KeyID, id)) && (a.Serial == nil || bytes.Equal(a.Serial, c.Serial)) && fitsKeyIssuer(a, c)
}

// mayIssue reports whether its key usage is one of those who issue.
func (c *Certificate) mayIssue() bool {
	u, has, err := c.KeyUsage()
	return err == nil && (!has || u&KeyCertSign != 0)
}

// ties is how many of the steps, in their order, a program that tries but one
// may take.
func (j *judgement) ties(prev *Certificate, steps []Step) int {
	n := 1
	for j.TiesOpen && n < len(steps) && j.rank(prev, steps[n]) == j.rank(prev, steps[0]) {
		n++
	}
	if n > 1 {
		j.tied = true
	}
	return n
}

// dateFits reports whether the dates do not put c behind other candidates.
func (j *judgement) dateFits(c *Certificate) bool {
	return c.ValidAt(j.Time) || j.AnyDate && !j.stored.Has(c)
}

// first sorts what has a property before what has not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (j *judgement) isAnchor(c *Certificate) bool {
	return j.store.Trust(c) == TrustedAnchor && (j.Partial || c.SelfIssued())
}

func sameSubjectAndKey(a, b *Certificate) bool {
	return bytes.Equal(a.RawSubject, b.RawSubject) && bytes.Equal(a.RawSPKI, b.RawSPKI)
}

// fitsKeyID compares the authority key identifier of c with what may have
// issued it; what one of both lacks is not compared.
func (j *judgement) fitsKeyID(c, issuer *Certificate) bool {
	a, present, err := c.AuthorityKeyID()
	if !present || err != nil {
		return true
	}
	if id, has, err := issuer.SubjectKeyID(); has && err == nil && a.KeyID != nil && !bytes.Equal(a.KeyID, id) {
		return false
	}
	if !j.KeySerials {
		return true
	}
	return (a.Serial == nil || bytes.Equal(a.Serial, issuer.Serial)) && fitsKeyIssuer(a, issuer)
}

// fitsKeyIssuer compares a directory name in the identifier with the issuer of
// what may have issued the certificate.
func fitsKeyIssuer(a AuthorityKeyID, issuer *Certificate) bool {
	in := cryptobyte.String(a.Issuer)
	for !in.Empty() {
		name, ok := readGeneralName(&in)
		if ok && name.Type == DirectoryName {
			return bytes.Equal(name.Value, issuer.RawIssuer)
		}
		if !ok {
			break
		}
	}
	return true
}

// reached judges a complete path; the walk ends with the first good one.
func (j *judgement) reached(path []*Certificate) bool {
	faults := j.faults(path)
	if len(faults) == 0 {
		j.passedPath = slices.Clone(path)
		return !j.TiesOpen
	}
	if j.bestPath == nil || len(faults) < len(j.best) {
		j.best, j.bestPath = faults, slices.Clone(path)
	}
	return false
}

// noPath names what is missing when no anchor was reached at all.
func (j *judgement) noPath() Verdict {
	path := []*Certificate{j.leaf}
	if j.LeafFirst {
		if faults := append(j.leafFaults(j.leaf), j.form(path, 0)...); len(faults) > 0 {
			return j.refuse(path, faults)
		}
	}
	for len(path) < MaxSent {
		next := j.issuers(path)
		if len(next) == 0 {
			break
		}
		path = append(path, next[0].Certificate)
	}
	top := path[len(path)-1]
	code := NoPath
	switch {
	case len(path) > 1 && j.store.Trust(top) == DistrustedCert:
		code = CADistrusted
	case len(path) == 1 && top.SelfIssued() && j.signature(top, top) == nil:
		code = SelfSigned
	case (j.MaxSubs == 0 || len(path)-1 <= j.MaxSubs) && j.namesake(top):
		code = NoAnchor
	}
	faults := []Fault{{Code: code, Role: j.role(path, len(path)-1), At: top, Depth: len(path) - 1, Stored: j.stored.Has(top)}}
	for i := len(path) - 1; i >= 0; i-- {
		if j.store.Trust(path[i]) == DistrustedCert && i > 0 {
			faults = append(faults, Fault{Code: CADistrusted, Role: RoleSub, At: path[i], Depth: i})
		}
		faults = append(faults, j.dates(path[i], j.role(path, i), i)...)
	}
	return j.refuse(path, append(faults, j.host()...))
}

// namesake reports whether the store holds a CA of the issuer's name that is
// not the issuer.
func (j *judgement) namesake(top *Certificate) bool {
	return slices.ContainsFunc(j.pool.IssuersOf(top), func(c *Certificate) bool {
		return j.isAnchor(c) && !sameSubjectAndKey(c, top)
	})
}

func (j *judgement) role(path []*Certificate, i int) Role {
	switch {
	case i == 0:
		return RoleLeaf
	case i == len(path)-1 && j.isAnchor(path[i]):
		return RoleAnchor
	}
	return RoleSub
}

// refuse names the fault that the program would.
func (j *judgement) refuse(path []*Certificate, faults []Fault) Verdict {
	if j.Rank != nil {
		slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(j.Rank(a), j.Rank(b)) })
	}
	f := faults[0]
	v := Verdict{Code: f.Code, At: f.At, Path: path}
	if j.Words != nil {
		v.Words = j.Words(f, j.ServerName)
	}
	return v
}

// signature checks a signature once.
func (j *judgement) signature(c, issuer *Certificate) error {
	key := [2][32]byte{c.Fingerprint, issuer.Fingerprint}
	err, done := j.checked[key]
	if !done {
		err = c.CheckSignature(issuer.Key)
		j.checked[key] = err
	}
	if errors.Is(err, ErrAlgorithm) && c.SignatureAlgorithm.OID == OIDEd448 {
		j.undecided = err
	}
	return err
}

package truststore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// An elevated process never opens a path inside another user's home. It asks a
// child process that runs as that user, over the child's standard input and
// output, see host.UserRunner and ServeUser.

// asUserFormat is the first field of a request and of its answer.
const asUserFormat = "hktrust.as-user/1"

// userBudget is [Machine.UserBudget] where the caller names none.
const userBudget = 2 * time.Minute

// maxRequest bounds a request, in bytes.
const maxRequest = 64 << 20

type asUserRequest struct {
	Format    string       `json:"format"`
	Op        asUserOp     `json:"op"`
	Root      string       `json:"root,omitempty"`
	User      host.User    `json:"user"`
	Selectors []Selector   `json:"selectors,omitempty"`
	Create    bool         `json:"create,omitempty"`
	Info      Info         `json:"store,omitzero"`
	Changes   []wireChange `json:"changes,omitempty"`
	Password  *string      `json:"password,omitempty"`
	Made      bool         `json:"made,omitempty"`
}

type asUserOp string

const (
	opDiscover asUserOp = "discover"
	opRead     asUserOp = "read"
	opApply    asUserOp = "apply"
	opSettled  asUserOp = "settled"
)

type asUserAnswer struct {
	Format   string        `json:"format"`
	Stores   []Info        `json:"stores,omitempty"`
	Problems []wireProblem `json:"problems,omitempty"`
	Findings []Finding     `json:"findings,omitempty"`
	Snapshot *Snapshot     `json:"snapshot,omitempty"`
	Blocked  *ErrorReport  `json:"blocked,omitempty"`
	Trust    *ErrorReport  `json:"trustBlocked,omitempty"`
	Results  []wireResult  `json:"results,omitempty"`
	Error    *ErrorReport  `json:"error,omitempty"`
}

// wireChange and wireResult are a Change and a Result with the certificate.
type wireChange struct {
	Change
	DER     []byte `json:"der"`
	Restore bool   `json:"restore,omitempty"`
	Undo    bool   `json:"undo,omitempty"`
}

type wireResult struct {
	Result
	DER []byte `json:"der"`
}

type wireProblem struct {
	Kind  Kind         `json:"kind,omitempty"`
	Path  string       `json:"path"`
	Gone  bool         `json:"gone,omitempty"`
	Error *ErrorReport `json:"error"`
}

// ask sends a request to a child that runs as the user.
func (m *Machine) ask(ctx context.Context, u host.User, req asUserRequest) (asUserAnswer, error) {
	h := m.host()
	if h.AsUser == nil {
		return asUserAnswer{}, fmt.Errorf("%w: %s", ErrOtherUser, userLabel(u))
	}
	req.Format, req.Root, req.User = asUserFormat, h.Root, u
	message, err := json.Marshal(req)
	if err != nil {
		return asUserAnswer{}, err
	}
	out, err := h.AsUser(ctx, u, message)
	if err != nil {
		return asUserAnswer{}, fmt.Errorf("working as %s: %w", userLabel(u), err)
	}
	var answer asUserAnswer
	err = decodeBounded(out, &answer)
	if err == nil {
		err = answer.validate()
	}
	if err != nil {
		return asUserAnswer{}, fmt.Errorf("working as %s: the child's answer: %w", userLabel(u), err)
	}
	if answer.Error != nil {
		return answer, answer.Error.ofChild()
	}
	return answer, nil
}

// validate checks what a child says against what it may say: its user may have
// taken it over.
func (a asUserAnswer) validate() error {
	if a.Format != asUserFormat {
		return fmt.Errorf("format %q", a.Format)
	}
	infos, findings := slices.Clone(a.Stores), slices.Clone(a.Findings)
	var entries []Trust
	if s := a.Snapshot; s != nil {
		infos, findings = append(infos, s.Info), append(findings, s.Findings...)
		for _, e := range s.Entries {
			entries = append(entries, e.Trust)
		}
		for _, g := range s.Ghosts {
			entries = append(entries, g.Trust)
		}
	}
	for _, r := range a.Results {
		entries = append(entries, r.Before, r.After)
	}
	told := []*ErrorReport{a.Error, a.Blocked, a.Trust}
	for _, p := range a.Problems {
		if p.Kind != "" && backendOf(p.Kind).find == nil {
			return fmt.Errorf("a place of kind %q", p.Kind)
		}
		told = append(told, p.Error)
	}
	return errors.Join(validInfos(infos), validFindings(findings), validTrusts(entries), validErrors(told))
}

func validErrors(told []*ErrorReport) error {
	for _, e := range told {
		if e != nil && !codePattern().MatchString(string(e.Code)) {
			return fmt.Errorf("code %q", e.Code)
		}
	}
	return nil
}

// codePattern is what codes look like.
var codePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-z0-9]+([.-][a-z0-9]+)*)?$`) })

func validInfos(infos []Info) error {
	for _, i := range infos {
		switch {
		case backendOf(i.Kind).open == nil:
			return fmt.Errorf("a store of kind %q", i.Kind)
		case i.Scope != ScopeUser && i.Scope != ScopeMachine:
			return fmt.Errorf("scope %q", i.Scope)
		case !slices.Contains([]Intermediates{IntermediatesAnchor, IntermediatesNeutral, IntermediatesNone}, i.Intermediates):
			return fmt.Errorf("intermediates %q", i.Intermediates)
		}
	}
	return nil
}

func validFindings(findings []Finding) error {
	for _, f := range findings {
		switch {
		case !codePattern().MatchString(string(f.Code)), !codePattern().MatchString(string(f.Cause)):
			return fmt.Errorf("code %q", f.Code)
		case f.Level != levelOf(f.Code):
			return fmt.Errorf("level %q of %s", f.Level, f.Code)
		}
	}
	return nil
}

func validTrusts(trusts []Trust) error {
	for _, t := range trusts {
		for _, l := range t.Levels {
			if !slices.Contains([]Level{Builtin, Explicit, Present, Absent, Distrusted, Unknown}, l) {
				return fmt.Errorf("level %q", l)
			}
		}
		if !codePattern().MatchString(string(t.Reason)) {
			return fmt.Errorf("reason %q", t.Reason)
		}
	}
	return nil
}

// ofChild is the error that a child reported. What its user may not do is
// denied: this process has the rights that the child lacks, and does not lend
// them to what a user's path leads to.
func (r *ErrorReport) ofChild() error {
	if r == nil {
		return errors.New("the child gave no reason")
	}
	if r.Code == CodeNeedsElevation {
		return errorOf(CodePermission, r.Message)
	}
	return errorOf(r.Code, r.Message)
}

func userLabel(u host.User) string {
	if u.Name != "" {
		return u.Name
	}
	return fmt.Sprintf("user %d", u.UID)
}

// searchAs has a user's own stores, or the given places, searched as that user.
func (m *Machine) searchAs(ctx context.Context, u host.User, req asUserRequest) discovery {
	req.Op = opDiscover
	var d discovery
	answer, err := m.ask(ctx, u, req)
	if err != nil {
		path := u.Home
		if len(req.Selectors) > 0 && req.Selectors[0].Path != "" {
			path = req.Selectors[0].Path
		}
		d.problem("", path, err)
		return d
	}
	for _, info := range answer.Stores {
		info.Owner = &u
		d.add(&otherStore{machine: m, info: info})
	}
	for _, p := range answer.Problems {
		err := p.Error.ofChild()
		if p.Gone {
			err = fmt.Errorf("%w: %w", errGone, err)
		}
		d.problem(p.Kind, p.Path, err)
	}
	d.findings = answer.Findings
	return d
}

// searchUsers has the homes of all local users but me searched.
func (m *Machine) searchUsers(ctx context.Context, kinds []Selector, me host.User) discovery {
	var d discovery
	h := m.host()
	users, err := h.Users()
	if err != nil {
		d.problem("", "user accounts", err)
		return d
	}
	for _, u := range users {
		if served := u.UID == me.UID && u.UID >= 0 || u.UID < 0 && u.Home == me.Home; served || u.UID == 0 {
			continue
		}
		if h.OnNetwork(u.Home) {
			d.findings = append(d.findings, finding(CodeNetworkHome, "path", u.Home))
			continue
		}
		if !h.OwnsHome(u) {
			if h.Exists(u.Home) && isPerson(h, u) {
				d.problem("", u.Home, fmt.Errorf("%w: it is the home of %s and belongs to somebody else", fs.ErrPermission, userLabel(u)))
			}
			continue
		}
		if !h.Elevated() {
			d.problem("", u.Home, ErrNeedsElevation)
			continue
		}
		d.merge(m.searchAs(ctx, u, asUserRequest{Selectors: kinds}))
	}
	return d
}

// hasPeople reports whether there are people whose own stores an elevated run
// leaves alone unless it is asked for them.
func (m *Machine) hasPeople() bool {
	h := m.host()
	users, _ := h.Users()
	return slices.ContainsFunc(users, func(u host.User) bool { return isPerson(h, u) && h.Exists(u.Home) })
}

// isPerson tells the account of a person from one of the system's own, which
// may have any directory for a home: by its number, as login.defs(5) and macOS
// give them out.
func isPerson(h *host.Host, u host.User) bool {
	const nobody = 65534
	first := 1000
	if h.GOOS() == "darwin" {
		first = 501
	}
	return u.UID >= first && u.UID != nobody
}

// otherStore is a store that a child process reads and changes as its owner.
type otherStore struct {
	machine *Machine
	info    Info
}

var (
	_ Store   = (*otherStore)(nil)
	_ Settler = (*otherStore)(nil)
)

func (s *otherStore) Info() Info { return s.info }

func (s *otherStore) ask(ctx context.Context, req asUserRequest) (asUserAnswer, error) {
	password, err := s.machine.password(ctx, s.info)
	if err != nil {
		return asUserAnswer{}, err
	}
	req.Info, req.Password = s.info, password
	answer, err := s.machine.ask(ctx, *s.info.Owner, req)
	return answer, storeError(s.info, string(req.Op), err)
}

func (s *otherStore) Read(ctx context.Context) (*Snapshot, error) {
	answer, err := s.ask(ctx, asUserRequest{Op: opRead})
	if err != nil {
		return nil, err
	}
	if answer.Snapshot == nil {
		return nil, storeError(s.info, "read", errors.New("the child sent no content"))
	}
	snap := answer.Snapshot
	snap.Info = s.owned(snap.Info)
	snap.Exact = func(e Entry) string { return e.Exact }
	if answer.Blocked != nil {
		snap.Blocked = answer.Blocked.ofChild()
	}
	if answer.Trust != nil {
		snap.TrustBlocked = errorOf(answer.Trust.Code, answer.Trust.Message)
	}
	if err := s.theirs(); err != nil {
		snap.Blocked = err
	}
	return snap, nil
}

// theirs checks that the store lies where its owner rules. The child's word is
// its user's: of a store of the machine it could say that changes were made
// there, and receipts of them would be kept.
func (s *otherStore) theirs() error {
	_, err := s.machine.host().Resolve(s.info.Path)
	if other, ok := asType[*host.OtherUserError](err); ok && other.User.UID == s.info.Owner.UID {
		return nil
	}
	return errorOf(CodePermission, fmt.Sprintf("%s does not belong to %s", s.info.Path, userLabel(*s.info.Owner)))
}

// owned returns what the child said of the store, as this process names it.
func (s *otherStore) owned(info Info) Info {
	info.Owner, info.Kind, info.Path = s.info.Owner, s.info.Kind, s.info.Path
	return info
}

func (s *otherStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	if err := s.theirs(); err != nil {
		return nil, storeError(s.info, "apply", err)
	}
	req := asUserRequest{Op: opApply}
	for _, c := range changes {
		req.Changes = append(req.Changes, wireChange{c, c.DER, c.Restore, c.Undo})
	}
	answer, err := s.ask(ctx, req)
	var results []Result
	for _, r := range answer.Results {
		r.Result.DER = r.DER
		results = append(results, r.Result)
	}
	return results, err
}

func (s *otherStore) Settled(ctx context.Context, made bool) error {
	_, err := s.ask(ctx, asUserRequest{Op: opSettled, Made: made})
	return err
}

// ServeUser answers one request of an elevated process that works on another
// user's stores: the other end of [host.UserRunner]. A program that gives
// [host.Host.AsUser] calls it in the child, with standard input and output,
// and does nothing else there; package asuser does both. It refuses to work as
// root, or as anyone but the user that the request names.
func ServeUser(ctx context.Context, in io.Reader, out io.Writer) error {
	var req asUserRequest
	dec := json.NewDecoder(io.LimitReader(in, maxRequest))
	if err := dec.Decode(&req); err != nil || req.Format != asUserFormat {
		return errors.New("the request is not understood")
	}
	answer := serve(ctx, req)
	answer.Format = asUserFormat
	return json.NewEncoder(out).Encode(answer)
}

func serve(ctx context.Context, req asUserRequest) asUserAnswer {
	uid := os.Geteuid()
	if uid == 0 || uid != req.User.UID || os.Getuid() != uid {
		return asUserAnswer{Error: reportError(fmt.Errorf("%w: this process runs as user %d", ErrOtherUser, uid))}
	}
	m := &Machine{
		Host: &host.Host{Root: req.Root, Account: &req.User}, Select: req.Selectors, Scope: ScopeUser, Create: req.Create,
	}
	if req.Password != nil {
		m.Password = func(context.Context, Info) (string, error) { return *req.Password, nil }
	}
	if req.Op == opDiscover {
		return m.serveDiscover(ctx)
	}
	req.Info.Owner = nil
	store, err := m.open(req.Info)
	if err != nil {
		return asUserAnswer{Error: reportError(err)}
	}
	return serveStore(ctx, store, req)
}

func (m *Machine) serveDiscover(ctx context.Context) asUserAnswer {
	d, err := m.discover(ctx)
	answer := asUserAnswer{Error: reportError(err)}
	for _, s := range d.stores {
		answer.Stores = append(answer.Stores, s.Info())
	}
	for _, p := range d.problems {
		answer.Problems = append(answer.Problems, wireProblem{p.Info.Kind, p.Info.Path, errors.Is(p.Err, errGone), reportError(p.Err)})
	}
	for _, f := range d.findings {
		if f.Code != CodeNoStores && f.Code != CodeSearched {
			answer.Findings = append(answer.Findings, f)
		}
	}
	return answer
}

func serveStore(ctx context.Context, store Store, req asUserRequest) asUserAnswer {
	var answer asUserAnswer
	var err error
	switch req.Op {
	case opRead:
		if answer.Snapshot, err = store.Read(ctx); err == nil {
			answer.Snapshot.fillExact()
			answer.Blocked, answer.Trust = reportError(answer.Snapshot.Blocked), reportError(answer.Snapshot.TrustBlocked)
		}
	case opApply:
		var changes []Change
		for _, c := range req.Changes {
			c.Change.DER, c.Change.Restore, c.Change.Undo = c.DER, c.Restore, c.Undo
			changes = append(changes, c.Change)
		}
		// The process that asks proves it again; what else was in the store
		// under its lock, this one alone has seen.
		var results []Result
		var after *Snapshot
		if results, after, err = makeChanges(ctx, store, changes); err == nil {
			err = after.lost
		}
		for _, r := range results {
			answer.Results = append(answer.Results, wireResult{r, r.DER})
		}
	case opSettled:
		if s, ok := store.(Settler); ok {
			err = s.Settled(ctx, req.Made)
		}
	default:
		err = fmt.Errorf("%w: request %q", errors.ErrUnsupported, req.Op)
	}
	if named, ok := asType[*StoreError](err); ok {
		err = named.Err // who asks knows the store, and names it
	}
	answer.Error = reportError(err)
	return answer
}

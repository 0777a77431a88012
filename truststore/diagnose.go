package truststore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/fetch"
)

// DiagnosisFormat is the first field of a diagnosis written as JSON.
const DiagnosisFormat = "hktrust.diagnosis/1"

// Symptom is what somebody saw. The zero Symptom asks for everything.
type Symptom struct {
	// Server is the server that fails: HOST or HOST:PORT, as in [Server].
	// Without one no network is used.
	Server string
	// Text is what a program showed, or what a person calls it:
	// "sec_error_unknown_issuer", "PKIX path building failed". It narrows
	// the answer to what can be the cause.
	Text string
}

// Problem is a finding of a diagnosis, with where it is and what cures it. What
// follows from it is in it.
type Problem struct {
	Finding
	Store        *Place    `json:"store,omitempty"`
	Remedy       *Remedy   `json:"remedy,omitempty"`
	Consequences []Problem `json:"consequences,omitempty"`
}

// Place names a store.
type Place struct {
	Kind  Kind   `json:"kind"`
	Path  string `json:"path"`
	Label string `json:"label,omitempty"`
}

func placeOf(info Info) *Place { return &Place{Kind: info.Kind, Path: info.Path, Label: info.Label} }

// Diagnosis says why sites fail on a machine, and what cures that.
type Diagnosis struct {
	Format    string    `json:"format"`
	Command   string    `json:"command"`
	Exit      Exit      `json:"exit"`
	Time      time.Time `json:"time"`
	Catalogue string    `json:"catalogue"`
	Server    string    `json:"server,omitempty"`
	// Symptom is the row of the table of symptoms that the words were
	// recognised as; "" for none.
	Symptom string `json:"symptom,omitempty"`
	// Problems, those that weigh most first.
	Problems []Problem `json:"problems"`
	// Others are problems that cannot be the cause of the symptom.
	Others []Problem `json:"others,omitempty"`
	// Notes are worth knowing, and nothing is wrong with them.
	Notes    []Problem `json:"notes,omitempty"`
	Examined Examined  `json:"examined"`
	// Ways are GovHK's ways to authenticate.
	Ways []Way `json:"ways"`
	// Verification is what the programs make of the server.
	Verification *Verification `json:"verification,omitempty"`
	Error        *ErrorReport  `json:"error,omitempty"`
	// Err is nil exactly when Exit is ExitOK.
	Err error `json:"-"`
}

// Examined is what a diagnosis looked at.
type Examined struct {
	Stores []ExaminedStore `json:"stores"`
	// Checks name what else was looked at, and had an answer.
	Checks []Check `json:"checks"`
}

// ExaminedStore is a store and what it makes of the certificates that sites need.
type ExaminedStore struct {
	Info         Info                  `json:"store"`
	Status       Status                `json:"status"`
	Certificates []ExaminedCertificate `json:"certificates"`
}

// ExaminedCertificate is a store's attitude towards a certificate.
type ExaminedCertificate struct {
	CertificateName
	// OK: nothing is to be done about it.
	OK   bool `json:"ok"`
	Code Code `json:"code"`
}

// Check is something that a diagnosis looks at besides stores.
type Check string

// The checks.
const (
	CheckClock       Check = "clock"
	CheckEnvironment Check = "environment" // variables that lead programs elsewhere
	CheckProcesses   Check = "processes"   // running programs
	CheckProducts    Check = "products"    // security products that sign connections anew
	CheckReceipts    Check = "receipts"
	CheckServer      Check = "server"
)

// Way is one of GovHK's ways to authenticate, and whether anything found stands
// in it.
type Way struct {
	Code  string   `json:"code"`
	State WayState `json:"state"`
}

// WayState says what stands in a way.
type WayState string

// The states of a way.
const (
	WayAffected WayState = "affected" // something that is known to be wrong
	WayClear    WayState = "clear"    // nothing that was found
	WayUnknown  WayState = "unknown"  // what could not be looked at may
)

// ErrProblems means that a diagnosis found something wrong.
var ErrProblems = errors.New("something is wrong")

// Diagnose says why sites fail on the machine, and what cures that. It changes
// nothing. The diagnosis is never nil; the error is its Err.
func (m *Machine) Diagnose(ctx context.Context, symptom Symptom) (*Diagnosis, error) {
	m, err := m.prepared()
	now := m.host().Now()
	out := &Diagnosis{
		Format: DiagnosisFormat, Command: "doctor", Time: now.UTC().Truncate(time.Second), Catalogue: hkpost.CatalogueDate,
		Server: symptom.Server, Problems: []Problem{}, Ways: []Way{},
		Examined: Examined{Stores: []ExaminedStore{}, Checks: []Check{}},
	}
	if err == nil && symptom.Server != "" {
		if _, wrong := fetch.ParseTarget(symptom.Server); wrong != nil {
			err = serverError(symptom.Server, wrong)
		}
	}
	if err != nil {
		return out.fail(ExitUsage, err)
	}
	goal, err := soughtAt(now)
	if err != nil {
		return out.fail(ExitFailed, err)
	}
	m.noteInterceptors = true
	plan, err := m.Plan(ctx, goal)
	if err != nil {
		return out.fail(ExitFailed, errors.Join(err, ctx.Err()))
	}
	d := diagnosis{machine: m, plan: plan}
	d.examine(ctx)
	if symptom.Server != "" {
		d.ask(ctx, symptom.Server)
		out.Verification = d.verification
	}
	out.conclude(ctx, d, symptom)
	return out, out.Err
}

// soughtAt is what sites need. A wrong clock is something to tell, and makes no
// certificate refused.
func soughtAt(now time.Time) (Goal, error) {
	if clockIsWrong(now) {
		now = catalogueDay()
	}
	goal, err := HongkongPost(hkpost.Server, now)
	goal.Accept.Expired = true
	return goal, err
}

func (out *Diagnosis) fail(exit Exit, err error) (*Diagnosis, error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		exit = ExitInterrupted
	}
	out.Exit, out.Err, out.Error = exit, err, reportError(err)
	return out, err
}

// diagnosis is one at work.
type diagnosis struct {
	machine      *Machine
	plan         *Plan
	problems     []Problem
	checks       []Check
	verification *Verification
}

// examine looks at everything but the server.
func (d *diagnosis) examine(ctx context.Context) {
	d.examineMachine()
	for _, f := range d.plan.Findings {
		d.problems = append(d.problems, Problem{Finding: f, Remedy: d.remedyFor(f, nil)})
	}
	d.checks = append(d.checks, CheckReceipts)
	for _, s := range d.plan.Stores {
		d.problems = append(d.problems, d.storeProblems(s)...)
	}
	for _, row := range backends() {
		if row.examine != nil {
			row.examine(ctx, d)
		}
	}
}

// stores are those of a kind.
func (d *diagnosis) stores(kind Kind) []StorePlan {
	return slices.DeleteFunc(slices.Clone(d.plan.Stores), func(s StorePlan) bool { return s.Info.Kind != kind })
}

// conclude sorts what was found.
func (out *Diagnosis) conclude(ctx context.Context, d diagnosis, symptom Symptom) {
	for _, s := range d.plan.Stores {
		out.Examined.Stores = append(out.Examined.Stores, examinedStore(s))
	}
	out.Examined.Checks = append(out.Examined.Checks, d.checks...)
	row, recognised := symptomOf(symptom.Text)
	out.Symptom = row.code
	if symptom.Text != "" && !recognised {
		d.problems = append(d.problems, Problem{Finding: finding(CodeSymptomStrange, "text", symptom.Text)})
	}
	d.ownRootsProblem(row)
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return weight(a) - weight(b) })
	for _, p := range d.problems {
		switch {
		case recognised && row.promotes(p.Code):
			p.Level = LevelWarning
			out.Problems = append(out.Problems, p)
		case p.Level == LevelNote:
			out.Notes = append(out.Notes, p)
		case recognised && !row.explains(d.machine.host().GOOS(), p):
			out.Others = append(out.Others, p)
		default:
			out.Problems = append(out.Problems, p)
		}
	}
	out.Ways = d.ways(symptom.Server)
	out.Exit = out.verdict()
	switch {
	case ctx.Err() != nil:
		out.fail(ExitInterrupted, ctx.Err())
	case out.Exit != ExitOK:
		out.Err = ErrProblems
	}
}

// verdict: what is known to be wrong outweighs what is unknown.
func (out *Diagnosis) verdict() Exit {
	exit := ExitOK
	for _, p := range slices.Concat(out.Problems, out.Others) {
		if !unexamined(p.Code) {
			return ExitWrong
		}
		exit = ExitFailed
	}
	return exit
}

// weight orders problems: what holds for the machine before what holds for a
// store, and what is wrong before what is worth a look.
func weight(p Problem) int {
	w := map[FindingLevel]int{LevelError: 0, LevelWarning: 2, LevelNote: 4}[p.Level]
	if p.Store != nil {
		w++
	}
	switch p.Code {
	case CodeClockWrong, CodeClockLate:
		return -3
	case CodeIntercepted:
		return -2
	case CodeOptionUnread, CodeOptionElsewhere, CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeStoreUnloadable, CodeStoreOverridden, CodeStoreNamed, CodeStoreIgnored, CodeStoreUnreadable, CodePasswordedCA:
		return -1
	}
	return w
}

func examinedStore(s StorePlan) ExaminedStore {
	r := s.unchanged()
	out := ExaminedStore{Info: s.Info, Status: r.Status, Certificates: []ExaminedCertificate{}}
	for _, c := range s.Changes {
		if c.Action == Remove {
			continue
		}
		code := c.Reason
		if c.Blocked == CodeDistrusted {
			code = CodeDistrusted
		}
		out.Certificates = append(out.Certificates, ExaminedCertificate{
			CertificateName: CertificateName{SHA256: c.SHA256, Name: c.Name}, OK: c.Action == Keep, Code: code,
		})
	}
	return out
}

// GovHK's ways to authenticate, and whose stores they depend on.
var ways = []struct {
	code   string
	serves []string
}{
	{"password", []string{servesBrowsers}},
	{"iam-smart", []string{servesBrowsers}}, // the telephone's part is not this machine's
	{"certificate", []string{servesBrowsers, servesJava}},
}

func (d *diagnosis) ways(server string) []Way {
	var out []Way
	for _, w := range ways {
		way := Way{Code: w.code, State: WayClear}
		for _, p := range d.problems {
			switch {
			case p.Level == LevelNote || !d.concerns(p, w.serves, server):
			case unexamined(p.Code) && way.State == WayClear:
				way.State = WayUnknown
			case !unexamined(p.Code):
				way.State = WayAffected
			}
		}
		out = append(out, way)
	}
	return out
}

// concerns reports whether a problem is one of the programs of some families,
// when they use GovHK: what is wrong with another server is not.
func (d *diagnosis) concerns(p Problem, families []string, server string) bool {
	switch {
	case ofServer(p.Code) && !isGovHK(server):
		return false
	case p.Store == nil:
		return ofServer(p.Code) || unexamined(p.Code) || slices.Contains([]Code{CodeClockWrong, CodeClockLate, CodeKaspersky}, p.Code)
	}
	return d.serves(p.Store.Kind, families)
}

// ofServer reports whether a problem is one of the server that was asked.
func ofServer(code Code) bool {
	return slices.Contains([]Code{CodeServerStrange, CodeServerUnasked, CodeProgramRefuses, CodeProgramUndecided}, code) ||
		strings.HasPrefix(string(code), "chain.")
}

// unexamined reports whether a problem is that something could not be looked at.
func unexamined(code Code) bool {
	return slices.Contains([]Code{CodeStoreUnread, CodePlaceUnreadable, CodeLedgerUnreadable, CodeServerUnasked, CodeSecurityUnknown}, code)
}

// isGovHK reports whether a server is one of the Hong Kong government's.
func isGovHK(server string) bool {
	target, err := fetch.ParseTarget(server)
	if err != nil {
		return false
	}
	host := "." + strings.ToLower(strings.TrimSuffix(target.Host, "."))
	return strings.HasSuffix(host, ".gov.hk") || strings.HasSuffix(host, ".xn--mxtq1m.xn--j6w193g") // 政府.香港
}

// Who trusts by a store.
const (
	servesBrowsers = "browser"
	servesJava     = "java"
	servesTools    = "tool"
)

func (d *diagnosis) serves(kind Kind, families []string) bool {
	return serves(d.machine.host().GOOS(), kind, families)
}

func serves(goos string, kind Kind, families []string) bool {
	row := backendOf(kind)
	return row.serves == nil || slices.ContainsFunc(row.serves(goos), func(f string) bool { return slices.Contains(families, f) })
}

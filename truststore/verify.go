package truststore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// VerifyFormat is the first field of what the command verify prints as JSON: the
// verifications of all its targets.
const VerifyFormat = "hktrust.verify/1"

// VerificationFormat is the first field of a single [Verification] as JSON.
const VerificationFormat = "hktrust.verification/1"

// VerifyOptions say what a chain is judged for, and by whom.
type VerifyOptions struct {
	// ServerName is the host name or address that the server's certificate
	// must be for; "" leaves names alone.
	ServerName string
	// Time is when the chain is to be valid; the zero Time is now.
	Time time.Time
	// Purpose is ServerAuth or ClientAuth; the zero Purpose is ServerAuth.
	Purpose Purpose
	// As judges every store as this program would; nil means those that
	// are known to read it.
	As *Program
	// Stores, unless nil, are judged in place of those that are found.
	Stores []Store
	// FetchIssuers follows the addresses in the certificates to issuers that
	// a server omits, for programs that do the same. It uses the network:
	// http on port 80 of public addresses, four times at most.
	FetchIssuers bool
}

// Answer is what a verdict comes down to.
type Answer string

// The answers.
const (
	AnswerTrusted Answer = "trusted" // the program trusts the chain
	AnswerRefused Answer = "refused" // the program is known to refuse it
	AnswerUnknown Answer = "unknown" // see Verdict.Why
)

// Verdict is what one program, reading one store, makes of a chain.
type Verdict struct {
	Store Info `json:"store"`
	// Program is as [ParseProgram] names it, or "pip", "git" or "AWS CLI" where
	// one of their variables names the store; "" where none is known to read it.
	Program string `json:"program,omitempty"`
	Version string `json:"version,omitempty"` // of the program, where that counts
	// Profile is the store of its own that a browser's profile has beside this
	// one, where that counts.
	Profile string `json:"profile,omitempty"`
	Answer  Answer `json:"answer"`
	// Code says why; it is stable.
	Code chain.Code `json:"code"`
	// Words is what the program tells its user.
	Words string `json:"words,omitempty"`
	// Why says what stands against an answer, in English.
	Why string `json:"why,omitempty"`
	// WhyReason is Why for who says it in another language; nil for what was
	// found only in English.
	WhyReason *Reason `json:"whyReason,omitempty"`
	// Assumed says why the rules may not be quite those of this program; ""
	// if they were compared with it.
	Assumed       string  `json:"assumed,omitempty"`
	AssumedReason *Reason `json:"assumedReason,omitempty"`
	// At is the certificate at fault; nil if it is no single one.
	At *CertificateName `json:"at,omitempty"`
	// Path leads from the leaf to what the trust rests on or, for a chain
	// that is refused, is the one that came closest.
	Path []CertificateName `json:"path,omitempty"`
	// Cure is what would help; "" where nothing is known to.
	Cure Cure `json:"cure,omitempty"`
	// Remedy is how, where that is the store's own matter.
	Remedy *Remedy `json:"remedy,omitempty"`

	written Info // the store in which a certificate has to be for the program to see it
}

// OK reports whether the program trusts the chain.
func (v Verdict) OK() bool { return v.Answer == AnswerTrusted }

// CertificateName identifies a certificate, and names it for people.
type CertificateName struct {
	SHA256 Fingerprint `json:"sha256"`
	Name   string      `json:"name"`
}

// PresentedCertificate is a certificate of the chain that was judged.
type PresentedCertificate struct {
	CertificateName
	Issuer     string      `json:"issuer"`
	NotBefore  Date        `json:"notBefore"`
	NotAfter   Date        `json:"notAfter"`
	Slug       string      `json:"slug,omitempty"` // in the catalogue
	Conditions []Condition `json:"conditions,omitempty"`
	// Fetched: it was not presented, but found where another one points to.
	Fetched bool `json:"fetched,omitempty"`
}

// Verification tells what the programs of a machine make of one chain.
type Verification struct {
	Format     string                 `json:"format"`
	Target     string                 `json:"target,omitempty"` // the server, or where the chain is from
	ServerName string                 `json:"serverName,omitempty"`
	Time       Date                   `json:"time"` // zero where nothing was judged
	Chain      []PresentedCertificate `json:"chain"`
	Verdicts   []Verdict              `json:"verdicts"`
	// Findings are about the chain itself, whoever judges it, and about places
	// that could not be looked at.
	Findings []Finding    `json:"findings,omitempty"`
	Error    *ErrorReport `json:"error,omitempty"`
	Exit     Exit         `json:"exit"`
	// Err is nil exactly when Exit is ExitOK.
	Err error `json:"-"`

	catalogued bool // the chain leads to a root of the catalogue
}

// ErrRefusedChain means that some program refuses a chain.
var ErrRefusedChain = errors.New("the chain is refused")

// ErrUnknownVerdict means that what some program makes of a chain is not known.
var ErrUnknownVerdict = errors.New("the verdict is not known")

// Verify says what the programs that trust by the machine's stores make of a
// chain, given as DER, the server's certificate first. It changes nothing and,
// without VerifyOptions.FetchIssuers, uses no network.
//
// The answers are those of the programs themselves, by rules that were compared
// with them; crypto/x509 is asked for Go alone. Where an answer cannot be
// known, it is [AnswerUnknown], with the reason.
//
// The verification is never nil; the error is its Err.
func (m *Machine) Verify(ctx context.Context, presented [][]byte, opt VerifyOptions) (*Verification, error) {
	v, err := m.NewVerifier(ctx, opt)
	if err != nil {
		out := failedVerification("", err)
		return out, out.Err
	}
	out := v.Verify(ctx, presented)
	return out, out.Err
}

func failedVerification(target string, err error) *Verification {
	out := &Verification{Format: VerificationFormat, Target: target, Chain: []PresentedCertificate{}, Verdicts: []Verdict{}, Err: err, Exit: ExitFailed}
	out.Error = reportError(err)
	if failed, ok := asType[*ServerError](err); ok {
		out.Error.Code = failed.Code
	}
	if slices.ContainsFunc(wrongUse, func(w error) bool { return errors.Is(err, w) }) {
		out.Exit = ExitUsage
	}
	return out
}

// conclude weighs the answers: a refusal outweighs what is not known.
func (v *Verification) conclude(ctx context.Context) *Verification {
	v.Exit = ExitOK
	for _, one := range v.Verdicts {
		switch one.Answer {
		case AnswerRefused:
			v.Exit = ExitWrong
		case AnswerUnknown:
			if v.Exit == ExitOK {
				v.Exit = ExitFailed
			}
		}
	}
	if len(v.Verdicts) == 0 {
		v.Exit = ExitFailed
	}
	switch {
	case ctx.Err() != nil:
		v.Exit, v.Err = ExitInterrupted, ctx.Err()
	case v.Exit == ExitWrong:
		v.Err = fmt.Errorf("%w: %s", ErrRefusedChain, v.first(AnswerRefused))
	case v.Exit == ExitFailed:
		v.Err = fmt.Errorf("%w: %s", ErrUnknownVerdict, v.first(AnswerUnknown))
	}
	return v
}

// first is the first verdict with an answer, as an error says it.
func (v *Verification) first(a Answer) string {
	i := slices.IndexFunc(v.Verdicts, func(one Verdict) bool { return one.Answer == a })
	if i < 0 {
		return "no store was found"
	}
	one := v.Verdicts[i]
	text := fmt.Sprintf("%s store %s: %s", one.Store.Kind, one.Store.Path, one.Code)
	if detail := one.Words + one.Why; detail != "" {
		text += ": " + detail
	}
	return text
}

// query is what rules are asked.
func (o VerifyOptions) query() (chain.Query, error) {
	q := chain.Query{ServerName: o.ServerName, Time: o.Time}
	switch o.Purpose {
	case ServerAuth, AnyPurpose: // AnyPurpose is the zero Purpose
	case ClientAuth:
		q.Purpose = chain.Client
	default:
		return q, fmt.Errorf("%w: purpose %s", ErrOptions, o.Purpose)
	}
	return q, nil
}

// nameOfChain names a certificate in a verdict.
func nameOfChain(c *chain.Certificate) CertificateName {
	return CertificateName{SHA256: c.Fingerprint, Name: certificateName(c.Raw)}
}

// presentedAs describes the certificates of a chain for people; one that cannot
// be read has its fingerprint alone.
func presentedAs(ders [][]byte, at time.Time) []PresentedCertificate {
	out := []PresentedCertificate{}
	for _, der := range ders {
		p := PresentedCertificate{CertificateName: CertificateName{SHA256: hkpost.FingerprintOf(der), Name: certificateName(der)}}
		if c, err := chain.Parse(der); err == nil {
			p.SHA256 = c.Fingerprint
			p.Issuer, p.NotBefore, p.NotAfter = c.Issuer.String(), Date{c.NotBefore}, Date{c.NotAfter}
		}
		if known, ok := hkpost.Lookup(p.SHA256); ok {
			p.Slug = known.Slug
		}
		p.Conditions = conditionsOfDER(der, at)
		out = append(out, p)
	}
	return out
}

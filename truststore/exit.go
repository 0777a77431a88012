package truststore

import (
	"context"
	"slices"
)

// Exit is what a report comes down to, as the command's exit code.
type Exit int

// The exit codes. They say what remains; whether something was done is
// Report.Changed.
const (
	ExitOK          Exit = 0   // as wanted now
	ExitFailed      Exit = 1   // failed, and nothing is right
	ExitUsage       Exit = 2   // wrong usage, or a refused goal
	ExitWrong       Exit = 3   // asked, and something is known to be wrong
	ExitElevation   Exit = 4   // what remains needs elevation
	ExitPartly      Exit = 5   // failed somewhere, while other stores are right
	ExitBusy        Exit = 6   // busy or stale: try again
	ExitPerson      Exit = 7   // what remains needs a person
	ExitInterrupted Exit = 130 // interrupted
)

// finish decides the exit code of a call that was to change something.
func (r *Report) finish(ctx context.Context) (*Report, error) {
	return r.conclude(ctx, r.remaining())
}

// answer decides the exit code of a call that only asked.
func (r *Report) answer(ctx context.Context) (*Report, error) {
	return r.conclude(ctx, r.verdict())
}

// verdict: what is known to be wrong outweighs what is unknown.
func (r *Report) verdict() Exit {
	exit := ExitOK
	for _, s := range r.Stores {
		switch s.Status {
		case StatusDiffers, StatusBlocked:
			return ExitWrong
		case StatusUnknown, StatusFailed:
			exit = ExitFailed
		}
	}
	for _, f := range r.allFindings() {
		switch {
		case f.Wrong():
			return ExitWrong
		case f.Level == LevelError:
			exit = ExitFailed
		}
	}
	return exit
}

func (r *Report) allFindings() []Finding {
	all := slices.Clone(r.Findings)
	for _, s := range r.Stores {
		all = append(all, s.Findings...)
	}
	return all
}

// remaining weighs what every store still needs.
func (r *Report) remaining() Exit {
	var exits []Exit
	right := false
	for _, s := range r.Stores {
		exit := s.remaining()
		right = right || exit == ExitOK
		exits = append(exits, exit)
	}
	for _, f := range r.allFindings() {
		if f.Level == LevelError || f.Wrong() {
			exits = append(exits, exitOf(f.Code))
		}
	}
	for _, exit := range []Exit{ExitFailed, ExitBusy, ExitPerson, ExitElevation} {
		if !slices.Contains(exits, exit) {
			continue
		}
		if exit == ExitFailed && right {
			return ExitPartly
		}
		return exit
	}
	return ExitOK
}

func (s StoreReport) remaining() Exit {
	if s.Err != nil {
		return exitOf(CodeOf(s.Err))
	}
	worst := ExitOK
	for _, c := range s.Changes {
		if c.Blocked != "" {
			worst = weightier(worst, exitOf(c.Blocked))
		}
	}
	return worst
}

// weightier returns the exit code that takes precedence.
func weightier(a, b Exit) Exit {
	order := []Exit{ExitOK, ExitElevation, ExitPerson, ExitBusy, ExitFailed}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// exitOf tells what a code leaves to do.
func exitOf(code Code) Exit {
	switch code {
	case CodeBusy, CodeStale:
		return ExitBusy
	case CodeNeedsElevation, CodePermissionForeign:
		return ExitElevation
	case CodeNeedsPerson, CodeNeedsProgram, CodeHides, CodePasswordRequired, CodeWrongPassword, CodeDistrusted, CodeUnlimited,
		CodeManaged, CodeAdministrators, CodeConflict, CodeRegenerated, CodeRetiredNewer, CodeTrustLeft, CodeKeyEntry,
		CodeCertificateRefused, CodeCertificateUnproven, CodeCertificateUnparsable, CodeStoreIgnored, CodeStoreOverridden,
		CodeOptionElsewhere, CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeOptionUnread,
		CodeStoreUnreadable, CodeStoreUnloadable, CodePasswordedCA, CodePermissionOwn, CodeNameTaken, CodeNoUpdater, CodePendingRefresh, CodeBundleMissing, CodeReceiptDamaged, CodeReceiptNewer:
		return ExitPerson
	}
	return ExitFailed
}

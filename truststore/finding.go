package truststore

// FindingLevel says how much a Finding matters.
type FindingLevel string

// The levels of findings.
const (
	// LevelError: something is wrong or could not be examined; the call
	// cannot be a success.
	LevelError FindingLevel = "error"
	// LevelWarning: something that a person should know about. Where it says
	// that programs do not honour the store, the call cannot be a success
	// either: see [Finding.Wrong].
	LevelWarning FindingLevel = "warning"
	// LevelNote: what was done or left out on purpose.
	LevelNote FindingLevel = "note"
)

// Finding is something worth telling: a code, its arguments, and where it is
// the consequence of another finding, the code of its cause.
type Finding struct {
	Code  Code              `json:"code"`
	Level FindingLevel      `json:"level"`
	Args  map[string]string `json:"args,omitempty"`
	Cause Code              `json:"cause,omitempty"`
}

// finding makes a Finding of alternating argument names and values.
func finding(code Code, args ...string) Finding {
	f := Finding{Code: code, Level: levelOf(code)}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[args[i]] = args[i+1]
	}
	return f
}

// Wrong reports whether the finding is about something that is known to be
// wrong, rather than about something that could not be examined.
func (f Finding) Wrong() bool {
	switch {
	case f.aboutReaders():
		return f.Level != LevelNote
	case f.Code == CodePendingRefresh, f.Code == CodeBundleMissing:
		return true
	}
	return f.Level == LevelError && f.Code != CodeLedgerUnreadable && f.Code != CodeSecurityUnknown
}

// aboutReaders reports whether the finding is that programs are known not to
// look at the store, or to see nothing in it.
func (f Finding) aboutReaders() bool {
	switch f.Code {
	case CodeStoreIgnored, CodeStoreOverridden, CodeStoreUnreadable, CodePasswordedCA,
		CodeOptionElsewhere, CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeOptionUnread:
		return true
	}
	return false
}

// levelOf is the level of a code's findings; a warning where nothing else is
// said.
func levelOf(code Code) FindingLevel {
	switch code {
	case CodeLedgerUnreadable, CodeStoreUnloadable, CodeRootMissing, CodeIssuerMissing, CodeRootDistrusted, CodeStoreBlocked, CodeStoreUnread,
		CodeProgramRefuses, CodeServerUnasked, CodeServerStrange, CodeClockWrong, CodeClockLate, CodeIntercepted, CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeOptionUnread, CodeSecurityUnknown:
		return LevelError
	case CodeNoStores, CodeSystemAbsent, CodeUsersUnasked, CodePlaceGone, CodeSearched, CodeForeignHome, CodeSystemAccount, CodeNetworkHome, CodePlaceOther,
		CodeClaimLeft, CodeOwnersLeft, CodeReceiptSettled, CodeUndoCompleted, CodeUndoForgotten, CodeRestart, CodeEntryGone, CodeMended, CodeBuiltinStays, CodeAnchorOfOthers, CodeDeselect, CodeJavaManaged, CodeBlocklist, CodeDeclared, CodeMadeOfSystem, CodeImageOnly, CodeUpdaterAbsent, CodeJavaFed, CodeJavaDeferred, CodeObstacle, CodeMadeStays, CodeMadeRemoved, CodeHardLinked,
		CodeProgramUndecided, CodeProgramConfined, CodeProgramStale, CodeStoreShadowed, CodeWSL, CodeKaspersky, CodeInterceptor, CodeStoreUnlooked, CodeSymptomStrange, CodeLearnt, CodeEnvironmentBundle, CodeOptionMissing, CodePasswordGiven, CodeSecurityHarmless, CodeSecurityHeeded:
		return LevelNote
	}
	return LevelWarning
}

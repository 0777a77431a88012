package truststore

import (
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// Remedy is what cures a problem.
type Remedy struct {
	// Code says what to do, in words that are the reader's business.
	Code RemedyCode `json:"code"`
	// Command is what to run, word by word, where that is enough; the
	// program first.
	Command []string `json:"command,omitempty"`
	// Elevated: an administrator has to do so.
	Elevated bool              `json:"elevated,omitempty"`
	Args     map[string]string `json:"args,omitempty"`
}

// RemedyCode is a stable English identifier of a remedy.
type RemedyCode string

// The remedies.
const (
	RemedyEnsure      RemedyCode = "ensure"       // add what is missing
	RemedyPassword    RemedyCode = "password"     // the same, with the store's password
	RemedyRemove      RemedyCode = "remove"       // remove a certificate
	RemedyRemoveFile  RemedyCode = "remove-file"  // the same, where its file is needed
	RemedyManaged     RemedyCode = "managed"      // remove it with the tool of who manages it
	RemedyBrowser     RemedyCode = "browser"      // the same, in the browser's certificate manager
	RemedySettle      RemedyCode = "settle"       // let an interrupted change be finished
	RemedyRefresh     RemedyCode = "refresh"      // run the distribution's updater
	RemedyRename      RemedyCode = "rename"       // give a file a name that the updater takes
	RemedyReform      RemedyCode = "reform"       // write a file as programs read it
	RemedyReadable    RemedyCode = "readable"     // let other users read the store
	RemedyWritable    RemedyCode = "writable"     // let its owner write it
	RemedyVariable    RemedyCode = "variable"     // mend the file that a variable names, or unset it
	RemedyBundle      RemedyCode = "bundle"       // add the root to the file that a variable names, or unset it
	RemedyOwnRoots    RemedyCode = "own-roots"    // name the system's certificates to a program that brings its own
	RemedyUnset       RemedyCode = "unset"        // take an option out of the environment
	RemedyOption      RemedyCode = "option"       // give the password that opens the store
	RemedyType        RemedyCode = "type"         // give the type that the store is of, or none
	RemedyWithout     RemedyCode = "without"      // take an option away, and start anew what has it
	RemedyAgain       RemedyCode = "again"        // start a running program anew without it
	RemedyNamed       RemedyCode = "named"        // make the store that a program was told of right as well, or start it without
	RemedyRestart     RemedyCode = "restart"      // start a program anew
	RemedyRetry       RemedyCode = "retry"        // close the program that uses the store
	RemedySetting     RemedyCode = "setting"      // take back a program's setting
	RemedyDistrust    RemedyCode = "distrust"     // ask who decided so
	RemedyFeeder      RemedyCode = "feeder"       // remove it from the store that it comes from
	RemedyReselect    RemedyCode = "reselect"     // in the file in which the distribution's certificates are chosen
	RemedyRestore     RemedyCode = "restore"      // replace a damaged store
	RemedyReencode    RemedyCode = "reencode"     // the store's form is not one that is edited
	RemedyConfigure   RemedyCode = "configure"    // where the system's configuration makes the store
	RemedyFeed        RemedyCode = "feed"         // where the system's store makes the store
	RemedyUnencrypted RemedyCode = "unencrypted"  // a cacerts that Java can read without a password
	RemedyUpgrade     RemedyCode = "upgrade"      // start a newer program once
	RemedyClock       RemedyCode = "clock"        // set it
	RemedyWindows     RemedyCode = "windows"      // run it there as well
	RemedyNewer       RemedyCode = "newer"        // use the newer hktrust
	RemedyReceipt     RemedyCode = "receipt"      // look at a damaged receipt
	RemedyServer      RemedyCode = "server"       // the server's operator has to mend it
	RemedyIssuer      RemedyCode = "issuer"       // the operator has to mend it; until then, add the CA that the server omits
	RemedyAddress     RemedyCode = "address"      // use the name that the certificate is for
	RemedyAnchor      RemedyCode = "anchor"       // add the root, if its owner is to be trusted
	RemedyNetwork     RemedyCode = "network"      // see to the connection
	RemedyProxy       RemedyCode = "proxy"        // who runs the network has to leave the site alone
	RemedyKaspersky   RemedyCode = "kaspersky"    // trusted addresses, in a current version
	RemedyKasperskyV1 RemedyCode = "kaspersky-v1" // the same, in versions of 2018 to 2020
	RemedyKasperskyV0 RemedyCode = "kaspersky-mac"
	RemedyKasperskyOf RemedyCode = "kaspersky-business"
)

// commandName is the command that remedies are for.
const commandName = "hktrust"

// selectorOf names a store on a command line.
func selectorOf(info Info) string {
	if info.Path == "" {
		return string(info.Kind)
	}
	return string(info.Kind) + ":" + info.Path
}

func plainRemedy(code RemedyCode, args ...string) *Remedy {
	r := &Remedy{Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if r.Args == nil {
			r.Args = map[string]string{}
		}
		r.Args[args[i]] = args[i+1]
	}
	return r
}

func commandRemedy(code RemedyCode, command ...string) *Remedy {
	return &Remedy{Code: code, Command: command}
}

// remedyFor is what cures a finding; nil where nothing is known to, or nothing
// needs to.
func (d *diagnosis) remedyFor(f Finding, s *StorePlan) *Remedy {
	switch f.Code {
	case CodeRootMissing, CodeIssuerMissing:
		return &Remedy{Code: RemedyEnsure, Command: []string{commandName, "ensure"}, Elevated: needsElevation(*s)}
	case CodeRootDistrusted:
		if r := reselection(d.machine.host(), s.Info); r != nil {
			return r
		}
		if backendOf(s.Info.Kind).beside {
			return d.removal(f, s)
		}
		return plainRemedy(RemedyDistrust)
	case CodeStoreBlocked, CodeStoreUnread:
		return d.remedyForReason(Code(f.Args["reason"]), s)
	case CodeStoreUnloadable:
		return d.removal(f, s)
	case CodeRetiredPresent:
		return d.removal(f, s)
	case CodeGhost:
		if f.Args["sha256"] == "" {
			return plainRemedy(RemedyRemoveFile, "path", s.Info.Path)
		}
		return d.removal(f, s)
	case CodeStoreOverridden:
		r := plainRemedy(RemedyUnset, "store", f.Args["store"])
		r.Command = d.unset(f.Args["variable"])
		return r
	case CodeOptionElsewhere, CodeOptionNone, CodeOptionUnread, CodeSecurityUnknown:
		if command := d.unset(f.Args["source"]); command != nil {
			return &Remedy{Code: RemedyWithout, Command: command}
		}
		return plainRemedy(RemedyAgain)
	case CodeStoreUnreadable:
		return &Remedy{Code: RemedyReadable, Command: []string{"chmod", "a+rX", f.Args["path"]}, Elevated: !d.machine.host().Elevated() && s.Info.Scope == ScopeMachine}
	case CodeReceiptOpen, CodeUndoDue:
		return commandRemedy(RemedySettle, commandName, "ensure")
	}
	if code, ok := simpleRemedies[f.Code]; ok {
		return &Remedy{Code: code, Args: f.Args, Command: updater(f)}
	}
	return nil
}

// unset takes variables out of the environment, if they are some.
func (d *diagnosis) unset(variables string) []string {
	names := strings.Split(variables, ", ")
	switch {
	case strings.Contains(variables, "("): // a running program
		return nil
	case d.machine.host().GOOS() == "windows":
		return []string{"set", names[len(names)-1] + "="}
	}
	return append([]string{"unset"}, names...)
}

// removal is the command that removes the certificate of a finding from its
// store, or what there is in its place where a distribution manages the entry.
func (d *diagnosis) removal(f Finding, s *StorePlan) *Remedy {
	r := &Remedy{Code: RemedyRemove, Command: []string{commandName, "remove", "--cert", f.Args["sha256"], "--store", selectorOf(s.Info)}, Elevated: needsElevation(*s)}
	if row := backendOf(s.Info.Kind); f.Args["manager"] != "" || row.beside {
		r.Code, r.Command = RemedyManaged, nil
		if own := row.ownRemoval; own != nil {
			r.Code, r.Command = own(d.machine, s.Info, f)
		}
	}
	return r
}

// updater is the distribution's command that a finding names.
func updater(f Finding) []string { return host.ShellWords(f.Args["command"]) }

// simpleRemedies are those whose words say all.
var simpleRemedies = map[Code]RemedyCode{
	CodePasswordedCA: RemedyUnencrypted, CodePasswordGiven: RemedyUnencrypted, CodeJavaEmpty: RemedyRestore, CodeStoreIgnored: RemedySetting, CodeNSSLegacy: RemedyUpgrade, CodeClockWrong: RemedyClock, CodeClockLate: RemedyClock,
	CodeOptionPassword: RemedyOption, CodeOptionNoPassword: RemedyOption, CodeOptionType: RemedyType,
	CodeWSL: RemedyWindows, CodeReceiptNewer: RemedyNewer, CodeReceiptDamaged: RemedyReceipt, CodeProgramStale: RemedyRestart,
	CodeStoreNamed: RemedyNamed, CodePendingRefresh: RemedyRefresh, CodePendingOther: RemedyRefresh, CodeBundleDoubled: RemedyRefresh,
	CodeBundleMissing: RemedyRefresh, CodeDistrustIgnored: RemedyRefresh, CodeDanglingLink: RemedyRefresh, CodeJavaStale: RemedyRefresh, CodeAnchorSeveral: RemedyReform,
	CodeAnchorIgnored: RemedyRename, CodeAnchorMarked: RemedyReform, CodeAnchorOdd: RemedyReform, CodeAnchorDER: RemedyReform,
}

// configuring adds certificates where the system makes the store of something else.
func (d *diagnosis) configuring(s *StorePlan) *Remedy {
	i := slices.IndexFunc(s.Findings, func(f Finding) bool { return f.Code == CodeMadeOfSystem })
	if i < 0 {
		return plainRemedy(RemedyConfigure)
	}
	r := plainRemedy(RemedyFeed, "file", s.Findings[i].Args["file"])
	r.Command, r.Elevated = updater(s.Findings[i]), !d.machine.host().Elevated()
	return r
}

// obstacle is the file or directory that keeps hktrust out of a store.
func obstacle(s *StorePlan) string {
	for _, f := range s.Findings {
		if f.Code == CodeObstacle {
			return f.Args["path"]
		}
	}
	return s.Info.Path
}

// remedyForReason is what lifts what keeps a store from being read or changed.
func (d *diagnosis) remedyForReason(reason Code, s *StorePlan) *Remedy {
	switch {
	case reason == CodePasswordRequired || reason == CodeWrongPassword:
		return commandRemedy(RemedyPassword, commandName, "ensure", "--store", selectorOf(s.Info), "--password-file", "-")
	case reason == CodeBusy || reason == CodeStale:
		return plainRemedy(RemedyRetry)
	case reason == CodePermissionOwn:
		return commandRemedy(RemedyWritable, "chmod", "u+rwX", obstacle(s))
	case liftedByElevation(reason):
		return &Remedy{Code: RemedyEnsure, Command: []string{commandName, "ensure"}, Elevated: true}
	case reason == CodeRegenerated:
		return d.configuring(s)
	case slices.Contains([]Code{CodeDamaged, CodeFormatUnknown, CodeEmpty, CodeTruncated, CodeTooLarge}, reason):
		return plainRemedy(RemedyRestore)
	case reason == CodeUnsupported || strings.HasPrefix(string(reason), formatPrefix):
		return plainRemedy(RemedyReencode)
	}
	return nil
}

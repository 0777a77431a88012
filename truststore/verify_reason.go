package truststore

import "strings"

// Reason is why something is not known, or is assumed, for programs that say it
// in their own words: a stable code, and what stands in the sentence.
type Reason struct {
	Code Code              `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// Codes of reasons.
const (
	ReasonSetting         Code = "setting"          // a program's setting leads it elsewhere. Args: setting, file
	ReasonVariable        Code = "variable"         // a variable leads a program elsewhere. Args: variable, store
	ReasonSecurityFile    Code = "security-file"    // a variable gives Java security properties whose effect is not known. Args: variable, file, why
	ReasonOption          Code = "option"           // with a variable's options Java trusts nobody. Args: variable
	ReasonInstead         Code = "instead"          // Java reads another store in its place. Args: store
	ReasonProfileUnread   Code = "profile-unread"   // a store of the profile's own counts, too. Args: store, error
	ReasonSomeAddresses   Code = "some-addresses"   // trusted for some addresses alone. Args: store
	ReasonSystemDirectory Code = "system-directory" // the system's directory counts, too
	ReasonWebStart        Code = "web-start"        // the keystore of the program's Java counts, too
	ReasonFollows         Code = "follows"          // the program would fetch an issuer. Args: url
	ReasonOwnRoots        Code = "own-roots"        // the program brings roots that are not known here
	ReasonNoReader        Code = "no-reader"        // nobody is known to read the store
	ReasonClients         Code = "clients"          // how clients are judged is not known. Args: program
	ReasonUnreadable      Code = "unreadable"       // a certificate cannot be read
	ReasonSeveral         Code = "several"          // several CAs of one name fit
	ReasonGivesUp         Code = "gives-up"         // Java may meet an anchor that ends its search
	ReasonRandom          Code = "random"           // Java takes one of several at random
	ReasonVariableOf      Code = "variable-of"      // another program's rules are taken. Args: program, rules
	ReasonRulesMayDiffer  Code = "rules-may-differ" // the rules are another version's. Args: rules
	ReasonRules           Code = "rules"            // the same, of a release nearby. Args: rules
	ReasonVersion         Code = "version"          // the version is not understood. Args: version, rules
	ReasonOldNSS          Code = "old-nss"          // NSS before it verified by libpkix
	ReasonUnknownReader   Code = "unknown-reader"   // it is judged as NSS's own tools do
	ReasonNoJava          Code = "no-java"          // the newest Java's rules are taken
	ReasonWebStartRules   Code = "web-start-rules"  // the same, for Web Start's programs
	ReasonOthersJava      Code = "others-java"      // the same, for another user's Java. Args: dir
	ReasonSecurity        Code = "java-security"    // Java's settings are not understood. Args: text
)

// reasons are the sentences that readers give, in English, with their arguments
// in braces. Packages below say some of them, without knowing codes.
var reasons = []struct {
	code Code
	text string
}{
	{ReasonSetting, "the program does not look at this store, because of {setting} in {file}"},
	{ReasonSecurityFile, "{variable} adds the security properties of {file}, under which it is not known what Java trusts ({why})"},
	{ReasonOption, "with what {variable} tells Java, it trusts nobody by this store"},
	{ReasonVariable, "{variable} makes the program look at {store} instead"},
	{ReasonInstead, "this Java reads {store} instead"},
	{ReasonProfileUnread, "the profile's own store {store} counts as well, and cannot be read: {error}"},
	{ReasonSomeAddresses, "the root is trusted for some addresses alone in the profile's own store {store}"},
	{ReasonSystemDirectory, "the program trusts by the system's directory of certificates as well"},
	{ReasonWebStart, "Web Start's programs trust by their Java's own keystore as well"},
	{ReasonFollows, "the program would look for the issuer at {url}"},
	{ReasonOwnRoots, "the program brings roots of its own, of which hktrust knows Hongkong Post's alone"},
	{ReasonNoReader, "no program is known that reads this store"},
	{ReasonClients, "how {program} judges clients is not known here"},
	{ReasonUnreadable, "what the program makes of a chain with a certificate that cannot be read is not known"},
	{ReasonSeveral, "several CAs of one name fit, and which the program takes is not known"},
	{ReasonGivesUp, "an anchor that makes Java give up may come first"},
	{ReasonRandom, "several stored certificates fit, and Java takes one of them at random"},
	{ReasonVariableOf, "{program} reads this file: its rules are taken to be those of {rules}"},
	{ReasonRulesMayDiffer, "the rules are those of {rules}; older and newer ones may differ"},
	{ReasonOldNSS, "the rules are those of NSS 3.87, before it verified by libpkix"},
	{ReasonUnknownReader, "which program reads this database is not known: it is judged as NSS's own tools do, without built-in roots"},
	{ReasonNoJava, "no Java installation is known to read this keystore: the rules are those of the newest known"},
	{ReasonWebStartRules, "which Java runs Web Start's programs is not known: the rules are those of the newest"},
	{ReasonOthersJava, "{dir} is another user's and was not read: the rules are those of the newest Java"},
	{ReasonVersion, "the version {version} is not understood; the rules are those of {rules}"},
	{ReasonRules, "the rules are those of {rules}"},
	{ReasonSecurity, "its java.security disables algorithms in a way that is not understood: {text}"},
}

// because is a reason as a sentence; its arguments are names and values in turn.
func because(code Code, args ...string) string {
	for _, r := range reasons {
		if r.code == code {
			for i := 0; i+1 < len(args); i += 2 {
				args[i] = "{" + args[i] + "}"
			}
			return strings.NewReplacer(args...).Replace(r.text)
		}
	}
	return string(code)
}

// reasonOf finds the code and the arguments of a sentence; nil if it is none of
// these. An error's is the error's own code, where it has one.
func reasonOf(text string, err error) *Reason {
	if code := CodeOf(err); err != nil && code != CodeFailed {
		return &Reason{Code: code}
	}
	for _, r := range reasons {
		if args, ok := argumentsIn(text, r.text); ok {
			return &Reason{Code: r.code, Args: args}
		}
	}
	return nil
}

// argumentsIn are the arguments with which a text makes a sentence.
func argumentsIn(sentence, text string) (map[string]string, bool) {
	args := map[string]string{}
	for {
		before, rest, more := strings.Cut(text, "{")
		after, ok := strings.CutPrefix(sentence, before)
		if !ok || !more {
			return args, ok && after == ""
		}
		name, left, _ := strings.Cut(rest, "}")
		until, _, _ := strings.Cut(left, "{")
		end := len(after)
		if until != "" {
			if end = strings.Index(after, until); end < 0 {
				return nil, false
			}
		}
		args[name], sentence, text = after[:end], after[end:], left
	}
}

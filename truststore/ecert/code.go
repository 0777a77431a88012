package ecert

// Code names something that is to be said about a file. Codes are stable.
type Code string

// What keeps a file from being read.
const (
	CodeNotFound     Code = "file.not-found"
	CodePermission   Code = "file.permission"
	CodeNotRegular   Code = "file.not-regular" // a directory, pipe or device
	CodeTooLarge     Code = "file.too-large"
	CodeChanging     Code = "file.changing"    // it changed whenever it was read
	CodeReadFailed   Code = "file.read-failed" // as of a drive that is gone
	CodeOtherUser    Code = "file.other-user"
	CodeInsecurePath Code = "file.insecure-path"
	CodeInterrupted  Code = "interrupted"
)

// What is the matter with a file as a whole.
const (
	CodeNotPKCS12   Code = "not-pkcs12" // looks
	CodeDamaged     Code = "damaged"    // detail
	CodeUnsupported Code = "unsupported"
	CodeTooCostly   Code = "too-costly" // key derivations, counts

	CodePasswordRequired Code = "password.required"
	CodePasswordWrong    Code = "password.wrong"
	CodePasswordNone     Code = "password.none"
	CodePasswordEmpty    Code = "password.empty"

	CodeNoKey            Code = "key.none"
	CodeOnlyAuthorities  Code = "certificate.authorities" // names: nobody's certificate, and no key
	CodeSeveralKeys      Code = "key.several"             // count
	CodeKeyUnreadable    Code = "key.unreadable"          // detail
	CodeKeyNoCertificate Code = "key.no-certificate"      // name
	CodeNoCertificate    Code = "certificate.none"
	CodeCertUnreadable   Code = "certificate.unreadable" // detail
	CodeNotFirst         Code = "certificate.not-first"
	CodeEncodingBER      Code = "encoding.ber"
	CodeWeakProtection   Code = "protection.weak"   // scheme
	CodeNewProtection    Code = "protection.new"    // scheme
	CodeManyRounds       Code = "protection.rounds" // count
	CodeNoMAC            Code = "protection.no-mac"
)

// What is the matter with a certificate.
const (
	CodeNotECert         Code = "not-ecert"     // issuer
	CodeIssuerForged     Code = "issuer.forged" // issuer
	CodeIssuerUnproven   Code = "issuer.unproven"
	CodeIssuerExpired    Code = "issuer.expired"    // issuer, date
	CodeIssuerRevoked    Code = "issuer.revoked"    // issuer, date
	CodeIssuerSuperseded Code = "issuer.superseded" // issuer, date
	CodeNotYetValid      Code = "not-yet-valid"     // date
	CodeExpired          Code = "expired"           // date, days
	CodeExpiresSoon      Code = "expires-soon"      // date, days
	CodeWeakKey          Code = "weak.key"          // key
	CodeWeakSignature    Code = "weak.signature"    // signature
	CodeKeyMissing       Code = "key.missing"       // beside other keys
	CodeKeyUnproven      Code = "key.unproven"
	CodeChainNotInFile   Code = "chain.not-in-file" // issuer
	CodeRevocation       Code = "revocation.unchecked"
)

// notes are the codes that report no fault.
func (c Code) note() bool {
	switch c {
	case CodeEncodingBER, CodeWeakProtection, CodeNewProtection, CodeManyRounds, CodeNoMAC, CodeNotFirst, CodeIssuerSuperseded, CodeExpiresSoon, CodeKeyUnproven,
		CodeChainNotInFile, CodeRevocation, CodeIssuerUnproven:
		return true
	}
	return false
}

// Finding is one thing to be said. Its words are the caller's.
type Finding struct {
	Code Code `json:"code"`
	// Fault: the file does not do, or not for long, what it is for.
	Fault bool `json:"fault"`
	// Args are what the words need, by name.
	Args map[string]string `json:"args,omitempty"`
}

// finding makes a Finding of a code and its arguments, given as name, value, ….
func finding(code Code, args ...string) Finding {
	f := Finding{Code: code, Fault: !code.note()}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = make(map[string]string)
		}
		f.Args[args[i]] = args[i+1]
	}
	return f
}

func (in *Inspection) find(code Code, args ...string) {
	in.Findings = append(in.Findings, finding(code, args...))
}

// fail ends an inspection.
func (in *Inspection) fail(code Code, err error, args ...string) {
	in.Err = err
	in.find(code, args...)
}

func (id *Identity) find(code Code, args ...string) {
	id.Findings = append(id.Findings, finding(code, args...))
}

// Faults reports whether anything about the file is a fault.
func (in *Inspection) Faults() bool {
	for _, f := range in.AllFindings() {
		if f.Fault {
			return true
		}
	}
	return false
}

// AllFindings returns the findings about the file, then those about each
// identity.
func (in *Inspection) AllFindings() []Finding {
	all := in.Findings[:len(in.Findings):len(in.Findings)]
	for _, id := range in.Identities {
		all = append(all, id.Findings...)
	}
	return all
}

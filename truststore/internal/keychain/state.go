package keychain

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"strings"
)

// Policy is a name that security's option -p takes.
type Policy string

// The policies that a certificate authority is trusted for here.
const (
	SSL         Policy = "ssl"      // TLS, servers and clients
	SMIME       Policy = "smime"    // mail
	CodeSigning Policy = "codeSign" // programs
	Basic       Policy = "basic"    // programs that ask for no policy in particular
)

// policyOIDs are the policies' object identifiers (SecPolicy.h, oidsalg.h).
var policyOIDs = map[Policy]string{
	Basic: "1.2.840.113635.100.1.2", SSL: "1.2.840.113635.100.1.3",
	SMIME: "1.2.840.113635.100.1.8", CodeSigning: "1.2.840.113635.100.1.16",
}

// Level is what macOS makes of a certificate for one policy.
type Level int

// The levels.
const (
	Absent     Level = iota // in no keychain
	Present                 // in a keychain, without trust
	Vendor                  // anchor of Apple's
	Explicit                // anchor by trust settings
	Distrusted              // denied by trust settings
)

// State is a level with the place that it comes from.
type State struct {
	Level  Level
	Domain Domain // whose settings decide; "" where none do
	// Keychain is one that holds the certificate; "" if none does.
	Keychain string
	// Limited: there are settings, which count for one host, program or
	// use of the key alone.
	Limited bool
}

// State says what macOS makes of a certificate for a policy; user asks for the
// user's own domain beside the machine's. Deny wins over trust; otherwise the
// first domain that says something decides.
func (c *Contents) State(der []byte, policy Policy, user bool) State {
	s := State{}
	for _, found := range c.Certificates {
		if bytes.Equal(found.DER, der) && (user || !found.User) {
			s.Level, s.Keychain = max(s.Level, Present), found.Keychain
			if found.Keychain == RootsKeychain {
				s.Level = Vendor
			}
		}
	}
	decided := false
	for _, domain := range []Domain{User, Admin, System} {
		if domain == User && !user {
			continue
		}
		said, limited := c.Settings[domain].say(der, policy)
		s.Limited = s.Limited || limited
		switch {
		case said == Deny:
			s.Level, s.Domain = Distrusted, domain
			return s
		case said == TrustRoot && !decided:
			s.Domain, decided = domain, true
			// Apple's own settings speak of Apple's own roots.
			if domain != System {
				s.Level = Explicit
			}
		}
	}
	return s
}

// say reduces the settings of a certificate to Deny, TrustRoot (of either kind)
// or Unspecified for a policy. Limited settings say nothing here.
func (s Settings) say(der []byte, policy Policy) (said TrustResult, limited bool) {
	said = Unspecified
	for _, setting := range s[thumbprint(der)] {
		if setting.Policy != "" && setting.Policy != policyOIDs[policy] {
			continue
		}
		switch {
		case setting.Limited:
			limited = true
		case setting.Result == Deny:
			return Deny, limited
		case setting.anchors(der):
			said = TrustRoot
		}
	}
	return said, limited
}

// anchors reports whether a setting makes a certificate an anchor: there is one
// result for those that sign themselves and one for the others.
func (s Setting) anchors(der []byte) bool {
	return selfIssued(der) && s.Result == TrustRoot || !selfIssued(der) && s.Result == TrustAsRoot
}

func selfIssued(der []byte) bool {
	c, err := x509.ParseCertificate(der)
	return err == nil && bytes.Equal(c.RawIssuer, c.RawSubject)
}

// thumbprint is how macOS files trust settings.
func thumbprint(der []byte) string {
	sum := sha1.Sum(der)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

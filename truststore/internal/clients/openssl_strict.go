package clients

import "github.com/hktrust/hktrust/truststore/chain"

// strictNumbers are the errors of X509_V_FLAG_X509_STRICT, by their texts.
var strictNumbers = map[string]int{
	strictPathLenNotCA: 80, strictPathLenUsage: 81, strictUsageNotCA: 82, strictIssuerEmpty: 83, strictSubjectEmpty: 84,
	strictNoAuthorityKey: 85, strictNoSubjectKey: 86, strictEmptySAN: 87, strictEmptySubject: 88, strictConstraints: 89,
	strictAuthorityKey: 90, strictSubjectKey: 91, strictNoUsage: 92, strictVersion: 93,
}

const (
	strictPathLenNotCA   = "Path length invalid for non-CA cert"
	strictPathLenUsage   = "Path length given without key usage keyCertSign"
	strictUsageNotCA     = "Key usage keyCertSign invalid for non-CA cert"
	strictIssuerEmpty    = "Issuer name empty"
	strictSubjectEmpty   = "Subject name empty"
	strictNoAuthorityKey = "Missing Authority Key Identifier"
	strictNoSubjectKey   = "Missing Subject Key Identifier"
	strictEmptySAN       = "Empty Subject Alternative Name extension"
	strictEmptySubject   = "Subject empty and Subject Alt Name extension not critical"
	strictConstraints    = "Basic Constraints of CA cert not marked critical"
	strictAuthorityKey   = "Authority Key Identifier marked critical"
	strictSubjectKey     = "Subject Key Identifier marked critical"
	strictNoUsage        = "CA cert does not include key usage extension"
	strictVersion        = "Using cert extension requires at least X509v3"
)

// strictForm is what X509_V_FLAG_X509_STRICT looks at beside the rest
// (check_extensions in crypto/x509/x509_vfy.c), for paths of two and more.
func strictForm(path []*chain.Certificate, i int, anchor bool) (chain.Code, string) {
	if len(path) < 2 {
		return "", ""
	}
	c := path[i]
	b, constrained, _ := c.BasicConstraints()
	if i > 0 && !b.CA && (anchor || c.Version < 3) {
		return chain.NotCA, ""
	}
	for _, said := range []string{strictUsage(c, b, constrained), strictNames(c, b.CA), strictKeyIDs(c, b.CA, i == len(path)-1)} {
		if said != "" {
			return chain.BadForm, said
		}
	}
	return "", ""
}

func strictUsage(c *chain.Certificate, b chain.BasicConstraints, constrained bool) string {
	usage, used, _ := c.KeyUsage()
	signs := usage&chain.KeyCertSign != 0
	extension, _ := c.Extension(chain.OIDBasicConstraints)
	switch {
	case constrained && b.PathLen >= 0 && !b.CA:
		return strictPathLenNotCA
	case constrained && b.PathLen >= 0 && !signs:
		return strictPathLenUsage
	case b.CA && !extension.Critical:
		return strictConstraints
	case b.CA && !used:
		return strictNoUsage
	case !b.CA && signs:
		return strictUsageNotCA
	}
	return ""
}

func strictNames(c *chain.Certificate, isCA bool) string {
	usage, _, _ := c.KeyUsage()
	san, named := c.Extension(chain.OIDSubjectAltName)
	empty := len(c.Subject) == 0
	names, _, err := c.SubjectAltName()
	switch {
	case len(c.Issuer) == 0:
		return strictIssuerEmpty
	case empty && (isCA || usage&chain.CRLSign != 0 || !named):
		return strictSubjectEmpty
	case empty && !san.Critical:
		return strictEmptySubject
	case named && err == nil && len(names) == 0:
		return strictEmptySAN
	}
	return ""
}

func strictKeyIDs(c *chain.Certificate, isCA, top bool) string {
	authority, hasAuthority := c.Extension(chain.OIDAuthorityKeyID)
	subject, hasSubject := c.Extension(chain.OIDSubjectKeyID)
	id, _, _ := c.AuthorityKeyID()
	switch {
	case hasAuthority && authority.Critical:
		return strictAuthorityKey
	case hasSubject && subject.Critical:
		return strictSubjectKey
	case c.Version < 3 && len(c.Extensions) > 0:
		return strictVersion
	case c.Version < 3:
		return ""
	case !top && id.KeyID == nil:
		return strictNoAuthorityKey
	case isCA && !hasSubject:
		return strictNoSubjectKey
	}
	return ""
}

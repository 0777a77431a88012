package clients

import (
	"crypto"
	"fmt"

	"github.com/hktrust/hktrust/truststore/chain"
)

// sgc are the old purposes that OpenSSL takes for serverAuth.
var sgc = []string{chain.OIDNetscapeSGC, chain.OIDMicrosoftSGC}

// openssl are the rules that all users of OpenSSL 3.0 share: one path, trusted
// issuers first, key identifiers obeyed (crypto/x509/x509_vfy.c), weak keys and
// hashes refused by a security level.
func openssl(name string, partial bool, level int) *chain.Rules {
	return &chain.Rules{
		Name: name, Partial: partial, OneTry: true, StoredTop: true, SignersOnly: true, KeyIDs: true, KeySerials: true, FoldName: true, EndExclusive: true,
		LeafStored: storedLeaf(!partial),
		Refuses:    securityLevel(level),
		CAPurposes: sgc, LeafPurposes: sgc,
		LeafUsage:  chain.Usages(chain.DigitalSignature | chain.KeyEncipherment | chain.KeyAgreement),
		LeafCA:     chain.Always[*chain.Certificate],
		CAUnlessV3: false,
		Anchor:     chain.AnchorRules{UsageMakesCA: true, EmptySubject: true},
		KnownCritical: []string{
			chain.OIDNetscapeCertType, chain.OIDTLSFeature, "1.3.6.1.5.5.7.1.14", "1.3.6.1.5.5.7.1.7", "1.3.6.1.5.5.7.1.8", "1.3.6.1.5.5.7.48.1.5",
		},
		Hosts: chain.HostRules{CommonName: true, Partial: true, KeepDot: true},
		Words: opensslWords,
	}
}

// OpenSSL is `openssl verify -purpose sslserver -verify_hostname`.
func OpenSSL() *chain.Rules { return openssl("openssl", false, 0) }

// Curl is curl with OpenSSL: security level 2, partial chains, and a check of
// the host's name that is curl's own.
func Curl() *chain.Rules {
	r := openssl("curl", true, 2)
	r.Hosts = chain.HostRules{CommonName: true, AddressInCN: true, Dot: true}
	r.Words = func(f chain.Fault, host string) string {
		if f.Code == chain.HostMismatch {
			return fmt.Sprintf("curl: (60) SSL: no alternative certificate subject name matches target host name '%s'", host)
		}
		return "curl: (60) SSL certificate problem: " + opensslText(f)
	}
	return r
}

// Python is the ssl module's default context. From 3.13 on it takes partial
// chains and sets X509_V_FLAG_X509_STRICT.
func Python(major, minor int) *chain.Rules {
	recent := major > 3 || major == 3 && minor >= 13
	r := openssl("python", recent, 2)
	r.Strict = recent
	r.Hosts = chain.HostRules{CommonName: true}
	r.Words = func(f chain.Fault, host string) string {
		text := opensslText(f)
		if f.Code == chain.HostMismatch {
			text = fmt.Sprintf("Hostname mismatch, certificate is not valid for '%s'.", host)
		}
		return "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: " + text
	}
	return r
}

// Node is the tls module of Node.js, which brings an OpenSSL of its own and
// checks the host's name itself. Extra certificates add to its built-in ones.
func Node(major int) *chain.Rules {
	level := 1
	if major >= 24 {
		level = 2
	}
	r := openssl("node", false, level)
	r.Hosts = chain.HostRules{CommonName: true, Partial: true, Dot: true}
	r.Words = func(f chain.Fault, _ string) string { return nodeCode(f) }
	return r
}

func opensslWords(f chain.Fault, host string) string {
	number := map[chain.Code]int{
		chain.NoPath: 20, chain.NoAnchor: 20, chain.SelfSigned: 18, chain.Expired: 10, chain.NotYetValid: 9, chain.NotCA: 79,
		chain.ExtKeyUsage: 26, chain.PathLength: 25, chain.NameConstraint: 47, chain.Critical: 34, chain.Signature: 7,
		chain.HostMismatch: 62, chain.WeakKey: 66, chain.WeakAlgorithm: 68, chain.CAKeyUsage: 79, chain.KeyUsage: 26,
	}[f.Code]
	if f.Code == chain.NoPath && f.At != nil && f.At.SelfIssued() {
		number = 19
	}
	return fmt.Sprintf("error %d at %d depth lookup: %s", number, f.Depth, opensslText(f))
}

// opensslText is X509_verify_cert_error_string.
func opensslText(f chain.Fault) string {
	switch f.Code {
	case chain.NoPath, chain.NoAnchor:
		if f.At != nil && f.At.SelfIssued() {
			return "self-signed certificate in certificate chain"
		}
		return "unable to get local issuer certificate"
	case chain.SelfSigned:
		return "self-signed certificate"
	case chain.Expired:
		return "certificate has expired"
	case chain.NotYetValid:
		return "certificate is not yet valid"
	case chain.NotCA, chain.CAKeyUsage:
		return "invalid CA certificate"
	case chain.ExtKeyUsage, chain.KeyUsage:
		return "unsuitable certificate purpose"
	case chain.PathLength:
		return "path length constraint exceeded"
	case chain.NameConstraint:
		return "permitted subtree violation"
	case chain.Critical:
		return "unhandled critical extension"
	case chain.Signature:
		return "certificate signature failure"
	case chain.HostMismatch:
		return "hostname mismatch"
	case chain.WeakKey:
		return "EE certificate key too weak"
	case chain.WeakAlgorithm:
		return "CA signature digest algorithm too weak"
	}
	return ""
}

// nodeCode is the code property of the error.
func nodeCode(f chain.Fault) string {
	switch f.Code {
	case chain.NoPath, chain.NoAnchor:
		switch {
		case f.At != nil && f.At.SelfIssued():
			return "SELF_SIGNED_CERT_IN_CHAIN"
		case f.Role == chain.RoleLeaf:
			return "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
		}
		return "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
	case chain.SelfSigned:
		return "DEPTH_ZERO_SELF_SIGNED_CERT"
	case chain.Expired:
		return "CERT_HAS_EXPIRED"
	case chain.NotYetValid:
		return "CERT_NOT_YET_VALID"
	case chain.NotCA:
		return "INVALID_CA"
	case chain.ExtKeyUsage:
		return "INVALID_PURPOSE"
	case chain.Signature:
		return "CERT_SIGNATURE_FAILURE"
	case chain.PathLength:
		return "PATH_LENGTH_EXCEEDED"
	case chain.HostMismatch:
		return "ERR_TLS_CERT_ALTNAME_INVALID"
	}
	return "UNSPECIFIED"
}

// securityLevel is SSL_CTX_set_security_level: 0 of `openssl verify`, 1 of
// OpenSSL's own builds, 2 of Debian's.
func securityLevel(level int) func(*chain.Certificate, bool) chain.Code {
	switch level {
	case 0:
		return chain.WeakBelow(0, true)
	case 1:
		return chain.WeakBelow(1024, true, crypto.MD5, crypto.SHA1)
	}
	return chain.WeakBelow(2048, true, crypto.MD5, crypto.SHA1)
}

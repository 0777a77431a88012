package clients

import (
	"crypto"
	"fmt"
	"net/netip"

	"github.com/hktrust/hktrust/truststore/chain"
)

// sgc are the old purposes that OpenSSL takes for serverAuth.
var sgc = []string{chain.OIDNetscapeSGC, chain.OIDMicrosoftSGC}

// openssl are the rules that all users of OpenSSL 3.0 share: one path, trusted
// issuers first, key identifiers obeyed (crypto/x509/x509_vfy.c), weak keys and
// hashes refused by a security level.
func openssl(name string, partial bool, level int) *chain.Rules {
	return &chain.Rules{
		Name: name, Partial: partial, OneTry: true, StoredTop: true, KeyIDs: true, KeySerials: true, FoldName: true, EndExclusive: true,
		LeafStored: storedLeaf(!partial), LeafStoredJudged: true,
		Refuses:    securityLevel(level),
		CAPurposes: sgc, LeafPurposes: sgc,
		LeafUsage:  chain.Usages(chain.DigitalSignature | chain.KeyEncipherment | chain.KeyAgreement),
		Clients:    &chain.ClientRules{LeafUsage: chain.Usages(chain.DigitalSignature | chain.KeyAgreement)},
		LeafCA:     chain.Always[*chain.Certificate],
		CAUnlessV3: false,
		Anchor:     chain.AnchorRules{UsageMakesCA: true, EmptySubject: true},
		KnownCritical: []string{
			chain.OIDNetscapeCertType, chain.OIDTLSFeature, "1.3.6.1.5.5.7.1.14", "1.3.6.1.5.5.7.1.7", "1.3.6.1.5.5.7.1.8", "1.3.6.1.5.5.7.48.1.5",
		},
		Hosts: chain.HostRules{CommonName: true, Partial: true, KeepDot: true},
		Rank:  opensslStage,
		Words: opensslWords,
	}
}

// OpenSSL is `openssl verify -purpose sslserver -verify_hostname`.
func OpenSSL() *chain.Rules { return openssl("openssl", false, 0) }

// Curl is curl with OpenSSL: security level 2, partial chains, and a check of
// the host's name that is curl's own.
func Curl() *chain.Rules {
	r := openssl("curl", true, 2)
	r.Clients = nil // curl serves nobody
	r.Hosts = chain.HostRules{CommonName: true, AddressInCN: true, Dot: true}
	r.Words = func(f chain.Fault, host string) string {
		if f.Code == chain.HostMismatch {
			return fmt.Sprintf("curl: (60) SSL: no alternative certificate subject name matches target host name '%s'", host)
		}
		switch f.Code {
		case chain.Signature:
			return "curl: (35) OpenSSL: error:06880006:asn1 encoding routines::EVP lib"
		case chain.ChainUnreadable:
			return "curl: (35) OpenSSL: error:1100009E:X509 V3 routines::invalid certificate"
		}
		_, text := opensslError(f)
		return "curl: (60) SSL certificate problem: " + text
	}
	return r
}

// Python is the ssl module's default context. From 3.13 on it takes partial
// chains and sets X509_V_FLAG_X509_STRICT.
func Python(major, minor int) *chain.Rules {
	recent := major > 3 || major == 3 && minor >= 13
	r := openssl("python", recent, 2)
	if recent {
		r.Form = strictForm
	}
	r.Hosts = chain.HostRules{CommonName: true}
	r.Words = func(f chain.Fault, host string) string {
		_, text := opensslError(f)
		switch {
		case f.Code == chain.HostMismatch && isAddress(host):
			text = fmt.Sprintf("IP address mismatch, certificate is not valid for '%s'.", host)
		case f.Code == chain.HostMismatch:
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
	r.Rank = func(f chain.Fault) int { // of several errors the last, and then the host
		if f.Code == chain.HostMismatch {
			return 1
		}
		return -opensslStage(f)
	}
	r.Words = func(f chain.Fault, _ string) string { return nodeCode(f) }
	return r
}

// opensslStage is when OpenSSL finds a fault (verify_chain in
// crypto/x509/x509_vfy.c): it builds a path, looks at extensions from the leaf
// up, at keys and hashes, at the host's name, at signatures and dates from the
// top down, and at name constraints.
func opensslStage(f chain.Fault) int {
	const depths = 1000
	up, down := f.Depth, depths-1-f.Depth
	switch f.Code {
	case chain.Critical:
		return 1*depths + 5*up
	case chain.NotCA, chain.CAKeyUsage:
		return 1*depths + 5*up + 1
	case chain.BadForm:
		return 1*depths + 5*up + 2
	case chain.ExtKeyUsage, chain.KeyUsage:
		return 1*depths + 5*up + 3
	case chain.PathLength:
		return 1*depths + 5*up + 4
	case chain.WeakKey, chain.WeakAlgorithm:
		return 2*depths + up
	case chain.HostMismatch:
		return 3 * depths
	case chain.Signature, chain.Expired, chain.NotYetValid:
		return 4*depths + down
	case chain.NameConstraint:
		return 5*depths + down
	}
	return 0
}

func opensslWords(f chain.Fault, host string) string {
	number, text := opensslError(f)
	if f.Code == chain.HostMismatch && isAddress(host) {
		number, text = 64, "IP address mismatch"
	}
	return fmt.Sprintf("error %d at %d depth lookup: %s", number, f.Depth, text)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// opensslError is the code of X509_verify_cert and its text
// (X509_verify_cert_error_string).
func opensslError(f chain.Fault) (number int, text string) {
	switch f.Code {
	case chain.NoPath, chain.NoAnchor:
		switch {
		case f.At != nil && f.At.SelfIssued():
			return 19, "self-signed certificate in certificate chain"
		case f.Stored:
			return 2, "unable to get issuer certificate"
		}
		return 20, "unable to get local issuer certificate"
	case chain.ChainUnreadable: // nobody is seen to have issued it
		return 20, "unable to get local issuer certificate"
	case chain.SelfSigned:
		return 18, "self-signed certificate"
	case chain.Expired:
		return 10, "certificate has expired"
	case chain.NotYetValid:
		return 9, "certificate is not yet valid"
	case chain.NotCA, chain.CAKeyUsage:
		return 79, "invalid CA certificate"
	case chain.BadForm:
		return strictNumbers[f.Said], f.Said
	case chain.ExtKeyUsage, chain.KeyUsage:
		return 26, "unsuitable certificate purpose"
	case chain.PathLength:
		return 25, "path length constraint exceeded"
	case chain.NameConstraint:
		if f.Excluded {
			return 48, "excluded subtree violation"
		}
		return 47, "permitted subtree violation"
	case chain.Critical:
		return 34, "unhandled critical extension"
	case chain.Signature:
		return 7, "certificate signature failure"
	case chain.HostMismatch:
		return 62, "hostname mismatch"
	case chain.WeakKey:
		if f.Role == chain.RoleLeaf {
			return 66, "EE certificate key too weak"
		}
		return 67, "CA certificate key too weak"
	case chain.WeakAlgorithm:
		return 68, "CA signature digest algorithm too weak"
	}
	return 1, "unspecified certificate verification error"
}

// nodeCode is the code property of the error.
func nodeCode(f chain.Fault) string {
	switch f.Code {
	case chain.NoPath, chain.NoAnchor, chain.ChainUnreadable:
		switch {
		case f.At != nil && f.At.SelfIssued():
			return "SELF_SIGNED_CERT_IN_CHAIN"
		case f.Stored:
			return "UNABLE_TO_GET_ISSUER_CERT"
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
		if _, present, _ := f.At.BasicConstraints(); present || f.At.Version < 3 {
			return "INVALID_PURPOSE" // which is asked after, and the last word is Node's
		}
		return "INVALID_CA"
	case chain.ExtKeyUsage, chain.KeyUsage:
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

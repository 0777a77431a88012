package nss

import (
	"crypto"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Firefox is mozilla::pkix as Firefox (ESR 153) and Thunderbird use it for TLS
// servers: security/nss/lib/mozpkix and CertVerifier.cpp.
func Firefox() Reader {
	return Reader{peerDistrusts: true, ghosts: true, Rules: &chain.Rules{
		Name: "firefox", MaxSubs: 6, Partial: true,
		LeafStored: func(leaf *chain.Certificate) chain.Code {
			if _, _, err := leaf.BasicConstraints(); err != nil {
				return ""
			}
			return chain.Trusted
		},
		LeafStoredJudged: true,
		Refuses:          chain.WeakBelow(1024, false, crypto.MD5, crypto.SHA1),
		Duplicates:       func(oid string) bool { return !firefoxReads(oid) },
		LeafUsage:        chain.Usages(chain.DigitalSignature | chain.KeyEncipherment | chain.KeyAgreement),
		DNSNames:         firefoxDNSName,
		MustStaple:       true,
		KnownCritical:    []string{chain.OIDTLSFeature, chain.OIDAuthorityInfo},
		UnknownCritical:  []string{chain.OIDPolicyMappings},
		Rank:             firefoxRank,
		Words:            func(f chain.Fault, _ string) string { return firefoxError(f) },
	}}
}

// firefoxReads lists the extensions that mozilla::pkix remembers, and takes
// but once (BackCert::RememberExtension).
func firefoxReads(oid string) bool {
	switch oid {
	case chain.OIDBasicConstraints, chain.OIDKeyUsage, chain.OIDExtKeyUsage, chain.OIDSubjectAltName, chain.OIDNameConstraints,
		chain.OIDPolicies, chain.OIDInhibitAnyPolicy, chain.OIDAuthorityInfo, chain.OIDTLSFeature:
		return true
	}
	return false
}

// firefoxError is the code on Firefox's error page (mozpkix/Result.h,
// SSLServerCertVerification.cpp).
func firefoxError(f chain.Fault) string {
	leaf := f.Role == chain.RoleLeaf
	switch f.Code {
	case chain.NoPath:
		return "SEC_ERROR_UNKNOWN_ISSUER"
	case chain.NoAnchor, chain.Signature:
		return "SEC_ERROR_BAD_SIGNATURE"
	case chain.SelfSigned:
		return "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"
	case chain.Distrusted:
		return "SEC_ERROR_UNTRUSTED_CERT"
	case chain.CADistrusted:
		return "SEC_ERROR_UNTRUSTED_ISSUER"
	case chain.Expired:
		if leaf {
			return "SEC_ERROR_EXPIRED_CERTIFICATE"
		}
		return "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"
	case chain.NotYetValid:
		if leaf {
			return "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE"
		}
		return "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE"
	case chain.NotCA:
		if f.At != nil && f.At.Version < 3 {
			return "MOZILLA_PKIX_ERROR_V1_CERT_USED_AS_CA"
		}
		return "SEC_ERROR_CA_CERT_INVALID"
	case chain.CAAsLeaf:
		return "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"
	case chain.WeakAlgorithm:
		return "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"
	case chain.WeakKey:
		return "SEC_ERROR_UNSUPPORTED_KEYALG"
	case chain.PathLength:
		return "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID"
	case chain.CAKeyUsage, chain.KeyUsage:
		if leaf && f.At != nil && f.At.SelfIssued() {
			return "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT" // it was tried for other usages, too
		}
		return "SEC_ERROR_INADEQUATE_KEY_USAGE"
	case chain.ExtKeyUsage:
		return "SEC_ERROR_INADEQUATE_CERT_TYPE"
	case chain.NameConstraint:
		return "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"
	case chain.Critical:
		if f.Role == chain.RoleSub {
			return "SEC_ERROR_UNKNOWN_ISSUER"
		}
		return "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"
	case chain.Revoked:
		return "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"
	case chain.ChainUnreadable:
		return "SEC_ERROR_EXTENSION_VALUE_INVALID"
	case chain.SANUnreadable:
		return "SEC_ERROR_BAD_DER"
	case chain.HostMismatch:
		return "SSL_ERROR_BAD_CERT_DOMAIN"
	}
	return ""
}

// firefoxDNSName is IsValidPresentedDNSID (mozpkix/lib/pkixnames.cpp): labels of
// letters, digits, hyphens and underscores, of which the first may be a whole
// wildcard above two others.
func firefoxDNSName(name string) bool {
	labels := strings.Split(name, ".")
	if labels[0] == "*" {
		if labels = labels[1:]; len(labels) < 2 {
			return false
		}
	}
	for _, label := range labels {
		odd := strings.IndexFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		})
		if label == "" || len(label) > 63 || odd >= 0 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(name) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// firefoxRank: what is looked at before any issuer comes first, then what a user
// cannot pass, then faults of issuers, then the host, then the leaf's own dates.
func firefoxRank(f chain.Fault) int {
	leaf := f.Role == chain.RoleLeaf
	switch f.Code {
	case chain.Expired, chain.NotYetValid:
		if leaf {
			return 3
		}
		return 1
	case chain.HostMismatch:
		return 2
	case chain.CAAsLeaf:
		return -1
	case chain.KeyUsage:
		return -2
	case chain.NoPath, chain.SelfSigned, chain.NotCA, chain.WeakAlgorithm:
		return 1
	case chain.Critical:
		if f.Role == chain.RoleSub {
			return 1
		}
		if leaf {
			return -2
		}
	}
	return 0
}

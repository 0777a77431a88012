package nss

import (
	"crypto"
	"time"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Classic is CERT_VerifyCert, the verifier of certutil, vfychain and of
// programs that use NSS as a TLS library (lib/certhigh/certvfy.c), as of NSS
// 3.87. NSS 3.110 gives such a call to libpkix, which knows policies, and holds
// anchors to their key usages. It checks no host name by itself.
func Classic() Reader {
	return Reader{peerTrusts: true, ghosts: true, Rules: &chain.Rules{
		Name: "nss", Partial: true, OneTry: true, TiesOpen: true, DateFirst: true, KeyIDs: true, KeyIDFirst: true, UsageFirst: true, RootsEnd: true, LeafFirst: true,
		Refuses:      chain.WeakBelow(0, false, crypto.MD5),
		Duplicates:   chain.Always[string],
		LeafCA:       classicLeafCA,
		CAPurposes:   []string{chain.OIDClientAuth, chain.OIDNetscapeSGC},
		LeafPurposes: []string{chain.OIDNetscapeSGC},
		LeafUsage:    classicUsage,
		BareNames:    true,
		Clients: &chain.ClientRules{
			FreeCommonName: true,
			CAPurposes:     []string{chain.OIDServerAuth, chain.OIDNetscapeSGC},
			LeafUsage:      chain.Usages(chain.DigitalSignature),
		},
		Anchor:          chain.AnchorRules{NoBasicConstraints: true, FreeKeyUsage: true, FreeEKU: true, FreeCritical: true, EmptySubject: true},
		KnownCritical:   []string{chain.OIDNetscapeCertType},
		UnknownCritical: []string{chain.OIDPolicies, chain.OIDPolicyConstraints, chain.OIDInhibitAnyPolicy, chain.OIDPolicyMappings},
		Hosts:           chain.HostRules{CommonName: true},
		Words:           func(f chain.Fault, _ string) string { return classicError(f) },
	}}
}

// classicUsage is KU_KEY_AGREEMENT_OR_ENCIPHERMENT of CERT_CheckKeyUsage.
func classicUsage(leaf *chain.Certificate) chain.Usage {
	if leaf.KeyAlgorithm.OID == chain.OIDRSA {
		return chain.KeyEncipherment
	}
	return chain.DigitalSignature | chain.KeyAgreement
}

// classicLeafCA: the extended key usage of a CA speaks of CAs (cert_ComputeCertType).
func classicLeafCA(leaf *chain.Certificate) bool {
	_, present, _ := leaf.ExtKeyUsage()
	return !present
}

// ClassicSlop is how far in the future a notBefore may lie for CERT_VerifyCert
// (PENDING_SLOP in lib/certdb/certdb.c).
const ClassicSlop = 24 * time.Hour

// classicError is the text of NSS's error (lib/util/SECerrs.h), with its number.
func classicError(f chain.Fault) string {
	const (
		untrusted = "-8172 Peer's certificate issuer has been marked as not trusted by the user."
		unknown   = "-8179 Peer's Certificate issuer is not recognized."
		invalid   = "-8156 Issuer certificate is invalid."
	)
	leaf := f.Role == chain.RoleLeaf
	switch f.Code {
	case chain.CADistrusted:
		return untrusted
	case chain.NoPath, chain.NoAnchor:
		if f.At != nil && f.At.SelfIssued() {
			return untrusted
		}
		return unknown
	case chain.SelfSigned:
		return invalid
	case chain.Distrusted:
		return "-8171 Peer's certificate has been marked as not trusted by the user."
	case chain.Expired, chain.NotYetValid:
		if leaf {
			return "-8181 Peer's Certificate has expired."
		}
		return "-8162 The certificate issuer's certificate has expired. Check your system date and time."
	case chain.NotCA:
		if f.Role == chain.RoleSub {
			return unknown // what is no CA is no issuer
		}
		return invalid
	case chain.CAAsLeaf:
		return "-8101 Certificate type not approved for application."
	case chain.PathLength:
		return "-8155 Certificate path length constraint is invalid."
	case chain.CAKeyUsage, chain.KeyUsage:
		return "-8102 Certificate key usage inadequate for attempted operation."
	case chain.ExtKeyUsage:
		if !leaf {
			return invalid
		}
		return "-8101 Certificate type not approved for application."
	case chain.NameConstraint:
		return "-8080 The Certifying Authority for this certificate is not permitted to issue a certificate with this name."
	case chain.Critical:
		return "-8151 Certificate contains unknown critical extension."
	case chain.Signature, chain.WeakKey:
		return "-8182 Peer's certificate has an invalid signature."
	case chain.WeakAlgorithm:
		return "-8016 The certificate was signed using a signature algorithm that is disabled because it is not secure."
	}
	return ""
}

package clients

import (
	"crypto"
	"fmt"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// GnuTLS is gnutls-cli and gnutls_certificate_verify_peers3: the first issuer
// that fits by name and key identifier is taken (lib/x509/verify.c).
func GnuTLS() *chain.Rules {
	return &chain.Rules{
		Name: "gnutls", Partial: true, OneTry: true, AnyDate: true, KeyIDs: true,
		LeafStored: gnutlsStored,
		Refuses:    chain.WeakBelow(1024, true, crypto.MD5, crypto.SHA1),
		CAPurposes: sgc, LeafPurposes: []string{chain.OIDAnyPurpose},
		LeafUsage: chain.Usages(chain.DigitalSignature),
		LeafCA:    chain.Always[*chain.Certificate], MustStaple: true, FreeDirectory: true,
		Anchor:          chain.AnchorRules{UsageMakesCA: true, FreeEKU: true, EmptySubject: true},
		KnownCritical:   []string{chain.OIDTLSFeature, chain.OIDAuthorityInfo},
		UnknownCritical: []string{chain.OIDPolicyMappings, chain.OIDPolicyConstraints},
		Hosts:           chain.HostRules{CommonName: true},
		Words:           gnutlsWords,
	}
}

// gnutlsStored: a self-signed server's certificate that is stored is held to its
// usages, and to nothing else.
func gnutlsStored(leaf *chain.Certificate) chain.Code {
	purposes, limited, _ := leaf.ExtKeyUsage()
	usage, has, _ := leaf.KeyUsage()
	switch {
	case !leaf.SelfIssued():
		return ""
	case limited && !slices.Contains(purposes, chain.OIDServerAuth) && !slices.Contains(purposes, chain.OIDAnyPurpose):
		return chain.ExtKeyUsage
	case has && usage&chain.DigitalSignature == 0:
		return chain.KeyUsage
	}
	return chain.Trusted
}

// Wget is Debian's wget, which uses GnuTLS, looks at no extended key usage,
// and has words of its own.
func Wget() *chain.Rules {
	r := GnuTLS()
	r.Name, r.FreeEKU = "wget", true
	r.LeafUsage, r.LeafStored = nil, storedLeaf(true)
	r.Words = func(f chain.Fault, host string) string {
		switch f.Code {
		case chain.ChainUnreadable:
			return "GnuTLS: Duplicate extension in X.509 certificate."
		case chain.NoPath, chain.NoAnchor, chain.SelfSigned:
			return fmt.Sprintf("ERROR: The certificate of ‘%s’ doesn't have a known issuer.", host)
		case chain.Expired:
			return fmt.Sprintf("ERROR: The certificate of ‘%s’ has expired.", host)
		case chain.NotYetValid:
			return fmt.Sprintf("ERROR: The certificate of ‘%s’ is not yet activated.", host)
		case chain.HostMismatch:
			return fmt.Sprintf("The certificate's owner does not match hostname ‘%s’", host)
		}
		return fmt.Sprintf("ERROR: The certificate of ‘%s’ is not trusted.", host)
	}
	return r
}

func gnutlsWords(f chain.Fault, _ string) string {
	said := map[chain.Code]string{
		chain.NoPath: "The certificate issuer is unknown.", chain.NoAnchor: "The certificate issuer is unknown.",
		chain.SelfSigned: "The certificate issuer is unknown.",
		chain.Expired:    "The certificate chain uses expired certificate.", chain.NotYetValid: "The certificate chain uses not yet valid certificate.",
		chain.HostMismatch: "The name in the certificate does not match the expected.", chain.NotCA: "The certificate issuer is not a CA.",
		chain.PathLength: "The certificate chain violates the signer's constraints.", chain.NameConstraint: "The certificate chain violates the signer's constraints.",
		chain.WeakAlgorithm: "The certificate chain uses insecure algorithm.", chain.WeakKey: "The certificate chain uses insecure algorithm.",
		chain.Signature: "The signature in the certificate is invalid.",
	}[f.Code]
	switch f.Code {
	case chain.ChainUnreadable:
		return "Duplicate extension in X.509 certificate."
	case chain.KeyUsage:
		return "Key usage violation in certificate has been detected." // of the handshake
	}
	if said == "" {
		return "The certificate is NOT trusted."
	}
	return "The certificate is NOT trusted. " + said
}

package nss

import (
	"crypto"
	"crypto/ecdsa"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Chromium is BoringSSL's pki library as Chromium (since 114) uses it with
// NSS's user database, where "C" is an anchor, "P" a trusted leaf, "p" a
// distrust, and the rest are hints. When a path is missing it follows AIA, which
// is not done here.
func Chromium() Reader {
	weak := chain.WeakBelow(1024, false, crypto.MD5, crypto.SHA1)
	return Reader{peerTrusts: true, Rules: &chain.Rules{
		Name: "chromium", Partial: true, FoldName: true,
		LeafStored: func(leaf *chain.Certificate) chain.Code {
			b, _, err := leaf.BasicConstraints()
			usage, limited, _ := leaf.KeyUsage()
			switch {
			case limited && usage&chain.DigitalSignature == 0:
				return chain.KeyUsage
			case err == nil && b.CA && limited && usage&chain.KeyCertSign == 0:
				return chain.CAKeyUsage
			case err == nil && b.CA:
				return chain.Trusted
			case leaf.SelfIssued():
				return chain.NotCA
			}
			return ""
		},
		LeafStoredJudged: true,
		Refuses: func(c *chain.Certificate, anchor bool) chain.Code {
			if b, _, _ := c.BasicConstraints(); !b.CA && !anchor {
				if key, ok := c.Key.(*ecdsa.PublicKey); ok && key.Params().BitSize > 384 {
					return chain.WeakKey
				}
			}
			if san, _ := c.Extension(chain.OIDSubjectAltName); len(c.Subject) == 0 && !anchor && !san.Critical {
				return chain.Critical
			}
			return weak(c, anchor)
		},
		CAPurposes: []string{chain.OIDAnyPurpose}, LeafPurposes: []string{chain.OIDAnyPurpose},
		LeafUsage: chain.Usages(chain.DigitalSignature), LeafCA: chain.Always[*chain.Certificate], Policies: true,
		Anchor:        chain.AnchorRules{NoBasicConstraints: true, EmptySubject: true},
		KnownCritical: []string{chain.OIDAuthorityInfo},
		Hosts:         chain.HostRules{Dot: true},
		Rank:          chromiumRank,
		Words:         func(f chain.Fault, _ string) string { return chromiumError(f) },
	}}
}

// chromiumError is the code on Chromium's page (net/base/net_error_list.h).
func chromiumError(f chain.Fault) string {
	switch f.Code {
	case chain.NoPath, chain.NoAnchor, chain.SelfSigned, chain.Distrusted, chain.CADistrusted, chain.Signature:
		return "NET::ERR_CERT_AUTHORITY_INVALID"
	case chain.Expired, chain.NotYetValid:
		return "NET::ERR_CERT_DATE_INVALID"
	case chain.HostMismatch:
		return "NET::ERR_CERT_COMMON_NAME_INVALID"
	case chain.Revoked:
		return "NET::ERR_CERT_REVOKED"
	case chain.KeyUsage:
		return "ERR_SSL_KEY_USAGE_INCOMPATIBLE"
	case chain.WeakKey:
		if f.Role == chain.RoleLeaf {
			return "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"
		}
	}
	return "NET::ERR_CERT_INVALID"
}

// chromiumRank: the handshake itself, then trust, then host, then dates; a
// fault of form shows only if neither trust nor a date stands before it,
// but hides the host's.
func chromiumRank(f chain.Fault) int {
	switch chromiumError(f) {
	case "ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "ERR_SSL_KEY_USAGE_INCOMPATIBLE":
		return 0
	case "NET::ERR_CERT_REVOKED":
		return 1
	case "NET::ERR_CERT_AUTHORITY_INVALID":
		return 2
	case "NET::ERR_CERT_DATE_INVALID":
		return 3
	case "NET::ERR_CERT_INVALID":
		return 4
	}
	return 5
}

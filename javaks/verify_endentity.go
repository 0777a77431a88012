package javaks

import (
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// checkEndEntity is sun.security.validator.EndEntityChecker for the key
// exchange of TLS 1.3, which Java calls UNKNOWN and which asks, as ECDHE does,
// for digitalSignature.
func (v *verification) checkEndEntity(leaf *certificate) *refusal {
	who, purpose, bit := "server", chain.OIDServerAuth, byte(chain.NetscapeServer)
	if v.Purpose == chain.Client {
		who, purpose, bit = "client", chain.OIDClientAuth, chain.NetscapeClient
	}
	if leaf.hasUsage && leaf.usage&chain.DigitalSignature == 0 {
		return &refusal{code: chain.KeyUsage, at: leaf, words: "KeyUsage does not allow digital signatures"}
	}
	accepted := []string{purpose, chain.OIDAnyPurpose}
	if v.Purpose == chain.Server {
		accepted = append(accepted, chain.OIDMicrosoftSGC, chain.OIDNetscapeSGC)
	}
	if leaf.hasEKU && !slices.ContainsFunc(leaf.eku, func(oid string) bool { return slices.Contains(accepted, oid) }) {
		return &refusal{code: chain.ExtKeyUsage, at: leaf, words: "Extended key usage does not permit use for TLS " + who + " authentication"}
	}
	if bits, present, err := leaf.NetscapeCertType(); present && err == nil && bits&bit == 0 {
		return &refusal{code: chain.NetscapeType, at: leaf, words: "Netscape cert type does not permit use for SSL " + who}
	}
	return nil
}

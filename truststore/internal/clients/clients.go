// Package clients holds how TLS clients other than Java and those of NSS
// judge a server's chain, as rules for package chain: the users of OpenSSL and
// of GnuTLS, and Go. All were compared with the programs themselves; where
// they differ from crypto/x509 is listed with each.
//
// The package knows no store: where a program finds its anchors is for others.
package clients

import (
	"github.com/hktrust/hktrust/truststore/chain"
)

// Named returns the rules of a program by the name that --as takes; nil for
// one that is not known here. Go has no rules in this form: see [GoVerify].
func Named(name string) *chain.Rules {
	switch name {
	case "openssl":
		return OpenSSL()
	case "curl":
		return Curl()
	case "python":
		return Python(3, 13)
	case "node":
		return Node(20)
	case "gnutls":
		return GnuTLS()
	case "wget":
		return Wget()
	}
	return nil
}

// storedLeaf is the LeafStored of programs that take a certificate of their
// store for an anchor even where it is the server's own: any, or only one
// that is self-signed.
func storedLeaf(selfSignedOnly bool) func(*chain.Certificate) chain.Code {
	return func(leaf *chain.Certificate) chain.Code {
		if selfSignedOnly && !leaf.SelfIssued() {
			return ""
		}
		return chain.Trusted
	}
}

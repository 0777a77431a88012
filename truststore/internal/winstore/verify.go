package winstore

// Query is a chain to be judged.
type Query struct {
	// Chain is the certificate asked about, and others that may help to
	// build its chain. A root alone is a chain as well.
	Chain [][]byte
	// Purpose is the object identifier that the chain must be good for; ""
	// asks for none.
	Purpose string
	// DNSName, if not "", is the server's name that the certificate must
	// have; the purpose is then [ServerAuth].
	DNSName string
	// User asks for the user's stores beside the machine's.
	User bool
}

// Verdict is what Windows makes of a chain. Both numbers count: the policy may
// pass a chain that has no root.
type Verdict struct {
	Trust  uint32 // CERT_TRUST_* bits, 0 if nothing is wrong
	Policy uint32 // error of the TLS policy, 0 if none; only with a DNSName
	// Path is the chain that was built, from the certificate asked about.
	Path [][]byte
}

// Trusted reports whether Windows trusts the chain.
func (v Verdict) Trusted() bool { return v.Trust == 0 && v.Policy == 0 }

// trustBits name what can be wrong with a chain (wincrypt.h).
var trustBits = []struct {
	bit  uint32
	name string
}{
	{0x1, "not-time-valid"}, {0x4, "revoked"}, {0x8, "bad-signature"}, {0x10, "wrong-usage"},
	{0x20, "untrusted-root"}, {0x80, "cyclic"}, {0x100, "bad-extension"}, {0x400, "bad-basic-constraints"},
	{0x800, "bad-name-constraints"}, {0x10000, "partial-chain"}, {0x100000, "weak-signature"},
	{0x4000000, "explicit-distrust"},
}

// Reasons names what is wrong, in stable words.
func (v Verdict) Reasons() []string {
	var out []string
	known := uint32(0)
	for _, b := range trustBits {
		if v.Trust&b.bit != 0 {
			out = append(out, b.name)
			known |= b.bit
		}
	}
	if v.Trust&^known != 0 {
		out = append(out, "other")
	}
	switch v.Policy {
	case 0:
	case 0x800b010f: // CERT_E_CN_NO_MATCH
		out = append(out, "wrong-name")
	default:
		out = append(out, "policy")
	}
	return out
}

package truststore

import (
	"crypto/x509"
	"fmt"
	"slices"
)

// Purpose is what a certificate is trusted for, as an extended key usage
// (RFC 5280, section 4.2.1.12). It converts to and from [x509.ExtKeyUsage] and
// is written by name in JSON.
type Purpose x509.ExtKeyUsage

// The purposes that trust stores tell apart.
const (
	AnyPurpose      = Purpose(x509.ExtKeyUsageAny)
	ServerAuth      = Purpose(x509.ExtKeyUsageServerAuth)
	ClientAuth      = Purpose(x509.ExtKeyUsageClientAuth)
	CodeSigning     = Purpose(x509.ExtKeyUsageCodeSigning)
	EmailProtection = Purpose(x509.ExtKeyUsageEmailProtection)
)

var purposeNames = map[Purpose]string{
	AnyPurpose:      "any",
	ServerAuth:      "server-auth",
	ClientAuth:      "client-auth",
	CodeSigning:     "code-signing",
	EmailProtection: "email-protection",
}

// ParsePurpose returns the purpose of that name, such as "server-auth".
func ParsePurpose(name string) (Purpose, error) {
	for p, n := range purposeNames {
		if n == name {
			return p, nil
		}
	}
	return 0, fmt.Errorf("unknown purpose %q", name)
}

func (p Purpose) String() string {
	if name, ok := purposeNames[p]; ok {
		return name
	}
	return fmt.Sprintf("eku-%d", int(p))
}

// MarshalText writes the purpose's name.
func (p Purpose) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a purpose's name.
func (p *Purpose) UnmarshalText(text []byte) error {
	parsed, err := ParsePurpose(string(text))
	*p = parsed
	return err
}

func purposes(usages []x509.ExtKeyUsage) []Purpose {
	out := make([]Purpose, len(usages))
	for i, u := range usages {
		out[i] = Purpose(u)
	}
	return out
}

// coversServers reports whether the purposes include TLS servers, the widest
// trust that a store can be asked for in practice.
func coversServers(ps []Purpose) bool {
	return slices.Contains(ps, ServerAuth) || slices.Contains(ps, AnyPurpose)
}

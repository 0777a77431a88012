package nss

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
)

// Level is what a trust object says about one purpose.
type Level string

// The levels, with certutil's letters for them.
const (
	// Undecided says nothing, as if there were no trust object.
	Undecided Level = ""
	// MustVerify ("") says that the certificate needs an issuer that is
	// trusted. It overrides a built-in root's own trust.
	MustVerify Level = "must-verify"
	// ValidCA ("c") is a CA that is not trusted itself. CKO_TRUST cannot say
	// this: it becomes MustVerify.
	ValidCA Level = "valid-ca"
	// Peer ("P") trusts the certificate itself, as no CA.
	Peer Level = "peer"
	// Anchor ("C", for clients "T") is a trust anchor.
	Anchor Level = "anchor"
	// Distrusted ("p") is refused, whatever else vouches for it.
	Distrusted Level = "distrusted"
)

// Trust is what a trust object says, per purpose.
type Trust struct {
	Server Level `json:"server,omitempty"` // x509.ExtKeyUsageServerAuth
	Client Level `json:"client,omitempty"` // x509.ExtKeyUsageClientAuth
	Email  Level `json:"email,omitempty"`  // x509.ExtKeyUsageEmailProtection
	Code   Level `json:"code,omitempty"`   // x509.ExtKeyUsageCodeSigning
}

// noTrust is what certutil writes ",,": present, and nothing more.
var noTrust = Trust{MustVerify, MustVerify, MustVerify, MustVerify}

// ParseTrust reads certutil's notation, such as "C,," or "CT,C,p": three
// fields for TLS, e-mail and code signing, each with any of the letters p, P,
// c, C, T, and u, which says nothing about trust. Precedence among the letters
// is NSS's: C (T for clients), P, p, c.
func ParseTrust(flags string) (Trust, error) {
	fields := strings.Split(flags, ",")
	if len(fields) != 3 {
		return Trust{}, fmt.Errorf("%w: trust %q does not have three fields", ErrInvalidChange, flags)
	}
	for _, field := range fields {
		if i := strings.IndexFunc(field, func(r rune) bool { return !strings.ContainsRune("pPcCTu", r) }); i >= 0 {
			return Trust{}, fmt.Errorf("%w: trust %q has an unknown letter", ErrInvalidChange, flags)
		}
	}
	return Trust{
		Server: parseLevel(fields[0], "C", "cT"),
		Client: parseLevel(fields[0], "T", "cC"),
		Email:  parseLevel(fields[1], "C", "cT"),
		Code:   parseLevel(fields[2], "C", "cT"),
	}, nil
}

func parseLevel(field, anchor, validCA string) Level {
	switch {
	case strings.Contains(field, anchor):
		return Anchor
	case strings.Contains(field, "P"):
		return Peer
	case strings.Contains(field, "p"):
		return Distrusted
	case strings.ContainsAny(field, validCA):
		return ValidCA
	}
	return MustVerify
}

// Flags returns certutil's notation, as `certutil -L` prints it. Not every
// Trust has one of its own: Undecided shows as MustVerify does, and the two
// TLS purposes share a field.
func (t Trust) Flags() string {
	tls := flagsOf(t.Server) | flagsOf(t.Client)&^flagAnchor
	if t.Client == Anchor {
		tls |= flagClientAnchor
	}
	return tls.String() + "," + flagsOf(t.Email).String() + "," + flagsOf(t.Code).String()
}

// usageFlags are NSS's CERTDB_ trust bits of one field (certdb.h).
type usageFlags uint8

const (
	flagTerminal usageFlags = 1 << iota
	flagTrusted
	flagValidCA
	flagAnchor
	flagClientAnchor
)

func flagsOf(l Level) usageFlags {
	switch l {
	case Distrusted:
		return flagTerminal
	case Peer:
		return flagTerminal | flagTrusted
	case ValidCA:
		return flagValidCA
	case Anchor:
		return flagValidCA | flagAnchor
	}
	return 0
}

// String follows EncodeFlags of NSS (lib/certdb/certdb.c).
func (f usageFlags) String() string {
	var out []byte
	if f&flagValidCA != 0 && f&(flagAnchor|flagClientAnchor) == 0 {
		out = append(out, 'c')
	}
	if f&flagTerminal != 0 && f&flagTrusted == 0 {
		out = append(out, 'p')
	}
	if f&flagAnchor != 0 {
		out = append(out, 'C')
	}
	if f&flagClientAnchor != 0 {
		out = append(out, 'T')
	}
	if f&flagTrusted != 0 {
		out = append(out, 'P')
	}
	return string(out)
}

// AnchorFor returns the trust of an anchor for these purposes and no others.
// Only the four purposes that NSS knows are supported; without any it is no
// anchor for anything.
func AnchorFor(purposes ...x509.ExtKeyUsage) (Trust, error) {
	var tls, email, code string
	for _, p := range purposes {
		switch p {
		case x509.ExtKeyUsageServerAuth:
			tls += "C"
		case x509.ExtKeyUsageClientAuth:
			tls += "T"
		case x509.ExtKeyUsageEmailProtection:
			email = "C"
		case x509.ExtKeyUsageCodeSigning:
			code = "C"
		default:
			return Trust{}, fmt.Errorf("%w: NSS knows no purpose %d", ErrUnsupported, p)
		}
	}
	return ParseTrust(tls + "," + email + "," + code)
}

// For returns the level for one purpose; Undecided for one that NSS does not
// know.
func (t Trust) For(purpose x509.ExtKeyUsage) Level {
	switch purpose {
	case x509.ExtKeyUsageServerAuth:
		return t.Server
	case x509.ExtKeyUsageClientAuth:
		return t.Client
	case x509.ExtKeyUsageEmailProtection:
		return t.Email
	case x509.ExtKeyUsageCodeSigning:
		return t.Code
	}
	return Undecided
}

// distrust returns a copy that says nothing but what t distrusts, nil of nil.
func (t *Trust) distrust() *Trust {
	if t == nil {
		return nil
	}
	only := *t
	for _, level := range []*Level{&only.Server, &only.Client, &only.Email, &only.Code} {
		if *level != Distrusted {
			*level = Undecided
		}
	}
	return &only
}

// Widen returns t with every level raised to that of u where u's is higher, in
// the order Undecided, MustVerify, ValidCA, Peer, Anchor. Distrusted stays.
func (t Trust) Widen(u Trust) Trust {
	return t.combine(u, func(a, b Level) Level {
		if a != Distrusted && b.rank() > a.rank() {
			return b
		}
		return a
	})
}

// weakest is what all can rely on who see either t or u.
func (t Trust) weakest(u Trust) Trust {
	return t.combine(u, func(a, b Level) Level {
		if b.rank() < a.rank() {
			return b
		}
		return a
	})
}

// strongest is the most that some of those make of it who see either t or u.
func (t Trust) strongest(u Trust) Trust {
	return t.combine(u, func(a, b Level) Level {
		if b.rank() > a.rank() {
			return b
		}
		return a
	})
}

func (t Trust) combine(u Trust, of func(a, b Level) Level) Trust {
	return Trust{of(t.Server, u.Server), of(t.Client, u.Client), of(t.Email, u.Email), of(t.Code, u.Code)}
}

// rank orders the levels by how much they let pass.
func (l Level) rank() int {
	switch l {
	case Distrusted:
		return -1
	case MustVerify:
		return 1
	case ValidCA:
		return 2
	case Peer:
		return 3
	case Anchor:
		return 4
	}
	return 0
}

// collapsed is t as CKO_TRUST can say it.
func (t Trust) collapsed() Trust {
	return t.combine(t, func(a, _ Level) Level {
		if a == ValidCA {
			return MustVerify
		}
		return a
	})
}

// distrustsBeside reports whether t distrusts for a purpose for which u does not.
func (t Trust) distrustsBeside(u Trust) bool {
	lifts := func(a, b Level) bool { return a == Distrusted && b != Distrusted }
	return lifts(t.Server, u.Server) || lifts(t.Client, u.Client) || lifts(t.Email, u.Email) || lifts(t.Code, u.Code)
}

func (t Trust) levels() []Level { return []Level{t.Server, t.Client, t.Email, t.Code} }

// vouches reports whether t trusts for any purpose.
func (t Trust) vouches() bool {
	return slices.ContainsFunc(t.levels(), func(l Level) bool { return l == Anchor || l == Peer })
}

func (t Trust) valid() bool {
	return !slices.ContainsFunc(t.levels(), func(l Level) bool {
		switch l {
		case Undecided, MustVerify, ValidCA, Peer, Anchor, Distrusted:
			return false
		}
		return true
	})
}

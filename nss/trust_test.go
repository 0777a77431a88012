package nss

import (
	"crypto/x509"
	"errors"
	"testing"
)

func TestParseTrust(t *testing.T) {
	for flags, want := range map[string]Trust{
		"C,,":     {Anchor, ValidCA, MustVerify, MustVerify},
		",,":      noTrust,
		"CT,C,":   {Anchor, Anchor, Anchor, MustVerify},
		"T,,":     {ValidCA, Anchor, MustVerify, MustVerify},
		"p,P,c":   {Distrusted, Distrusted, Peer, ValidCA},
		"u,u,u":   noTrust,
		"Pp,Cp,":  {Peer, Peer, Anchor, MustVerify},
		"c,Tu,uT": {ValidCA, ValidCA, ValidCA, ValidCA},
	} {
		if got, err := ParseTrust(flags); err != nil || got != want {
			t.Errorf("ParseTrust(%q) = %+v, %v, want %+v", flags, got, err, want)
		}
	}
	for _, flags := range []string{"", "C", "C,,,", "C, ,", "x,,", "C,,\n", "ç,,"} {
		if got, err := ParseTrust(flags); !errors.Is(err, ErrInvalidChange) {
			t.Errorf("ParseTrust(%q) = %+v, %v", flags, got, err)
		}
	}
}

func TestAnchorFor(t *testing.T) {
	for _, test := range []struct {
		purposes []x509.ExtKeyUsage
		flags    string
	}{
		{nil, ",,"},
		{[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, "C,,"},
		{[]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, "T,,"},
		{[]x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, ",C,"},
		{[]x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, "CT,,C"},
	} {
		got, err := AnchorFor(test.purposes...)
		if err != nil || got.Flags() != test.flags {
			t.Errorf("AnchorFor(%v) = %q, %v, want %q", test.purposes, got.Flags(), err, test.flags)
		}
		for _, p := range test.purposes {
			if got.For(p) != Anchor {
				t.Errorf("AnchorFor(%v).For(%v) = %q", test.purposes, p, got.For(p))
			}
		}
	}
	if _, err := AnchorFor(x509.ExtKeyUsageTimeStamping); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("time stamping: %v", err)
	}
}

func TestWidenNeverNarrows(t *testing.T) {
	for _, test := range []struct{ have, want, result string }{
		{",,", "C,,", "C,,"},
		{"CT,C,C", "C,,", "CT,C,C"},
		{",C,", "C,,", "C,C,"},
		{"p,p,p", "C,C,C", "p,p,p"},
		{",p,", "C,C,", "C,p,"},
	} {
		if got := trust(t, test.have).Widen(*trust(t, test.want)).Flags(); got != test.result {
			t.Errorf("%q widened by %q = %q, want %q", test.have, test.want, got, test.result)
		}
	}
	if got := (Trust{}).Widen(*trust(t, "C,,")); got != *trust(t, "C,,") {
		t.Errorf("nothing widened = %+v", got)
	}
}

// Trust without a certificate is told of if any reader heeds it: where it is not
// known who reads the database, new NSS may.
func TestGhostThatSomeReadersHeed(t *testing.T) {
	root := newAuthority(t, "Deleted")
	for name, tt := range map[string]struct {
		state   State
		onlyNew bool
		want    Level
	}{
		"new, for all":          {State{New: collapsedTrust(trust(t, "C,,"))}, false, Anchor},
		"new, for new":          {State{New: collapsedTrust(trust(t, "C,,"))}, true, Anchor},
		"old":                   {State{Old: trust(t, "C,,")}, false, Anchor},
		"revoked for new alone": {State{Old: trust(t, "C,,"), New: collapsedTrust(trust(t, ",,"))}, false, Anchor},
		"what new reads":        {State{Old: trust(t, "C,,"), New: collapsedTrust(trust(t, ",,"))}, true, MustVerify},
		"distrust":              {State{Old: trust(t, "p,p,p")}, false, Distrusted},
	} {
		db := open(t, created(t, true), Options{OnlyNewNSS: tt.onlyNew})
		apply(t, db, Change{Op: Restore, DER: root.der(), State: tt.state})
		ghosts := list(t, db).Ghosts
		if len(ghosts) != 1 || ghosts[0].Trust.Server != tt.want {
			t.Errorf("%s: %+v, want %q", name, ghosts, tt.want)
		}
	}
}

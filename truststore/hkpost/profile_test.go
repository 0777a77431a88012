package hkpost_test

import (
	"crypto/x509"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

var (
	serverNow = []string{"root-ca-3", "ecert-ssl-ca-3-17-2025", "ecert-ev-ssl-ca-3-17-2025"}
	ecertNow  = []string{
		"root-ca-2",
		"ecert-ca-2-15-2015", "ecert-ca-2-15-2026-07-07",
		"ecert-ca-2-17-2017", "ecert-ca-2-17-2026-05-07",
		"ecert-ca-2-19-2019", "ecert-ca-2-19-2026-05-07",
		"ecert-ca-2-26",
	}
	faq = []string{"root-ca-1", "ecert-ca-1-10-serial0479", "ecert-ca-1-14"}
)

func TestMembersAtATime(t *testing.T) {
	for _, test := range []struct {
		profile hkpost.Profile
		at      time.Time
		want    []string
	}{
		{hkpost.Server, checked, serverNow},
		{hkpost.Server, date(2024, 1, 1), serverNow}, // a slow clock
		{hkpost.Server, time.Unix(0, 0), serverNow},
		{hkpost.Server, date(2033, 1, 1), []string{"root-ca-3"}},
		{hkpost.Server, date(2041, 1, 1), []string{"root-ca-3"}},
		{hkpost.ECert, checked, ecertNow},
		{hkpost.ECert, date(2031, 1, 1), append([]string{"root-ca-2"}, ecertNow[3:]...)},
		{hkpost.ECert, date(2033, 1, 1), append([]string{"root-ca-2"}, ecertNow[5:]...)},
		{hkpost.ECert, date(2036, 1, 1), []string{"root-ca-2", "ecert-ca-2-26"}},
		{hkpost.All, checked, slices.Concat(serverNow, ecertNow)},
		{hkpost.All, date(2041, 1, 1), []string{"root-ca-3"}},
		{hkpost.FAQ2021, checked, faq},
		{hkpost.FAQ2021, date(2060, 1, 1), faq},
	} {
		members, err := hkpost.Members(test.profile, test.at)
		if err != nil {
			t.Errorf("%s at %v: %v", test.profile, test.at, err)
		}
		var got []string
		for _, m := range members {
			got = append(got, m.Slug)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s at %v:\n got %v\nwant %v", test.profile, test.at, got, test.want)
		}
	}
}

func TestProfileThatHasEnded(t *testing.T) {
	for profile, at := range map[hkpost.Profile]time.Time{
		hkpost.ECert:  date(2041, 1, 1),
		hkpost.Server: date(2043, 1, 1),
		hkpost.All:    date(2043, 1, 1),
	} {
		if members, err := hkpost.Members(profile, at); !errors.Is(err, hkpost.ErrProfileExpired) || members != nil {
			t.Errorf("%s at %v: %v, %v", profile, at, members, err)
		}
	}
	if _, err := hkpost.Members("Server", checked); !errors.Is(err, hkpost.ErrUnknownProfile) {
		t.Errorf("unknown profile: %v", err)
	}
}

func TestEveryMemberCanBeInstalled(t *testing.T) {
	for _, profile := range hkpost.Profiles() {
		members, err := hkpost.Members(profile, checked)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			if !m.Embedded || len(m.Purposes) == 0 {
				t.Errorf("%s: %s has no bytes or no purpose", profile, m.Slug)
			}
			if m.Anchor != (m.Role == hkpost.RoleRoot) {
				t.Errorf("%s: %s is a %s, anchor %v", profile, m.Slug, m.Role, m.Anchor)
			}
			if profile == hkpost.FAQ2021 {
				continue
			}
			if _, retired := hkpost.LookupRetired(m.SHA256); retired {
				t.Errorf("%s wants %s, which is retired", profile, m.Slug)
			}
		}
	}
}

// The purposes of a profile are promises: e-Certs never speak for TLS servers.
func TestPurposesOfAnchors(t *testing.T) {
	for profile, want := range map[hkpost.Profile]x509.ExtKeyUsage{
		hkpost.Server: x509.ExtKeyUsageServerAuth,
		hkpost.ECert:  x509.ExtKeyUsageEmailProtection,
	} {
		members, err := hkpost.Members(profile, checked)
		if err != nil {
			t.Fatal(err)
		}
		if got := members[0].Purposes; !slices.Equal(got, []x509.ExtKeyUsage{want}) {
			t.Errorf("%s: the root is wanted for %v", profile, got)
		}
		for _, m := range members {
			if profile == hkpost.ECert && slices.Contains(m.Purposes, x509.ExtKeyUsageServerAuth) {
				t.Errorf("%s is wanted for TLS servers", m.Slug)
			}
			x := parsed(t, m.Slug)
			for _, p := range m.Purposes {
				if len(x.ExtKeyUsage) > 0 && !slices.Contains(x.ExtKeyUsage, p) {
					t.Errorf("%s cannot serve purpose %v", m.Slug, p)
				}
			}
		}
	}
}

func TestRetired(t *testing.T) {
	want := map[string]hkpost.ConditionCode{
		"root-ca-1":        hkpost.ConditionKnownBad,
		"old-root-ca-2000": hkpost.ConditionExpired,
		"root-ca-3-cross-by-root-ca-1-2017-06-03":  hkpost.ConditionKnownBad,
		"root-ca-3-cross-by-root-ca-1-2017-08-12":  hkpost.ConditionExpired,
		"root-ca-3-cross-by-root-ca-1-2022-07-27a": hkpost.ConditionKnownBad,
		"root-ca-3-cross-by-root-ca-1-2022-07-27b": hkpost.ConditionSuperseded,
		"ecert-ssl-ca-3-17-2017":                   hkpost.ConditionKnownBad,
		"ecert-ev-ssl-ca-3-17-2017":                hkpost.ConditionKnownBad,
		"ecert-ca-2-15-2026-05-07":                 hkpost.ConditionSuperseded,
		"ecert-ca-1":                               hkpost.ConditionExpired,
		"ecert-ca-1-10-serial0465":                 hkpost.ConditionKnownBad,
		"ecert-ca-1-10-serial0479":                 hkpost.ConditionKnownBad,
		"ecert-ca-1-14":                            hkpost.ConditionExpired,
		"ecert-ca-1-15":                            hkpost.ConditionExpired,
		"old-ecert-ca-2000":                        hkpost.ConditionExpired,
	}
	for _, r := range hkpost.Retired() {
		if want[r.Slug] != r.Reason {
			t.Errorf("%s is retired as %q, want %q", r.Slug, r.Reason, want[r.Slug])
		}
		delete(want, r.Slug)
		if found, ok := hkpost.LookupRetired(r.SHA256); !ok || found.Slug != r.Slug {
			t.Errorf("%s is not found", r.Slug)
		}
		if r.Successor == "" {
			t.Errorf("%s is retired without a successor", r.Slug)
		}
	}
	for slug := range want {
		t.Errorf("%s is not retired", slug)
	}
}

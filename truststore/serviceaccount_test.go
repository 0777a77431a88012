package truststore_test

import (
	"slices"
	"testing"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// An account of Windows itself, such as those that installers and agents run as,
// has no stores of its own, and that is said; one without a profile breaks nothing.
func TestServiceAccountOfWindows(t *testing.T) {
	for home, told := range map[string]bool{
		`C:\Windows\system32\config\systemprofile`:  true,
		`C:\Windows\SysWOW64\config\systemprofile`:  true,
		`C:\Windows\ServiceProfiles\LocalService`:   true,
		`C:\WINDOWS\serviceprofiles\NetworkService`: true,
		`C:\Users\amy`:    false,
		`C:\Users\config`: false,
		"":                false,
	} {
		h := &host.Host{OS: "windows", Root: t.TempDir(), Environ: map[string]string{}, Account: &host.User{Name: "svc", UID: -1, Home: home}}
		m := &truststore.Machine{Host: h, Scope: truststore.ScopeUser}
		r, _ := m.List(t.Context(), truststore.ListOptions{})
		if got := slices.Contains(codes(r), truststore.CodeSystemAccount); got != told {
			t.Errorf("%q: it is said: %v, %v", home, got, codes(r))
		}
		for _, s := range r.Stores {
			if s.Err != nil {
				t.Errorf("%q: %v", home, s.Err)
			}
		}
	}
}

package truststore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// testCA makes a self-signed CA certificate.
func testCA(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// has is a snapshot in which a certificate has a trust.
func has(info Info, cert *x509.Certificate, trust Trust) *Snapshot {
	snap := &Snapshot{Info: info}
	if trust.Present || len(trust.Levels) > 0 {
		snap.Entries = []Entry{NewEntry(cert.Raw, trust)}
	}
	return snap
}

func levels(l map[Purpose]Level) Trust { return Trust{Present: true, Name: "theirs", Levels: l} }

// show writes changes as plans show them: sign, reason, what blocks.
func show(changes []Change) string {
	var lines []string
	for _, c := range changes {
		line := c.Sign() + " " + string(c.Reason)
		if c.Blocked != "" {
			line += " " + string(c.Blocked)
		}
		if c.Effective() && c.Action != Remove {
			var ps []string
			for p, l := range c.After.Levels {
				ps = append(ps, p.String()+"="+string(l))
			}
			slices.Sort(ps)
			line += " {" + strings.Join(ps, " ") + "}"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

var (
	// javaLike trusts its entries for everything and knows no intermediates.
	javaLike = Info{Kind: KindJava, Path: "/store", Intermediates: IntermediatesAnchor}
	// nssLike limits trust and has a place for intermediates.
	nssLike = Info{Kind: KindNSS, Path: "/store", LimitsPurposes: true, Intermediates: IntermediatesNeutral}
	// debianLike does not limit trust and does without intermediates.
	debianLike = Info{Kind: KindSystem, Path: "/store", Intermediates: IntermediatesNone}
)

func TestPlanOfAnAnchor(t *testing.T) {
	root := testCA(t, "Root")
	server := []Purpose{ServerAuth}
	mail := []Purpose{EmailProtection}
	any := levels(map[Purpose]Level{AnyPurpose: Explicit})
	tests := []struct {
		name     string
		info     Info
		now      Trust
		purposes []Purpose
		goal     Goal
		want     string
	}{
		{"absent", javaLike, Trust{}, server, Goal{}, "+ absent {any=explicit}"},
		{"absent", nssLike, Trust{}, server, Goal{}, "+ absent {server-auth=explicit}"},
		{"absent", debianLike, Trust{}, server, Goal{}, "+ absent {any=explicit}"},
		{"trusted", javaLike, any, server, Goal{}, "= trusted"},
		{"trusted", nssLike, levels(map[Purpose]Level{ServerAuth: Explicit}), server, Goal{}, "= trusted"},
		{"trusted for more", nssLike, levels(map[Purpose]Level{ServerAuth: Explicit, EmailProtection: Explicit}), server, Goal{}, "= trusted"},
		{"present", nssLike, levels(nil), server, Goal{}, "~ untrusted {server-auth=explicit}"},
		{"trusted for something else", nssLike, levels(map[Purpose]Level{EmailProtection: Explicit}), server, Goal{},
			"~ untrusted {email-protection=explicit server-auth=explicit}"}, // never narrower
		{"built in", nssLike, Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}, Reason: CodeBuiltin}, server, Goal{}, "= builtin"},
		{"built in, assumed", nssLike, Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}, Reason: CodeBuiltinAssumed}, server, Goal{}, "= builtin.assumed"},
		{"built in, explicit wanted", nssLike, Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}, Reason: CodeBuiltin}, server,
			Goal{Explicit: true}, "+ absent {server-auth=explicit}"},
		{"built in for less", nssLike, Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}, Reason: CodeBuiltin},
			[]Purpose{ServerAuth, EmailProtection}, Goal{}, "+ absent {email-protection=explicit server-auth=explicit}"},
		{"built in and trusted", nssLike, levels(map[Purpose]Level{ServerAuth: Explicit}), server, Goal{Explicit: true}, "= trusted"},
		{"distrusted", nssLike, levels(map[Purpose]Level{ServerAuth: Distrusted}), server, Goal{}, "! distrusted distrusted {server-auth=explicit}"},
		{"distrusted for all", nssLike, levels(map[Purpose]Level{AnyPurpose: Distrusted}), server, Goal{},
			"! distrusted distrusted {any=distrusted server-auth=explicit}"},
		{"distrusted for something else", nssLike, levels(map[Purpose]Level{EmailProtection: Distrusted}), server, Goal{},
			"~ untrusted {email-protection=distrusted server-auth=explicit}"},
		{"distrusted, explicit wanted", nssLike, levels(map[Purpose]Level{ServerAuth: Distrusted}), server, Goal{Explicit: true},
			"! distrusted distrusted {server-auth=explicit}"},
		{"mail only", javaLike, Trust{}, mail, Goal{}, "! absent purpose.unlimited {any=explicit}"},
		{"mail only", debianLike, Trust{}, mail, Goal{}, "! absent purpose.unlimited {any=explicit}"},
		{"mail only, accepted", javaLike, Trust{}, mail, Goal{AnyPurpose: true}, "+ absent {any=explicit}"},
		{"mail only", nssLike, Trust{}, mail, Goal{}, "+ absent {email-protection=explicit}"},
		{"mail only, trusted", javaLike, any, mail, Goal{}, "= trusted"},
		{"mail and servers", javaLike, Trust{}, []Purpose{EmailProtection, ServerAuth}, Goal{}, "+ absent {any=explicit}"},
		{"anything", nssLike, Trust{}, []Purpose{AnyPurpose}, Goal{},
			"+ absent {client-auth=explicit code-signing=explicit email-protection=explicit server-auth=explicit}"},
		{"anything", javaLike, Trust{}, []Purpose{AnyPurpose}, Goal{}, "+ absent {any=explicit}"},
		{"no purpose means servers", javaLike, Trust{}, nil, Goal{}, "+ absent {any=explicit}"},
		{"no purpose means servers", nssLike, Trust{}, nil, Goal{}, "+ absent {server-auth=explicit}"},
		{"in a key's entry", javaLike, Trust{Present: true, Levels: any.Levels, Reason: CodeKeyEntry}, server, Goal{}, "= key-entry"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s/%s", test.info.Kind, test.name), func(t *testing.T) {
			test.goal.Want = []Want{{Certificate: root, Purposes: test.purposes}}
			changes, _ := planStore(test.goal, has(test.info, root, test.now), history{})
			if got := show(changes); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestPlanOfAnIntermediate(t *testing.T) {
	ca := testCA(t, "Issuing")
	for _, test := range []struct {
		name string
		info Info
		now  Trust
		want string
	}{
		{"absent", javaLike, Trust{}, "+ absent {any=explicit}"},
		{"absent", nssLike, Trust{}, "+ absent {}"},
		{"absent", debianLike, Trust{}, "= not-for-store"},
		{"present", nssLike, levels(nil), "= present"},
		{"trusted", nssLike, levels(map[Purpose]Level{ServerAuth: Explicit}), "= present"},
		{"trusted", javaLike, levels(map[Purpose]Level{AnyPurpose: Explicit}), "= trusted"},
		{"distrusted", nssLike, levels(map[Purpose]Level{AnyPurpose: Distrusted}), "! distrusted distrusted {any=distrusted}"},
	} {
		t.Run(fmt.Sprintf("%s/%s", test.info.Kind, test.name), func(t *testing.T) {
			goal := Goal{Want: []Want{{Certificate: ca, Purposes: []Purpose{ServerAuth}, ChainOnly: true}}}
			changes, _ := planStore(goal, has(test.info, ca, test.now), history{})
			if got := show(changes); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// Java could not keep an e-Cert CA from vouching for servers: all of the
// profile is blocked there, the issuing CAs as well.
func TestPlanOfECertInJava(t *testing.T) {
	goal, err := HongkongPost(hkpost.ECert, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	changes, _ := planStore(goal, &Snapshot{Info: javaLike}, history{})
	if len(changes) != 8 {
		t.Errorf("%d changes", len(changes))
	}
	for _, c := range changes {
		if c.Blocked != CodeUnlimited {
			t.Errorf("%s: %s", c.Name, show([]Change{c}))
		}
	}
	goal.AnyPurpose = true
	changes, _ = planStore(goal, &Snapshot{Info: javaLike}, history{})
	if got := len(applicable(changes)); got != 8 {
		t.Errorf("%d can be made", got)
	}
	changes, _ = planStore(goal, &Snapshot{Info: nssLike}, history{})
	anchors := 0
	for _, c := range changes {
		if c.After.For(ServerAuth).Trusted() {
			t.Errorf("%s would vouch for servers", c.Name)
		}
		if len(c.After.Levels) > 0 {
			anchors++
		}
	}
	if anchors != 1 {
		t.Errorf("%d anchors", anchors)
	}
}

// A certificate that a goal names twice is one certificate.
func TestPlanNamesEachCertificateOnce(t *testing.T) {
	root := testCA(t, "Root")
	goal := Goal{Want: []Want{
		{Certificate: root, Purposes: []Purpose{ServerAuth}},
		{Certificate: root, Purposes: []Purpose{EmailProtection}},
		{Certificate: root},
	}}
	changes, _ := planStore(goal, &Snapshot{Info: nssLike}, history{})
	if got, want := show(changes), "+ absent {email-protection=explicit server-auth=explicit}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	past := history{owner: "me", receipts: []ledger.Receipt{receiptOf("me", root, ledger.Done, "")}}
	goal = Goal{Absent: []CertRef{RefOf(root), RefOf(root)}, Retired: []Fingerprint{fingerprint(root), fingerprint(root)}}
	changes, _ = planStore(goal, has(javaLike, root, AnchorTrust("x")), past)
	if got, want := show(changes), "- unwanted"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func receiptOf(owner string, cert *x509.Certificate, state ledger.State, catalogue string, accepted ...string) ledger.Receipt {
	return ledger.Receipt{
		ID: owner, Owner: owner, State: state, Catalogue: catalogue, Store: ledger.StoreRef{Kind: "java", Path: "/store"},
		SHA256: fingerprint(cert).String(), After: ledger.Entry{Present: true}, Accepted: accepted,
	}
}

func TestPlanOfRetired(t *testing.T) {
	root := testCA(t, "Root")
	present, absent := has(javaLike, root, AnchorTrust("x")), &Snapshot{Info: javaLike}
	retire := Goal{Catalogue: "2026-06-01", Retired: []Fingerprint{fingerprint(root)}}
	want := Goal{Catalogue: "2026-06-01", Want: []Want{{Certificate: root, Purposes: []Purpose{ServerAuth}}}}
	wantRetired := want
	wantRetired.Retired = retire.Retired
	for name, test := range map[string]struct {
		goal     Goal
		snap     *Snapshot
		receipts []ledger.Receipt
		want     string
		told     bool
	}{
		"ours":                       {retire, present, []ledger.Receipt{receiptOf("me", root, ledger.Done, "")}, "- retired", false},
		"interrupted":                {retire, present, []ledger.Receipt{receiptOf("me", root, ledger.Intent, "")}, "- retired", false},
		"ours, accepted":             {retire, present, []ledger.Receipt{receiptOf("me", root, ledger.Done, "", "expired")}, "", false},
		"ours, gone":                 {retire, absent, []ledger.Receipt{receiptOf("me", root, ledger.Done, "")}, "", false},
		"another owner's":            {retire, present, []ledger.Receipt{receiptOf("other", root, ledger.Done, "")}, "", true},
		"nobody's":                   {retire, present, nil, "", true},
		"wanted all the same":        {wantRetired, present, []ledger.Receipt{receiptOf("me", root, ledger.Done, "")}, "= trusted", false},
		"retired by a newer":         {want, absent, []ledger.Receipt{receiptOf("me", root, ledger.Retired, "2026-06-02")}, "! retired.by-newer retired.by-newer {any=explicit}", false},
		"retired by another's newer": {want, absent, []ledger.Receipt{receiptOf("other", root, ledger.Retired, "2026-06-02")}, "! retired.by-newer retired.by-newer {any=explicit}", false},
		"retired by the same":        {want, absent, []ledger.Receipt{receiptOf("me", root, ledger.Retired, "2026-06-01")}, "+ absent {any=explicit}", false},
		"retired by an older":        {want, absent, []ledger.Receipt{receiptOf("me", root, ledger.Retired, "2026-05-31")}, "+ absent {any=explicit}", false},
		"retired, yet there":         {want, present, []ledger.Receipt{receiptOf("me", root, ledger.Retired, "2026-06-02")}, "= trusted", false},
	} {
		t.Run(name, func(t *testing.T) {
			changes, findings := planStore(test.goal, test.snap, history{owner: "me", receipts: test.receipts})
			if got := show(changes); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if told := len(findings) > 0; told != test.told {
				t.Errorf("findings %v", findings)
			}
		})
	}
}

func TestPlanOfABlockedStore(t *testing.T) {
	root, other := testCA(t, "Root"), testCA(t, "Other")
	snap := has(javaLike, other, AnchorTrust("x"))
	snap.Blocked = ErrPasswordRequired
	server := []Purpose{ServerAuth}
	goal := Goal{
		Want:   []Want{{Certificate: root, Purposes: server}, {Certificate: other, Purposes: server}},
		Absent: []CertRef{},
	}
	changes, _ := planStore(goal, snap, history{})
	if got, want := show(changes), "! absent password.required {any=explicit}; = trusted"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPlanOfAbsent(t *testing.T) {
	root := testCA(t, "Root")
	for name, test := range map[string]struct {
		entries []Entry
		want    string
	}{
		"not there": {nil, ""},
		"there":     {[]Entry{NewEntry(root.Raw, AnchorTrust("a"))}, "- unwanted"},
		"twice":     {[]Entry{NewEntry(root.Raw, AnchorTrust("a")), NewEntry(root.Raw, AnchorTrust("b"))}, "- unwanted; - unwanted"},
		"managed":   {[]Entry{{SHA256: fingerprint(root), DER: root.Raw, Trust: AnchorTrust("a"), Manager: "debian"}}, "! unwanted managed"},
		"by hand":   {[]Entry{{SHA256: fingerprint(root), DER: root.Raw, Trust: AnchorTrust("a"), Manager: managerAdministrator}}, "! unwanted managed.by-hand"},
		"built in":  {[]Entry{NewEntry(root.Raw, Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}, Reason: CodeBuiltin})}, "! unwanted managed"},
		"a key's":   {[]Entry{NewEntry(root.Raw, Trust{Present: true, Reason: CodeKeyEntry})}, "! unwanted key-entry"},
	} {
		snap := &Snapshot{Info: javaLike, Entries: test.entries}
		changes, _ := planStore(Goal{Absent: []CertRef{RefOf(root)}}, snap, history{})
		if got := show(changes); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestTrustFor(t *testing.T) {
	for _, test := range []struct {
		trust Trust
		want  map[Purpose]Level
	}{
		{Trust{}, map[Purpose]Level{ServerAuth: Absent, AnyPurpose: Absent}},
		{levels(nil), map[Purpose]Level{ServerAuth: Present}},
		{AnchorTrust("x"), map[Purpose]Level{ServerAuth: Explicit, EmailProtection: Explicit, AnyPurpose: Explicit}},
		{levels(map[Purpose]Level{ServerAuth: Explicit}), map[Purpose]Level{ServerAuth: Explicit, EmailProtection: Present, AnyPurpose: Present}},
		{Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}}, map[Purpose]Level{ServerAuth: Builtin, EmailProtection: Absent}},
		{levels(map[Purpose]Level{AnyPurpose: Explicit, ServerAuth: Distrusted}), map[Purpose]Level{ServerAuth: Distrusted, EmailProtection: Explicit}},
	} {
		for p, want := range test.want {
			if got := test.trust.For(p); got != want {
				t.Errorf("%+v for %s: %s, want %s", test.trust, p, got, want)
			}
		}
	}
}

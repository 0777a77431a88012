package ecert_test

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/hktrust/hktrust/truststore/ecert"
)

// Whatever program wrote the file, the same e-Cert is found in it, and its key
// proven.
func TestEveryProgramsFile(t *testing.T) {
	want := sha256.Sum256(certificate(t, "personal").Raw)
	for _, f := range []struct{ name, password, findings string }{
		{"openssl", "right", "protection.new"},
		{"openssl-chinese", "right", "protection.new"},
		{"openssl-empty", "empty", "password.empty protection.new"},
		{"openssl-legacy", "right", "protection.weak"},
		{"openssl-legacy-chinese", "right", "protection.weak"},
		{"openssl-legacy-empty", "empty", "password.empty protection.weak"},
		{"openssl-sha384", "right", "protection.new"},
		{"openssl-no-mac", "right", "protection.no-mac protection.new"},
		{"openssl-in-clear", "none", "password.none"},
		{"openssl-certs-in-clear", "right", "protection.new"},
		{"keytool", "right", "protection.new"},
		{"keytool-legacy", "right", "protection.weak"},
		{"keytool-sha384", "right", "protection.new"},
		{"nss", "right", "encoding.ber protection.new certificate.not-first"},
		{"nss-chinese", "right", "encoding.ber protection.new certificate.not-first"},
		{"bouncycastle", "right", "encoding.ber protection.weak"},
		{"bouncycastle-3des", "right", "encoding.ber"},
		{"bouncycastle-chinese", "right", "encoding.ber protection.weak"},
		{"windows", "right", ""},
		{"windows-chinese", "right", ""},
		{"go-pbmac1", "right", "protection.new"},
		{"go-rc2", "right", "protection.weak"},
	} {
		t.Run(f.name, func(t *testing.T) {
			password := passwordOf(f.name)
			in := inspector(t).Bytes(fixture(t, f.name), &password)
			if in.Err != nil || string(in.Password) != f.password || codes(in.Findings) != f.findings {
				t.Errorf("password %s, findings %q, error %v", in.Password, codes(in.Findings), in.Err)
			}
			if len(in.Identities) != 1 {
				t.Fatalf("%d identities", len(in.Identities))
			}
			id := in.Identities[0]
			if id.Certificate.SHA256 != want || id.Key == nil || !id.Key.Proven {
				t.Errorf("certificate %s (%s), key %+v", id.Certificate.Name, id.Certificate.SHA256, id.Key)
			}
			if got := codes(id.Findings); got != "chain.not-in-file revocation.unchecked" && got != "revocation.unchecked" {
				t.Errorf("findings about the certificate: %s", got)
			}
			if len(id.Chain) != 2 || id.Chain[1].Slug != "root-2" {
				t.Errorf("chain %+v", id.Chain)
			}
		})
	}
}

func TestFields(t *testing.T) {
	password := pin
	in := inspector(t).Bytes(fixture(t, "mutual-recognition"), &password)
	got := in.Identities[0].Certificate
	got.SHA256, got.Serial = [32]byte{}, ""
	want := ecert.Certificate{
		Subject: "CN=CHAN Tai Man 陳大文,OU=0012345678,O=Hongkong Post e-Cert (Personal),C=HK,emailAddress=chan.tai.man@example.hk",
		Name:    "CHAN Tai Man 陳大文", Kind: ecert.KindPersonal, Reference: "0012345678", Emails: []string{"chan.tai.man@example.hk"},
		IssuedBy:  "CN=Hongkong Post Test e-Cert CA 2 - 17,O=Hongkong Post,C=HK",
		NotBefore: got.NotBefore, NotAfter: got.NotAfter, DaysLeft: 552,
		PublicKey: "RSA-2048", Signature: "SHA256-RSA",
		Policies: []string{"1.3.6.1.4.1.16030.1.2.30", "2.16.344.8.2.2008.810.2.2012.1.0"}, MutualRecognition: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKindsAndWhatTheyServe(t *testing.T) {
	for name, want := range map[string]struct {
		kind   ecert.Kind
		serves ecert.Use
	}{
		"openssl":        {ecert.KindPersonal, ecert.UsePersonal},
		"organisational": {ecert.KindOrganisational, ecert.UseOrganisational},
		"role":           {ecert.KindRole, ecert.UseOrganisational},
		"encipherment":   {ecert.KindEncipherment, ecert.UseNone},
		"server":         {ecert.KindServer, ecert.UseNone},
		"bank":           {ecert.KindBank, ecert.UseNone},
	} {
		password := pin
		id := inspector(t).Bytes(fixture(t, name), &password).Identities[0]
		if id.Certificate.Kind != want.kind || id.Serves != want.serves {
			t.Errorf("%s: %s serves %s", name, id.Certificate.Kind, id.Serves)
		}
	}
}

// Each thing that can be the matter has its code.
func TestConditions(t *testing.T) {
	for name, want := range map[string]string{
		"expired":          "expired issuer.superseded revocation.unchecked",
		"not-yet-valid":    "not-yet-valid revocation.unchecked",
		"expires-soon":     "expires-soon issuer.superseded revocation.unchecked",
		"issuer-revoked":   "expired weak.key weak.signature issuer.revoked revocation.unchecked",
		"issuer-expired":   "issuer.expired revocation.unchecked",
		"weak":             "weak.key weak.signature revocation.unchecked",
		"no-chain":         "chain.not-in-file revocation.unchecked",
		"no-key":           "key.none chain.not-in-file revocation.unchecked",
		"other-key":        "key.no-certificate key.missing revocation.unchecked",
		"stranger-issued":  "not-ecert",
		"keytool-two-keys": "key.several revocation.unchecked not-ecert",
	} {
		password := pin
		in := inspector(t).Bytes(fixture(t, name), &password)
		if got := codes(in.AllFindings()); got != "protection.new "+want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
		quiet := in.AllFindings()
		quiet = slices.DeleteFunc(slices.Clone(quiet), func(f ecert.Finding) bool { return !f.Fault })
		if in.Faults() != (len(quiet) > 0) {
			t.Errorf("%s: Faults says %v", name, in.Faults())
		}
	}
}

// Files that other programs refuse, and such without anybody's certificate, are
// told from what is wrong with an e-Cert.
func TestFilesAsOthersHaveThem(t *testing.T) {
	key, cert, chain, err := gopkcs12.DecodeChain(fixture(t, "openssl"), pin)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		want   string
		encode func() ([]byte, error)
	}{
		{"certificate.authorities", func() ([]byte, error) {
			return gopkcs12.LegacyDES.EncodeTrustStore(chain, pin)
		}},
		{"protection.new protection.rounds chain.not-in-file revocation.unchecked", func() ([]byte, error) {
			return gopkcs12.Modern2023.WithIterations(600_001).Encode(key, cert, nil, pin)
		}},
		{"certificate.not-first revocation.unchecked", func() ([]byte, error) {
			return gopkcs12.LegacyDES.Encode(key, chain[0], []*x509.Certificate{cert, chain[1]}, pin)
		}},
	} {
		data, err := f.encode()
		if err != nil {
			t.Fatal(err)
		}
		password := pin
		in := inspector(t).Bytes(data, &password)
		if got := codes(in.AllFindings()); got != f.want {
			t.Errorf("%s, not %s", got, f.want)
		}
	}
}

// The name of Hongkong Post's CA alone makes no e-Cert.
func TestImpostor(t *testing.T) {
	password := pin
	real := &ecert.Inspector{Host: inspector(t).Host}
	in := real.Bytes(fixture(t, "impostor-issued"), &password)
	if got := codes(in.AllFindings()); got != "protection.new issuer.forged" || in.Identities[0].Serves != ecert.UseNone {
		t.Error(got)
	}
}

// The older generation of a CA signed what was issued before the newer one came.
func TestGenerations(t *testing.T) {
	password := pin
	for name, want := range map[string]string{"expires-soon": "ca-2-17-old", "openssl": "ca-2-17"} {
		issuer := inspector(t).Bytes(fixture(t, name), &password).Identities[0].Issuer
		if issuer.Generation.Slug != want || len(issuer.Known) != 2 || issuer.Known[0].Current || !issuer.Known[1].Current {
			t.Errorf("%s: %+v", name, issuer)
		}
	}
}

// Without the password, or with a wrong one, what can be said is said.
func TestWithoutPassword(t *testing.T) {
	wrong := "wrong"
	for _, f := range []struct {
		name                 string
		password             *string
		state                ecert.PasswordState
		identities, protects int
	}{
		{"openssl", nil, ecert.PasswordRequired, 0, 1},
		{"openssl", &wrong, ecert.PasswordWrong, 0, 1},
		{"openssl-certs-in-clear", nil, ecert.PasswordRequired, 1, 1},
		{"openssl-no-mac", nil, ecert.PasswordRequired, 1, 1},
		{"openssl-no-mac", &wrong, ecert.PasswordWrong, 1, 1},
		{"openssl-empty", nil, ecert.PasswordEmpty, 1, 1},
		{"openssl-in-clear", nil, ecert.PasswordNone, 1, 1},
		{"openssl-in-clear", &wrong, ecert.PasswordNone, 1, 1},
		{"nss", nil, ecert.PasswordRequired, 0, 0},
	} {
		in := inspector(t).Bytes(fixture(t, f.name), f.password)
		if in.Password != f.state || len(in.Identities) != f.identities {
			t.Errorf("%s: password %s, %d identities", f.name, in.Password, len(in.Identities))
		}
		if in.Container == nil || len(in.Container.Keys) < f.protects {
			t.Errorf("%s: container %+v", f.name, in.Container)
		}
		for _, id := range in.Identities {
			if f.state == ecert.PasswordRequired && (id.Key != nil || !strings.Contains(codes(id.Findings), "key.unproven")) {
				t.Errorf("%s: key %+v, %s", f.name, id.Key, codes(id.Findings))
			}
		}
	}
}

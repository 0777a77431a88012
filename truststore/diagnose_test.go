package truststore

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// What programs and people say leads to the row that explains it.
func TestSymptoms(t *testing.T) {
	for text, want := range map[string]string{
		"sec_error_unknown_issuer":            "browser",
		"錯誤碼： SEC_ERROR_UNKNOWN_ISSUER":       "browser",
		"MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT": "browser",
		"NET::ERR_CERT_AUTHORITY_INVALID":     "browser",
		"Your connection is not private":      "browser",
		"此連線不受信任":                             "browser",
		"你的連線不是私人連線":                          "browser",
		"警告：有安全性風險":                           "browser",
		"SEC_ERROR_UNTRUSTED_ISSUER":          "distrusted",
		"由不再受信任的憑證機構所簽發的":                     "distrusted",
		"PAY-E-0000":                    "kaspersky",
		"[PAY-E-0000] please try again": "kaspersky",
		"卡巴斯基未能保證網域的真確性":                "kaspersky",
		"PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable  to find\nvalid certification path to requested target": "java",
		"The certificate was issued by a company that is not trusted":                                                                                          "java",
		"keystore was tampered with, or password was incorrect":                                                                                                "java-password",
		"the trustAnchors parameter must be non-empty":                                                                                                         "java-empty",
		"SEC_ERROR_EXPIRED_CERTIFICATE":                                                                                                                        "dates",
		"NET::ERR_CERT_DATE_INVALID":                                                                                                                           "dates",
		"此憑證看來已於 2026/11/20 失效":                                                                                                                                "dates",
		"SSL_ERROR_BAD_CERT_DOMAIN":                                                                                                                            "name",
		"NET::ERR_CERT_REVOKED":                                                                                                                                "revoked",
		"curl: (60) SSL certificate problem: unable to get local issuer certificate":                                                                           "tool",
		"UNABLE_TO_VERIFY_LEAF_SIGNATURE":                                                                                                                      "node",
		"x509: certificate signed by unknown authority":                                                                                                        "tool",
		"the printer is on fire":                                                                                                                               "",
		"":                                                                                                                                                     "",
	} {
		if row, ok := symptomOf(text); row.code != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", text, row.code, want)
		}
	}
}

// Each row can be reached by each of its words, and its causes are no notes.
func TestEverySymptomIsReached(t *testing.T) {
	for _, row := range symptoms {
		if !slices.ContainsFunc(row.words, func(w string) bool { got, _ := symptomOf(w); return got.code == row.code }) {
			t.Errorf("no word leads to %s", row.code)
		}
		if len(row.causes) == 0 {
			t.Errorf("%s has no causes", row.code)
		}
	}
}

type kasperskyRegistry struct {
	view    host.View
	key     string
	name    string
	version string
}

func (r kasperskyRegistry) SubKeys(hive host.Hive, key string, view host.View) ([]string, error) {
	if hive == host.LocalMachine && key == `SOFTWARE\KasperskyLab` && view == r.view {
		return []string{"WmiHlp", r.key}, nil
	}
	return nil, nil
}

func (r kasperskyRegistry) String(_ host.Hive, key, value string, view host.View) (string, error) {
	if key == `SOFTWARE\KasperskyLab\`+r.key+`\environment` && view == r.view {
		return map[string]string{"ProductName": r.name, "ProductVersion": r.version}[value], nil
	}
	return "", host.ErrNotRegular
}

// Each version of Kaspersky has settings of other names.
func TestKasperskyByVersion(t *testing.T) {
	for _, c := range []struct {
		registry kasperskyRegistry
		want     RemedyCode
	}{
		{kasperskyRegistry{host.View32, "AVP21.3", "Kaspersky Plus", "21.3.10.391"}, RemedyKaspersky},
		{kasperskyRegistry{host.View64, "AVP21.24", "Kaspersky", "21.24.1.1"}, RemedyKaspersky},
		{kasperskyRegistry{host.View32, "AVP19.0.0", "Kaspersky Internet Security", "19.0.0.1088"}, RemedyKasperskyV1},
		{kasperskyRegistry{host.View32, "KES.12.0", "Kaspersky Endpoint Security for Windows", "12.0.0.465"}, RemedyKasperskyOf},
	} {
		h := &host.Host{OS: "windows", Environ: map[string]string{}, Registry: c.registry}
		found := findKaspersky(h)
		if len(found) != 1 || found[0].remedy != c.want || found[0].name != c.registry.name {
			t.Errorf("%s: %+v", c.registry.key, found)
		}
	}
	if found := findKaspersky(&host.Host{OS: "windows", Environ: map[string]string{}, Registry: kasperskyRegistry{}}); len(found) > 0 {
		t.Errorf("%+v where there is none", found)
	}
}

// The table of products is read whole: each row matches something of its own.
func TestInterceptorsAreRead(t *testing.T) {
	rows := interceptors()
	if len(rows) < 30 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		if r.product == "" || r.commonName == nil && r.organisation == nil {
			t.Errorf("%+v matches everything", r)
		}
	}
}

func TestWrongClockIsAFinding(t *testing.T) {
	for day, want := range map[string]Code{"1970-01-01": CodeClockWrong, "2020-01-01": CodeClockWrong, "2043-01-01": CodeClockLate, "9999-12-31": CodeClockLate} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		m := &Machine{Host: &host.Host{Root: t.TempDir(), OS: "linux", Clock: func() time.Time { return now }}}
		d, _ := m.Diagnose(t.Context(), Symptom{})
		if d.Exit != ExitWrong || d.Error != nil || d.Problems[0].Code != want || d.Problems[0].Remedy == nil {
			t.Errorf("%s: exit %d, %+v %+v", day, d.Exit, d.Error, d.Problems)
		}
	}
}

// Debian's own file says what an administrator deselected.
func TestDeselectionIsTakenBackInItsFile(t *testing.T) {
	root := t.TempDir()
	h := &host.Host{Root: root}
	info := Info{Manager: "/usr/sbin/update-ca-certificates"}
	if r := reselection(h, info); r != nil {
		t.Errorf("no such file: %+v", r)
	}
	file := filepath.Join(root, selectionFile)
	if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if r := reselection(h, info); r == nil || r.Args["file"] != selectionFile || r.Command[0] != info.Manager {
		t.Errorf("%+v", r)
	}
}

package main

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// hostile is a name that would like to be more than text.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`{{.}}"

// sickDiagnosis is one of a machine with a number of stores, of which every
// fifth lacks something, and a server that somebody signs anew.
func sickDiagnosis(stores int) *truststore.Diagnosis {
	members, err := hkpost.Members(hkpost.Server, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	if err != nil {
		panic(err)
	}
	ensure := &truststore.Remedy{Code: truststore.RemedyEnsure, Command: []string{"hktrust", "ensure"}}
	d := &truststore.Diagnosis{
		Format: truststore.DiagnosisFormat, Command: "doctor", Exit: truststore.ExitWrong, Time: time.Date(2026, 11, 25, 14, 23, 0, 0, time.UTC),
		Catalogue: hkpost.CatalogueDate, Server: "www.example.gov.hk", Symptom: "browser",
		Ways:     []truststore.Way{{Code: "password", State: truststore.WayAffected}, {Code: "iam-smart", State: truststore.WayUnknown}, {Code: "certificate", State: truststore.WayClear}},
		Examined: truststore.Examined{Checks: []truststore.Check{truststore.CheckClock, truststore.CheckEnvironment, truststore.CheckReceipts, truststore.CheckServer}},
	}
	find := func(code truststore.Code, level truststore.FindingLevel, args map[string]string) truststore.Finding {
		return truststore.Finding{Code: code, Level: level, Args: args}
	}
	verification := &truststore.Verification{Target: d.Server, ServerName: d.Server, Exit: truststore.ExitWrong}
	intercepted := truststore.Problem{
		Finding: find(truststore.CodeIntercepted, truststore.LevelError, map[string]string{"product": "Kaspersky", "certificate": "CN=Kaspersky Anti-Virus Personal Root Certificate,O=AO Kaspersky Lab"}),
		Remedy:  &truststore.Remedy{Code: truststore.RemedyKaspersky, Args: map[string]string{"server": d.Server}},
	}
	var missing []truststore.Problem
	for i := range stores {
		info := truststore.Info{Kind: "nss", Path: fmt.Sprintf("/home/chantaiman/.mozilla/firefox/x3k9wq2a.profile-%d", i), Label: fmt.Sprintf("Firefox 153.7.0, profile %d", i)}
		if i%2 == 1 {
			info = truststore.Info{Kind: "java", Path: fmt.Sprintf("/opt/jdk-%d/lib/security/cacerts", i), Label: "Eclipse Adoptium 25.0.3"}
		}
		if i == 3 {
			info.Label = hostile
		}
		store := truststore.ExaminedStore{Info: info, Status: truststore.StatusOK}
		sick := i%5 == 0
		for _, m := range members {
			c := truststore.ExaminedCertificate{CertificateName: truststore.CertificateName{SHA256: m.SHA256, Name: m.CommonName}, OK: !sick, Code: truststore.CodeTrusted}
			if sick {
				c.Code = truststore.CodeAbsent
			}
			store.Certificates = append(store.Certificates, c)
		}
		if sick {
			store.Status = truststore.StatusDiffers
			missing = append(missing, truststore.Problem{
				Finding: find(truststore.CodeRootMissing, truststore.LevelError, map[string]string{"path": info.Path, "certificate": "Hongkong Post Root CA 3"}),
				Store:   &truststore.Place{Kind: info.Kind, Path: info.Path}, Remedy: ensure,
			})
		}
		d.Examined.Stores = append(d.Examined.Stores, store)
		if i < 4 {
			v := truststore.Verdict{Store: info, Program: "firefox", Answer: truststore.AnswerTrusted, Code: chain.Trusted}
			if i != 1 {
				v.Answer, v.Code, v.Words = truststore.AnswerRefused, chain.NoPath, "SEC_ERROR_UNKNOWN_ISSUER"
				intercepted.Consequences = append(intercepted.Consequences, truststore.Problem{
					Finding: find(truststore.CodeProgramRefuses, truststore.LevelError, map[string]string{"path": info.Path, "program": "firefox", "server": d.Server, "reason": "no-path", "words": v.Words}),
				})
			}
			verification.Verdicts = append(verification.Verdicts, v)
		}
	}
	for _, name := range []string{d.Server, "Kaspersky Anti-Virus Personal Root Certificate " + hostile} {
		verification.Chain = append(verification.Chain, truststore.PresentedCertificate{
			CertificateName: truststore.CertificateName{Name: name, SHA256: members[0].SHA256},
			NotBefore:       truststore.Date{Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, NotAfter: truststore.Date{Time: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
			Conditions: []truststore.Condition{{Code: truststore.CodeExpired, Date: "2026-01-01"}},
		})
	}
	d.Verification = verification
	unloadable := truststore.Problem{
		Finding: find(truststore.CodeStoreUnloadable, truststore.LevelError, map[string]string{"path": "/opt/jdk-1/lib/security/cacerts", "alias": hostile, "why": "dates", "releases": "", "sha256": strings.Repeat("ab", 32)}),
		Remedy:  &truststore.Remedy{Code: truststore.RemedyRemove, Command: []string{"hktrust", "remove", "--cert", strings.Repeat("ab", 32), "--store", "java:/opt/jdk-1/lib/security/cacerts"}, Elevated: true},
	}
	d.Problems = append([]truststore.Problem{intercepted, unloadable}, missing...)
	d.Notes = []truststore.Problem{{Finding: find(truststore.CodeUsersUnasked, truststore.LevelNote, nil)}}
	return d
}

// Names are text, whatever they hold, and nothing is loaded from elsewhere.
func TestPageKeepsNamesAsText(t *testing.T) {
	page, err := pageOf(sickDiagnosis(10), false, false)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	if n := strings.Count(text, "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	for _, bad := range []string{"<img", "http://", "https://", "onerror=alert(2)>", "src="} {
		if i := strings.Index(text, bad); i >= 0 && !strings.Contains(text[max(0, i-40):i], "&lt;") {
			t.Errorf("%s in the page: %.80q", bad, text[max(0, i-20):])
		}
	}
	if !strings.Contains(text, "alert(1)") {
		t.Error("the hostile name is not there at all")
	}
}

func TestPageIsSmall(t *testing.T) {
	for stores, limit := range map[int]int{10: 200 << 10, 300: 1 << 20} {
		page, err := pageOf(sickDiagnosis(stores), true, false)
		if err != nil || len(page) > limit {
			t.Errorf("%d stores: %d octets, %v", stores, len(page), err)
		}
		t.Logf("%d stores: %d octets", stores, len(page))
	}
}

// A healthy machine has a page, too.
func TestPageOfAHealthyMachine(t *testing.T) {
	d := &truststore.Diagnosis{Exit: truststore.ExitOK}
	page, err := pageOf(d, true, true)
	if err != nil || !strings.Contains(string(page), "沒有發現問題") || !strings.Contains(string(page), "Nothing is wrong") {
		t.Errorf("%v\n%s", err, page)
	}
}

// A command to be copied works although the home directory is left out of it.
func TestPageCommandsFindTheHomeDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("commands of a POSIX shell")
	}
	d := &truststore.Diagnosis{Exit: truststore.ExitWrong, Problems: []truststore.Problem{{
		Finding: truststore.Finding{Code: truststore.CodeRootMissing},
		Remedy: &truststore.Remedy{Code: truststore.RemedyEnsure, Command: []string{
			"/home/chan/bin/hktrust", "ensure", "--java-home", "/home/chan/my jdk", "--store", "java:/home/chan/x.jks",
		}},
	}}}
	hidden, err := withoutNames(d, []string{"/home/chan", "~"})
	if err != nil {
		t.Fatal(err)
	}
	v := pageView{language: english(), diagnosis: hidden, private: true}
	got, want := v.Problems()[0].Command, `"$HOME"/bin/hktrust ensure --java-home "$HOME"'/my jdk' --store java:"$HOME"/x.jks`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// Who reads one half of the page is answered in its language.
func TestPageCommandsSpeakTheLanguageOfTheirHalf(t *testing.T) {
	d := &truststore.Diagnosis{Exit: truststore.ExitWrong, Problems: []truststore.Problem{{
		Finding: truststore.Finding{Code: truststore.CodeRootMissing},
		Remedy:  &truststore.Remedy{Code: truststore.RemedyEnsure, Command: []string{"hktrust", "ensure", "--lang", "zh-HK"}},
	}}}
	for lang, want := range map[string]string{"en": "hktrust ensure --lang en", "zh-Hant-HK": "hktrust ensure --lang zh-Hant-HK"} {
		if got := (pageView{language: english(), diagnosis: d, Lang: lang}).Problems()[0].Command; got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

// Without --with-names nobody's name and no server is in the page.
func TestPageWithoutNames(t *testing.T) {
	d := sickDiagnosis(10)
	hidden, err := withoutNames(d, []string{"www.example.gov.hk", nameless})
	if err != nil {
		t.Fatal(err)
	}
	page, err := pageOf(hidden, false, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chantaiman", "www.example.gov.hk", nameless} {
		if strings.Contains(string(page), name) {
			t.Errorf("the page has %q", name)
		}
	}
	if !strings.Contains(string(page), "該伺服器") || !strings.Contains(string(page), "/home/…/.mozilla") {
		t.Error("nothing stands for the names")
	}
	if d.Server != "www.example.gov.hk" {
		t.Error("the diagnosis itself was changed")
	}
}

// A command can be copied as it is, and its options stay whole.
func TestPageCommandsStayWhole(t *testing.T) {
	g := pageGroup{Command: "hktrust ensure --java-home '/opt/my  jdk' --lang zh-HK"}
	var text []string
	for _, w := range g.Words() {
		text = append(text, w.Text)
		if w.Option != (w.Text == "--java-home" || w.Text == "--lang") {
			t.Errorf("%+v", w)
		}
	}
	if got := strings.Join(text, " "); got != g.Command {
		t.Errorf("%q became %q", g.Command, got)
	}
}

package truststore_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/truststore"
)

// Issuers that a server omits are looked for at every address that a certificate
// has for them, level by level, be the certificates such as Go cannot read.
func TestVerifyFetchesIssuers(t *testing.T) {
	const site = "http://www.ecert.gov.hk/"
	make := func(serial byte, subject, issuer string, extensions ...chains.Extension) []byte {
		return chains.Make(chains.Template{
			Serial: []byte{serial}, Subject: chains.CN(subject), Issuer: chains.CN(issuer), NotBefore: chains.Now.AddDate(-1, 0, 0), NotAfter: chains.Now.AddDate(0, 6, 0),
			Key: chains.KeyNamed("rsa2048-1"), Signer: chains.KeyNamed("rsa2048-1"), Extensions: extensions,
		})
	}
	ca := chains.BasicConstraints(true, -1)
	root := make(1, "Root", "Root", ca)
	// A negative serial number, and a directory's address first.
	upper := make(0x80, "Upper", "Root", ca)
	lower := make(3, "Lower", "Upper", ca, chains.IssuersAt("ldap://www.ecert.gov.hk/upper", site+"gone.crt", site+"upper.crt"))
	leaf := make(0x81, "leaf", "Lower", chains.SubjectAltName(false, chains.DNS("www.vb.test")), chains.IssuersAt(site+"lower.crt"))

	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.TrimPrefix(r.RequestURI, site))
		body := map[string][]byte{site + "upper.crt": upper, site + "lower.crt": lower}[r.RequestURI]
		if body == nil {
			http.NotFound(w, r)
		}
		w.Write(body)
	}))
	defer proxy.Close()
	m := newWorld(t).machine("test")
	m.Host.Environ["http_proxy"] = proxy.URL

	for program, want := range map[string]truststore.Answer{"chromium": truststore.AnswerTrusted, "curl": truststore.AnswerRefused} {
		asked = nil
		v, _ := m.Verify(t.Context(), [][]byte{leaf}, truststore.VerifyOptions{
			Stores: []truststore.Store{truststore.NewBundle("anchors", [][]byte{root})}, As: &truststore.Program{Name: program},
			ServerName: "www.vb.test", Time: chains.Now, FetchIssuers: true,
		})
		if got := v.Verdicts[0]; got.Answer != want {
			t.Errorf("%s: %s, %s %s", program, got.Answer, got.Code, got.Words)
		}
		if want := []string{"lower.crt", "gone.crt", "upper.crt"}; !slices.Equal(asked, want) || len(v.Chain) != 3 {
			t.Errorf("%s: asked for %v, a chain of %d", program, asked, len(v.Chain))
		}
		if !slices.ContainsFunc(v.Findings, func(f truststore.Finding) bool {
			return f.Code == truststore.CodeIssuerUnfetched && f.Args["url"] == site+"gone.crt"
		}) {
			t.Errorf("%s: nothing is said of what was not there: %+v", program, v.Findings)
		}
	}
}

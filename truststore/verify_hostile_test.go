package truststore_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// vouching makes n CAs that all issued each other, and a leaf of the first: as
// many paths as there are orders of them, and no root.
func vouching(n int) [][]byte {
	key := chains.KeyNamed("p256-1")
	ca := func(i, by int) []byte {
		return chains.Make(chains.Template{
			Serial: []byte{2, byte(i), byte(by), 1}, Subject: chains.CN(fmt.Sprint("CA ", i)), Issuer: chains.CN(fmt.Sprint("CA ", by)),
			NotBefore: chains.Now.AddDate(0, -1, 0), NotAfter: chains.Now.AddDate(1, 0, 0), Key: chains.KeyNamed(fmt.Sprint("p256-", i%8)),
			Signer: chains.KeyNamed(fmt.Sprint("p256-", by%8)), Extensions: []chains.Extension{chains.BasicConstraints(true, -1)},
		})
	}
	leaf := chains.Make(chains.Template{
		Serial: []byte{7}, Subject: chains.CN("leaf"), Issuer: chains.CN("CA 0"), NotBefore: chains.Now.AddDate(0, -1, 0), NotAfter: chains.Now.AddDate(1, 0, 0),
		Key: key, Signer: chains.KeyNamed("p256-0"), Extensions: []chains.Extension{chains.SubjectAltName(false, chains.DNS("www.vb.test"))},
	})
	out := [][]byte{leaf}
	for i := 0; len(out) <= n; i++ {
		out = append(out, ca(i%15, (i+1+i/15)%15))
	}
	return out
}

// Two hundred CAs that vouch for each other, in a server's message or in a
// store, get an answer that is no yes, in bounded time and memory.
func TestVerifyManyCrossSignedCAs(t *testing.T) {
	many := vouching(200)
	for name, c := range map[string]struct{ anchors, presented [][]byte }{
		"sent":        {[][]byte{javatest.NewPKI(t).Root.Raw}, many},
		"few sent":    {[][]byte{javatest.NewPKI(t).Root.Raw}, many[:90]},
		"ten sent":    {[][]byte{javatest.NewPKI(t).Root.Raw}, many[:10]},
		"no leaf's":   {many[40:], many[:1]},
		"in a circle": {[][]byte{javatest.NewPKI(t).Root.Raw}, append(many[:1:1], many[1:31]...)},
	} {
		stores := []truststore.Store{truststore.NewBundle("anchors", c.anchors)}
		for _, program := range truststore.Programs() {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			v, _ := newWorld(t).machine("test").Verify(ctx, c.presented, truststore.VerifyOptions{
				Stores: stores, As: &truststore.Program{Name: program}, ServerName: "www.vb.test", Time: chains.Now,
			})
			cancel()
			runtime.ReadMemStats(&after)
			if len(v.Verdicts) != 1 || v.Verdicts[0].Code == "" {
				t.Errorf("%s, %s: %+v", name, program, v.Verdicts)
			}
			if name != "no leaf's" && v.Verdicts[0].OK() {
				t.Errorf("%s, %s: trusted", name, program)
			}
			if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 64<<20 {
				t.Errorf("%s, %s: %d MiB", name, program, held>>20)
			}
		}
	}
}

// Names that are long, of other scripts, or addresses.
func TestVerifyOddServerNames(t *testing.T) {
	pki := javatest.NewPKI(t)
	long := strings.Repeat(strings.Repeat("a", 62)+".", 4) + "tst" // 255 octets
	template := &x509.Certificate{
		SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "odd"}, DNSNames: []string{"xn--j6w193g.test", long},
		IPAddresses: []net.IP{net.IPv6loopback}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 6, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	leaf, err := x509.CreateCertificate(rand.Reader, template, pki.Issuing.Certificate, pki.Leaf.Key.Public(), pki.Issuing.Key)
	if err != nil {
		t.Fatal(err)
	}
	stores := []truststore.Store{truststore.NewBundle("anchors", [][]byte{pki.Root.Raw})}
	for _, program := range truststore.Programs() {
		for name, want := range map[string]bool{
			"::1": true, "::2": false, "xn--j6w193g.test": true, "xn--other.test": false, strings.Repeat("b", 300): false,
			"a..b": false, strings.Repeat("x.", 200): false, "\x00": false, "*": false,
		} {
			v, _ := newWorld(t).machine("test").Verify(context.Background(), [][]byte{leaf, pki.Issuing.Raw}, truststore.VerifyOptions{
				Stores: stores, As: &truststore.Program{Name: program}, ServerName: name,
			})
			if got := v.Verdicts[0]; got.OK() != want {
				t.Errorf("%s, %.20q: %s (%s)", program, name, got.Code, got.Words)
			}
		}
	}
	// A name in Chinese is asked for as the server has it.
	v, _ := newWorld(t).machine("test").Verify(context.Background(), [][]byte{leaf, pki.Issuing.Raw}, truststore.VerifyOptions{
		Stores: stores, As: &truststore.Program{Name: "java"}, ServerName: "香港.test",
	})
	if !v.Verdicts[0].OK() {
		t.Errorf("香港.test: %+v", v.Verdicts[0])
	}
}

// A proxy that wants a password, and servers that do not answer: a code each.
func TestVerifyServerFailures(t *testing.T) {
	proxy := httptest.NewServer(proxyWantsPassword{})
	defer proxy.Close()
	m := newWorld(t).machine("test")
	m.Host.Environ["https_proxy"] = proxy.URL
	stores := []truststore.Store{truststore.NewBundle("anchors", nil)}
	v, err := m.VerifyServer(context.Background(), truststore.Server{Address: "www.example.test"}, truststore.VerifyOptions{Stores: stores})
	if err == nil || v.Error == nil || v.Error.Code != truststore.CodeProxyPassword || v.Exit != truststore.ExitFailed {
		t.Errorf("proxy: %v, %+v", err, v.Error)
	}
	for _, address := range []string{"", "a b", "host:0", "host:99999", "[::1", strings.Repeat("a", 300)} {
		v, err := m.VerifyServer(context.Background(), truststore.Server{Address: address}, truststore.VerifyOptions{Stores: stores})
		if err == nil || v.Error == nil || v.Error.Code != truststore.CodeServerAddress || v.Exit != truststore.ExitUsage {
			t.Errorf("%.20q: %v", address, err)
		}
	}
}

// A server that takes a connection and says nothing is slow, not without a
// certificate.
func TestVerifySilentServer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	v, _ := newWorld(t).machine("test").VerifyServer(ctx, truststore.Server{Address: silent.Addr().String()}, truststore.VerifyOptions{
		Stores: []truststore.Store{truststore.NewBundle("anchors", nil)},
	})
	if v.Error == nil || v.Error.Code != truststore.CodeServerTimeout {
		t.Errorf("%+v", v.Error)
	}
}

type proxyWantsPassword struct{}

func (proxyWantsPassword) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Proxy-Authenticate", "Basic")
	w.WriteHeader(http.StatusProxyAuthRequired)
}

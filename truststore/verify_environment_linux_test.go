package truststore_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// pythonTLS connects as Python programs do that name no certificates.
const pythonTLS = `
import socket, ssl, sys
host, port = sys.argv[1].rsplit(":", 1)
with socket.create_connection((host, int(port))) as s:
    ssl.create_default_context().wrap_socket(s, server_hostname="localhost")`

// A file that is too large for us may be read by others: nothing is said of it.
func TestVerifyOfALargeBundle(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	file := filepath.Join(w.dir, "large.pem")
	write(t, file, append(pki.Root.PEM(), make([]byte, certfile.MaxSize)...))
	m := w.machine("test")
	m.Scope = truststore.ScopeUser
	m.Host.Environ["CURL_CA_BUNDLE"] = file
	v, _ := m.Verify(t.Context(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{})
	if len(v.Verdicts) != 1 || v.Verdicts[0].Answer != truststore.AnswerUnknown || v.Exit != truststore.ExitFailed {
		t.Errorf("exit %d: %+v", v.Exit, v.Verdicts)
	}
}

// The file and the directories that variables name count as they do for the real
// programs, beside what stays the system's.
func TestVerifyHeedsFileAndDirectories(t *testing.T) {
	openssl := oracle.Need(t, "openssl")
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	_, port, _ := net.SplitHostPort(addr)
	clients := map[string][]string{
		"curl":    {oracle.Need(t, "curl"), "-s", "-o", os.DevNull, "https://localhost:" + port},
		"openssl": {openssl, "s_client", "-connect", "localhost:" + port, "-verify_return_error", "-verify_hostname", "localhost", "-brief"},
		"python":  {oracle.Need(t, "python3"), "-c", pythonTLS, "localhost:" + port},
		"go":      {"/proc/self/exe"},
	}
	w := newWorld(t)
	folder := func(name string, root []byte, hashed bool) string {
		dir := mkdir(t, w.dir, name)
		write(t, filepath.Join(dir, "root.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}))
		if out, err := exec.Command(openssl, "rehash", dir).CombinedOutput(); hashed && err != nil {
			t.Fatalf("%v: %s", err, out)
		} else if !hashed {
			links, _ := filepath.Glob(filepath.Join(dir, "*.0"))
			for _, link := range links {
				os.Remove(link)
			}
		}
		return dir
	}
	ours, unhashed, theirs := folder("ours", pki.Root.Raw, true), folder("unhashed", pki.Root.Raw, false), folder("theirs", hkpost.Certificates()[0].DER(), true)
	file, otherFile := filepath.Join(ours, "root.pem"), filepath.Join(theirs, "root.pem")
	der := filepath.Join(w.dir, "root.der")
	write(t, der, pki.Root.Raw)
	settled := func(options ...string) []byte {
		text, err := exec.Command(openssl, append([]string{"x509", "-in", file, "-trustout"}, options...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	pems := map[string]string{}
	for name, text := range map[string][]byte{
		"server": settled("-addtrust", "serverAuth"), "mail": settled("-addtrust", "emailProtection"),
		"refused": settled("-addreject", "serverAuth"), "no mail": settled("-addreject", "emailProtection"),
		"refused first": append(settled("-addreject", "serverAuth"), pki.Root.PEM()...),
		"refused last":  append(pki.Root.PEM(), settled("-addreject", "serverAuth")...),
		"old name":      bytes.ReplaceAll(pki.Root.PEM(), []byte(" CERT"), []byte(" X509 CERT")),
	} {
		pems[name] = filepath.Join(w.dir, name+".pem")
		write(t, pems[name], text)
	}
	for name, variables := range map[string]map[string]string{
		"file":                    {"SSL_CERT_FILE": file},
		"another file":            {"SSL_CERT_FILE": otherFile},
		"directory":               {"SSL_CERT_DIR": ours},
		"without hashes":          {"SSL_CERT_DIR": unhashed},
		"two directories":         {"SSL_CERT_DIR": theirs + ":" + ours},
		"another directory":       {"SSL_CERT_DIR": theirs},
		"file, another directory": {"SSL_CERT_FILE": file, "SSL_CERT_DIR": theirs},
		"directory, another file": {"SSL_CERT_FILE": otherFile, "SSL_CERT_DIR": ours},
		"neither":                 {"SSL_CERT_FILE": otherFile, "SSL_CERT_DIR": theirs},
		"for requests":            {"REQUESTS_CA_BUNDLE": file},
		"missing":                 {"SSL_CERT_FILE": filepath.Join(w.dir, "none.pem")},
		"DER":                     {"SSL_CERT_FILE": der, "CURL_CA_BUNDLE": der},
		"curl's own":              {"CURL_CA_BUNDLE": file},
		"curl's own, another":     {"CURL_CA_BUNDLE": otherFile, "SSL_CERT_FILE": file},
		"curl's settings":         {".curlrc": "# mine\ncacert = \"" + file + "\"\n"},
		"curl's settings, others": {".curlrc": "--cacert " + otherFile, "CURL_CA_BUNDLE": file},
		"curl's directories":      {".curlrc": "capath: " + ours},
		"curl's both":             {".curlrc": "cacert=" + otherFile + "\n  capath=" + theirs, "SSL_CERT_FILE": file},
		"curl's missing":          {".curlrc": "cacert = " + filepath.Join(w.dir, "none.pem"), "CURL_CA_BUNDLE": file},
		"for servers":             {"SSL_CERT_FILE": pems["server"], "CURL_CA_BUNDLE": pems["mail"]},
		"for mail":                {"SSL_CERT_FILE": pems["mail"], "CURL_CA_BUNDLE": pems["no mail"]},
		"refused":                 {"SSL_CERT_FILE": pems["refused"]},
		"refused first":           {"SSL_CERT_FILE": pems["refused first"]},
		"refused last":            {"SSL_CERT_FILE": pems["refused last"]},
		"refused, a directory":    {"SSL_CERT_FILE": pems["refused"], "SSL_CERT_DIR": ours},
		"old name":                {"SSL_CERT_FILE": pems["old name"]},
		"curl's short":            {".curlrc": "CACER " + otherFile + "\ncapa \"" + theirs + "\"\n-sS\n", "SSL_CERT_FILE": file},
		"missing, a directory":    {"SSL_CERT_FILE": filepath.Join(w.dir, "none.pem"), "SSL_CERT_DIR": ours},
	} {
		m := w.machine("test")
		environ := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "HKTRUST_TEST_DIAL=127.0.0.1:" + port} // no variables of this machine's
		m.Host.Environ["HOME"] = w.dir
		for variable, value := range variables {
			if settings, ok := strings.CutPrefix(variable, "."); ok {
				write(t, filepath.Join(w.dir, "."+settings), []byte(value))
				continue
			}
			m.Host.Environ[variable] = value
			environ = append(environ, variable+"="+value)
		}
		v, err := m.Verify(context.Background(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{ServerName: "localhost"})
		if v == nil {
			t.Fatal(err)
		}
		for program, args := range clients {
			real := exec.Command(args[0], args[1:]...)
			real.Env = environ
			err := real.Run()
			// The server has no page for curl, which says 60 of certificates alone,
			// and 77 where it cannot read its own.
			accepted := err == nil || program == "curl" && !slices.Contains([]int{60, 77}, real.ProcessState.ExitCode())
			i := slices.IndexFunc(v.Verdicts, func(one truststore.Verdict) bool { return one.Program == program })
			if i < 0 {
				if program != "python" && program != "go" || accepted {
					t.Errorf("%s: no verdict for %s, which accepts: %v", name, program, accepted)
				}
				continue
			}
			if got := v.Verdicts[i].Answer; got != map[bool]truststore.Answer{true: truststore.AnswerTrusted, false: truststore.AnswerRefused}[accepted] {
				t.Errorf("%s: %s: %s (%s), accepts: %v", name, program, got, v.Verdicts[i].Why, accepted)
			}
		}
		os.Remove(filepath.Join(w.dir, ".curlrc"))
	}
}

// What curl makes of a server that it is told not to verify is no matter of stores.
func TestVerifyLeavesAnInsecureCurl(t *testing.T) {
	i := newImage(t)
	pki := javatest.NewPKI(t)
	for file, data := range map[string][]byte{
		"/usr/local/share/ca-certificates/x.crt": pki.Root.PEM(), "/etc/ssl/certs/ca-certificates.crt": pki.Root.PEM(),
		"/usr/sbin/update-ca-certificates": []byte("#!/bin/sh\n# --certsconf\n"),
	} {
		i.file(file, data)
	}
	for settings, known := range map[string]bool{"silent\n-k\n": false, "-sk": false, "Insec": false, "cacert = mine.pem": false, "k": true, "-s\n": true, "insecure\nno-insecure": true} {
		i.file("/home/amy/.curlrc", []byte(settings))
		for _, m := range []*truststore.Machine{i.machine(), i.machine(truststore.Selector{Kind: truststore.KindSystem})} {
			m.Host.Account = &amy
			m.Host.Environ = map[string]string{"HOME": amy.Home}
			v, _ := m.Verify(t.Context(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{})
			for _, verdict := range v.Verdicts {
				if unknown := verdict.Answer == truststore.AnswerUnknown; unknown != (verdict.Program == "curl" && !known) {
					t.Errorf("%q, %s: %s (%s)", settings, verdict.Program, verdict.Answer, verdict.Why)
				}
			}
		}
	}
}

// Of a store that was selected, programs that a variable leads elsewhere make
// nothing.
func TestVerifyOfTheSystemAloneHeedsVariables(t *testing.T) {
	i, pki := newImage(t), javatest.NewPKI(t)
	for file, data := range map[string][]byte{
		"/usr/local/share/ca-certificates/x.crt": pki.Root.PEM(), "/etc/ssl/certs/ca-certificates.crt": pki.Root.PEM(),
		"/usr/sbin/update-ca-certificates": []byte("#!/bin/sh\n# --certsconf\n"), "/srv/other.pem": javatest.NewPKI(t).Root.PEM(),
	} {
		i.file(file, data)
	}
	m := i.machine(truststore.Selector{Kind: truststore.KindSystem})
	m.Host.Environ = map[string]string{"SSL_CERT_FILE": "/srv/other.pem"}
	v, _ := m.Verify(t.Context(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{})
	want := map[string]truststore.Answer{
		"openssl": truststore.AnswerUnknown, "curl": truststore.AnswerUnknown, "go": truststore.AnswerUnknown, "gnutls": truststore.AnswerTrusted,
	}
	if got := answers(v); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

package main

import (
	"fmt"
	"io/fs"
	"regexp"
	"testing"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

func TestErrorsAreSaidInThePersonsLanguage(t *testing.T) {
	for message, want := range map[string]string{
		"/a: open /a: permission denied":            "/a：沒有存取權限",
		"resolve /a/b: no such file or directory":   "/a/b：找不到此檔案或資料夾",
		"/a: something that nobody translated: why": "/a: something that nobody translated: why",
		"": "",
	} {
		if got := chinese().words(message); got != want {
			t.Errorf("%q is %q, want %q", message, got, want)
		}
	}
}

// The texts are found by the words of the errors, which must not change alone.
func TestWordsOfErrorsAreThoseOfTheLibrary(t *testing.T) {
	_, fingerprint := hkpost.ParseFingerprint("x")
	errs := []error{
		fs.ErrPermission, fingerprint, host.ErrNotRegular, host.ErrTooLarge, host.ErrInsecurePath, truststore.ErrNotStore, truststore.ErrPlanRefused,
		certfile.ErrDamaged, certfile.ErrTooLarge, errNotDirectory, errOthersCanWrite, errNotTheirs, errNoPassword, errLongPassword, errNotUTF8,
	}
	for _, kind := range []certfile.Kind{
		certfile.Empty, certfile.WebPage, certfile.PrivateKey, certfile.PKCS12, certfile.JavaKeystore, certfile.CertificateRequest,
		certfile.RevocationList, certfile.NoCertificates, certfile.Unknown,
	} {
		errs = append(errs, &certfile.NotCertificateError{Kind: kind})
	}
	if want := fmt.Sprintf("a password file holds at most %d bytes", maxPassword); errLongPassword.Error() != want {
		t.Errorf("%q, want %q", errLongPassword, want)
	}
	latin := regexp.MustCompile(`[a-z]+ [a-z]+`)
	for _, err := range errs {
		if got := chinese().words(err.Error()); latin.MatchString(got) {
			t.Errorf("%q is %q", err, got)
		}
	}
}

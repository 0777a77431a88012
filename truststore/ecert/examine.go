package ecert

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strconv"
	"time"

	"github.com/hktrust/hktrust/javaks"
)

// Bounds of what a file holds. An e-Cert file has one key and up to three
// certificates.
const (
	maxKeys         = 8
	maxCertificates = 64
)

// examination is one inspection on its way.
type examination struct {
	result      *Inspection
	authorities []Authority
	now         time.Time

	pfx      *javaks.PFX
	password string // that opened the file
	certs    []*x509.Certificate
}

func (x *examination) run(data []byte, password *string) {
	pfx, err := javaks.ParsePFX(data)
	if err != nil {
		x.refuse(err, data)
		return
	}
	defer pfx.Wipe()
	x.pfx = pfx
	x.unlock(password)
	x.describe()
	x.certificates()
	x.identities()
}

// refuse tells why a file is not examined.
func (x *examination) refuse(err error, data []byte) {
	if javaks.Detect(data) != javaks.PKCS12 {
		x.result.fail(CodeNotPKCS12, err, "looks", looksLike(data))
		return
	}
	x.fail(err)
}

// fail tells why the examination of a PKCS#12 file ends.
func (x *examination) fail(err error) {
	switch detail := errorDetail(err); {
	case errors.Is(err, javaks.ErrTooLarge):
		x.result.fail(CodeTooCostly, err, "detail", detail)
	case errors.Is(err, javaks.ErrUnsupported):
		x.result.fail(CodeUnsupported, err, "detail", detail)
	default:
		x.result.fail(CodeDamaged, err, "detail", detail)
	}
}

// unlock opens the file with the given password, or finds out whether it needs
// one.
func (x *examination) unlock(password *string) {
	in := x.result
	needed, err := x.needsPassword()
	switch {
	case err != nil:
		x.fail(err)
		return
	case !needed:
		// Only the MAC, which is not there, could tell a wrong one.
		in.Password = PasswordNone
		in.find(CodePasswordNone)
		err = x.try("")
	case password == nil || *password == "":
		if err = x.try(""); err == nil {
			in.Password = PasswordEmpty
			in.find(CodePasswordEmpty)
		}
	default:
		if err = x.try(*password); err == nil {
			in.Password = PasswordRight
		}
	}
	switch {
	case err == nil:
	case !errors.Is(err, javaks.ErrWrongPassword):
		x.fail(err)
	case password == nil:
		in.Password = PasswordRequired
		in.fail(CodePasswordRequired, javaks.ErrPasswordRequired)
	default:
		in.Password = PasswordWrong
		in.fail(CodePasswordWrong, err)
	}
}

// needsPassword: something in the file is encrypted or under a MAC.
func (x *examination) needsPassword() (bool, error) {
	keys, err := x.pfx.Keys()
	if err != nil {
		return false, err
	}
	for _, k := range keys {
		if k.Protection != nil {
			return true, nil
		}
	}
	return x.pfx.MAC() != nil || x.pfx.Locked(), nil
}

// try opens the file with a password. Without a MAC and encrypted certificates,
// only the keys tell whether it is right.
func (x *examination) try(password string) error {
	if err := x.pfx.Unlock(password); err != nil {
		return err
	}
	x.password = password
	if x.pfx.MAC() != nil {
		return nil
	}
	keys, err := x.pfx.Keys()
	if err != nil || len(keys) == 0 {
		return err
	}
	plain, err := x.pfx.Plain(keys[0], password, nil)
	clear(plain)
	return err
}

// describe describes the file as far as it is open.
func (x *examination) describe() {
	c := &Container{Encoding: "DER", Locked: x.pfx.Locked(), Certificates: len(x.pfx.Certificates())}
	if x.pfx.BER() {
		c.Encoding = "BER"
		x.result.find(CodeEncodingBER)
	}
	if mac := x.pfx.MAC(); mac != nil {
		c.MAC = &Scheme{mac.Name, mac.Iterations}
	}
	all := x.pfx.Encryption()
	for _, s := range all {
		c.Encryption = append(c.Encryption, Scheme{s.Name, s.Iterations})
	}
	keys, _ := x.pfx.Keys()
	for _, k := range keys[:min(len(keys), maxKeys)] {
		if k.Protection == nil {
			c.Keys = append(c.Keys, Scheme{})
			continue
		}
		c.Keys = append(c.Keys, Scheme{k.Protection.Name, k.Protection.Iterations})
		all = append(all, *k.Protection)
	}
	x.result.Container = c
	x.whoOpensIt(all)
}

// certificates parses the certificates that are open.
func (x *examination) certificates() {
	all := x.pfx.Certificates()
	for _, c := range all[:min(len(all), maxCertificates)] {
		// The file's memory is overwritten in the end.
		cert, err := x509.ParseCertificate(bytes.Clone(c.DER))
		if err != nil {
			x.result.find(CodeCertUnreadable, "detail", err.Error())
			continue
		}
		x.certs = append(x.certs, cert)
	}
	switch {
	case len(all) > maxCertificates:
		x.result.find(CodeTooCostly, "detail", strconv.Itoa(len(all))+" certificates")
	case len(all) == 0 && x.result.Err == nil:
		x.result.find(CodeNoCertificate)
	}
}

package javaks

import (
	"crypto/x509"
	"errors"
	"fmt"
)

// ErrBadCertificate means that an Addition's DER is not one X.509 certificate
// that crypto/x509 parses.
var ErrBadCertificate = errors.New("not an X.509 certificate")

// check returns an error unless the addition is one certificate and nothing
// else, and every JVM takes it: ErrBadCertificate, ErrRefused or ErrUnproven.
func (a Addition) check() error {
	if a.Restore {
		j := jvm{}
		if v, err := j.only(a.DER); err != nil || v.tag != tagSequence {
			return fmt.Errorf("%w: no SEQUENCE", ErrBadCertificate)
		}
		return nil
	}
	if _, err := x509.ParseCertificate(a.DER); err != nil {
		return fmt.Errorf("%w: %w", ErrBadCertificate, err)
	}
	err := Acceptable(a.DER)
	if a.Unproven && errors.Is(err, ErrUnproven) {
		return nil
	}
	return err
}

package javaks

import (
	"crypto/x509"
	"errors"
	"fmt"
)

// ErrBadCertificate means that an Addition's DER is not one X.509 certificate.
// Java would refuse the whole keystore for it.
var ErrBadCertificate = errors.New("not an X.509 certificate")

// checkCertificate returns ErrBadCertificate unless der is one certificate and
// nothing else.
func checkCertificate(der []byte) error {
	if _, err := x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("%w: %w", ErrBadCertificate, err)
	}
	return nil
}

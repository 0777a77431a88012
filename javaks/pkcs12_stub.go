package javaks

import "fmt"

func openPKCS12([]byte, *string) (body, error) {
	return nil, fmt.Errorf("%w: PKCS#12", ErrUnsupported)
}

func newPKCS12(string, []Addition) ([]byte, error) {
	return nil, fmt.Errorf("%w: PKCS#12", ErrUnsupported)
}

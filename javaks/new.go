package javaks

import (
	"bytes"
	"fmt"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
)

// New makes a keystore that holds the given certificates as trusted entries, in
// their order; it may be empty. Aliases and repeated certificates are treated
// as by [Keystore.Edit].
//
// A PKCS#12 under the empty password has none at all: no JVM asks for one to
// read it, as with the cacerts of JDK 18 and newer. One under a password is
// encrypted, and seems empty to a JVM that is not told the password
// (javax.net.ssl.trustStorePassword). A JKS can always be read; its password,
// also an empty one, is what a JVM or keytool that is given one has to give.
//
// format is JKS or PKCS12; ErrUnsupported for others.
func New(format Format, password string, add []Addition) ([]byte, error) {
	switch format {
	case JKS:
		return newJKS(password, add)
	case PKCS12:
		return newPKCS12(password, add)
	}
	return nil, fmt.Errorf("%w: cannot make the format %q", ErrUnsupported, format)
}

// newJKS leaves the frame to keystore-go and the entries to our own edit: where
// an alias is not plain ASCII, keystore-go writes what Java cannot read.
func newJKS(password string, add []Addition) ([]byte, error) {
	secret, simple := latin1(password)
	var frame bytes.Buffer
	if err := keystore.New().Store(&frame, secret); err != nil {
		return nil, fmt.Errorf("keystore-go: %w", err)
	}
	empty, err := parseJKS(frame.Bytes())
	if err != nil {
		return nil, fmt.Errorf("keystore-go: %w", err)
	}
	if !simple {
		// keystore-go takes a byte for a character.
		digest := jksDigest(password, empty.data[:empty.end])
		copy(empty.digest(), digest[:])
	}
	k := &jks{jksFile: empty, password: password}
	out, _, err := edited(k, Edit{Add: add})
	return out, err
}

package ecert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/hktrust/hktrust/javaks"
)

// match finds the certificate that a key belongs to, proven by a signature; nil
// if there is none.
func (x *examination) match(key javaks.PFXKey) (*x509.Certificate, error) {
	if len(x.certs) == 0 {
		return nil, nil
	}
	// The decoder wants a certificate beside the key. It takes the first for
	// the key's own, whatever it is, so that any will do.
	plain, err := x.pfx.Plain(key, x.password, x.certs[0].Raw)
	if err != nil {
		return nil, err
	}
	defer clear(plain[:cap(plain)])
	private, _, _, err := gopkcs12.DecodeChain(plain, "")
	if err != nil {
		return nil, fmt.Errorf("%w: private key: %w", javaks.ErrDamaged, err)
	}
	defer wipe(private)
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: a private key that does not sign (%T)", javaks.ErrUnsupported, private)
	}
	return x.certificateOf(signer)
}

func (x *examination) certificateOf(key crypto.Signer) (*x509.Certificate, error) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return nil, fmt.Errorf("%w: key of type %T", javaks.ErrUnsupported, key)
	}
	for _, cert := range x.certs {
		if public.Equal(cert.PublicKey) {
			return cert, prove(key, cert.PublicKey)
		}
	}
	return nil, nil
}

// errUnproven means that a key's signature is not valid under its public key.
var errUnproven = errors.New("the private key does not work: its signature is not valid")

// prove signs with the key and verifies with the certificate's public key. A
// key of which parts are damaged has the right public key, too.
func prove(key crypto.Signer, public crypto.PublicKey) error {
	message := []byte("hktrust: does this key belong to this certificate?")
	digest := sha256.Sum256(message)
	valid := false
	switch public := public.(type) {
	case *rsa.PublicKey:
		signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return err
		}
		valid = rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return err
		}
		valid = ecdsa.VerifyASN1(public, digest[:], signature)
	case ed25519.PublicKey:
		signature, err := key.Sign(rand.Reader, message, crypto.Hash(0))
		if err != nil {
			return err
		}
		valid = ed25519.Verify(public, message, signature)
	default:
		return fmt.Errorf("%w: public key of type %T", javaks.ErrUnsupported, public)
	}
	if !valid {
		return errUnproven
	}
	return nil
}

// wipe overwrites the numbers of a private key that can be reached. crypto/rsa
// keeps copies that cannot.
func wipe(key any) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		wipeNumbers(key.D, key.Precomputed.Dp, key.Precomputed.Dq, key.Precomputed.Qinv)
		wipeNumbers(key.Primes...)
	case *ecdsa.PrivateKey:
		//lint:ignore SA1019 the one way to the memory of the number
		wipeNumbers(key.D)
	case ed25519.PrivateKey:
		clear(key)
	}
}

func wipeNumbers(numbers ...*big.Int) {
	for _, n := range numbers {
		if n != nil {
			words := n.Bits()
			clear(words[:cap(words)])
		}
	}
}

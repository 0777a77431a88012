package chains

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Key is a key pair.
type Key struct {
	Name string
	crypto.Signer
	SPKI []byte
}

//go:embed keys/*.pem
var keyFiles embed.FS

var keys = struct {
	sync.Mutex
	known map[string]*Key
}{known: map[string]*Key{}}

// KeyNamed returns a key by a name such as "p256-1", "p224-1", "p384-2",
// "p521-1", "ed25519-1", "rsa2048-1" (numbers 1 and 2), "rsa1024-1", "rsa512-1":
// always the same one. Names of RSA keys are files.
func KeyNamed(name string) *Key {
	keys.Lock()
	defer keys.Unlock()
	if k, ok := keys.known[name]; ok {
		return k
	}
	k := &Key{Name: name, Signer: makeKey(name)}
	var err error
	if k.SPKI, err = x509.MarshalPKIXPublicKey(k.Public()); err != nil {
		panic(err)
	}
	keys.known[name] = k
	return k
}

func makeKey(name string) crypto.Signer {
	seed := sha256.Sum256([]byte(name))
	curve := func(c elliptic.Curve) crypto.Signer {
		d := new(big.Int).SetBytes(seed[:])
		d.Mod(d, new(big.Int).Sub(c.Params().N, big.NewInt(1))).Add(d, big.NewInt(1))
		key, err := ecdsa.ParseRawPrivateKey(c, d.FillBytes(make([]byte, (c.Params().BitSize+7)/8)))
		if err != nil {
			panic(err)
		}
		return key
	}
	switch name[:4] {
	case "p224":
		return curve(elliptic.P224())
	case "p256":
		return curve(elliptic.P256())
	case "p384":
		return curve(elliptic.P384())
	case "p521":
		return curve(elliptic.P521())
	case "ed25":
		return ed25519.NewKeyFromSeed(seed[:])
	}
	data, err := keyFiles.ReadFile("keys/" + name + ".pem")
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(data)
	return readRSA(block.Bytes)
}

// readRSA reads a PKCS#1 key of any size, which crypto/x509 no longer does.
func readRSA(der []byte) crypto.Signer {
	in := cryptobyte.String(der)
	var fields cryptobyte.String
	numbers := make([]*big.Int, 6)
	ok := in.ReadASN1(&fields, asn1.SEQUENCE)
	for i := range numbers {
		numbers[i] = new(big.Int)
		ok = ok && fields.ReadASN1Integer(numbers[i])
	}
	if !ok {
		panic("no RSA key")
	}
	key := &rsa.PrivateKey{D: numbers[3], Primes: []*big.Int{numbers[4], numbers[5]}}
	key.N, key.E = numbers[1], int(numbers[2].Int64())
	key.Precompute()
	return key
}

// Algorithm is a signature algorithm.
type Algorithm struct {
	DER  []byte // AlgorithmIdentifier
	Hash crypto.Hash
	PSS  bool
}

func identifier(oid string, null bool) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(OID(oid))
		if null {
			b.AddASN1NULL()
		}
	})
	return b.BytesOrPanic()
}

// Sign returns the usual algorithm for a key with a hash: "MD5", "SHA1",
// "SHA224", "SHA256", "SHA384", "SHA512", or "PSS" for PSS with SHA-256.
func (k *Key) Algorithm(hash string) Algorithm {
	switch k.Signer.(type) {
	case ed25519.PrivateKey:
		return Algorithm{DER: identifier("1.3.101.112", false)}
	case *ecdsa.PrivateKey:
		switch hash {
		case "SHA1":
			return Algorithm{DER: identifier("1.2.840.10045.4.1", false), Hash: crypto.SHA1}
		case "SHA224":
			return Algorithm{DER: identifier("1.2.840.10045.4.3.1", false), Hash: crypto.SHA224}
		case "SHA384":
			return Algorithm{DER: identifier("1.2.840.10045.4.3.3", false), Hash: crypto.SHA384}
		case "SHA512":
			return Algorithm{DER: identifier("1.2.840.10045.4.3.4", false), Hash: crypto.SHA512}
		}
		return Algorithm{DER: identifier("1.2.840.10045.4.3.2", false), Hash: crypto.SHA256}
	}
	switch hash {
	case "PSS":
		return Algorithm{DER: pssSHA256(), Hash: crypto.SHA256, PSS: true}
	case "MD5":
		return Algorithm{DER: identifier("1.2.840.113549.1.1.4", true), Hash: crypto.MD5}
	case "SHA1":
		return Algorithm{DER: identifier("1.2.840.113549.1.1.5", true), Hash: crypto.SHA1}
	case "SHA224":
		return Algorithm{DER: identifier("1.2.840.113549.1.1.14", true), Hash: crypto.SHA224}
	case "SHA384":
		return Algorithm{DER: identifier("1.2.840.113549.1.1.12", true), Hash: crypto.SHA384}
	case "SHA512":
		return Algorithm{DER: identifier("1.2.840.113549.1.1.13", true), Hash: crypto.SHA512}
	}
	return Algorithm{DER: identifier("1.2.840.113549.1.1.11", true), Hash: crypto.SHA256}
}

func pssSHA256() []byte {
	sha := identifier("2.16.840.1.101.3.4.2.1", true)
	var b cryptobyte.Builder
	tag := func(n asn1.Tag) asn1.Tag { return n.Constructed().ContextSpecific() }
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(OID("1.2.840.113549.1.1.10"))
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddBytes(sha) })
			b.AddASN1(tag(1), func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddBytes(OID("1.2.840.113549.1.1.8"))
					b.AddBytes(sha)
				})
			})
			b.AddASN1(tag(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(32) })
		})
	})
	return b.BytesOrPanic()
}

// sign signs without randomness, where the algorithm lets one.
func (k *Key) sign(a Algorithm, message []byte) []byte {
	digest := message
	if a.Hash != 0 {
		h := a.Hash.New()
		h.Write(message)
		digest = h.Sum(nil)
	}
	var signature []byte
	var err error
	switch key := k.Signer.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message)
	case *rsa.PrivateKey:
		switch {
		case a.PSS:
			signature, err = rsa.SignPSS(zeros{}, key, a.Hash, digest, &rsa.PSSOptions{SaltLength: 32})
		case key.N.BitLen() < 1024:
			signature = rawRSA(key, digest)
		default:
			signature, err = rsa.SignPKCS1v15(nil, key, a.Hash, digest)
		}
	case *ecdsa.PrivateKey:
		signature, err = key.Sign(nil, digest, a.Hash)
	}
	if err != nil {
		panic(fmt.Sprintf("%s: %v", k.Name, err))
	}
	return signature
}

// rawRSA signs a SHA-256 digest with a key that crypto/rsa finds too small.
func rawRSA(key *rsa.PrivateKey, digest []byte) []byte {
	info := append([]byte{0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20}, digest...)
	size := (key.N.BitLen() + 7) / 8
	padded := make([]byte, size)
	padded[1] = 1
	for i := 2; i < size-len(info)-1; i++ {
		padded[i] = 0xff
	}
	copy(padded[size-len(info):], info)
	m := new(big.Int).SetBytes(padded)
	return m.Exp(m, key.D, key.N).FillBytes(make([]byte, size))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

var _ = md5.New // the hash registers itself

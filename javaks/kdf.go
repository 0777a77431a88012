package javaks

import (
	"crypto"
	"crypto/pbkdf2"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxIterations is the most rounds that one key derivation may ask for, as in
// Java (MAX_ITERATION_COUNT of sun.security.pkcs12.PKCS12KeyStore).
const maxIterations = 5_000_000

// maxWork is the most rounds that all key derivations for one file may take, for
// all passwords tried: enough for a file at Java's limit in every part, and some
// seconds of one processor.
const maxWork = 6 * maxIterations

// work bounds the key derivations for one file, and remembers their results, so
// that what was just written can be read again without deriving its keys twice.
type work struct {
	rounds int // left
	keys   map[derivation][]byte
}

// derivation is all that a derived key depends on.
type derivation struct {
	password         string
	hash             crypto.Hash
	salt             string
	iterations, size int
	purpose          byte // 0 for PBKDF2
}

func newWork() *work { return limitedWork(maxWork) }

func limitedWork(rounds int) *work { return &work{rounds, make(map[derivation][]byte)} }

// key returns the derived key, which compute makes if it is not known yet. It
// must not be changed.
func (w *work) key(d derivation, compute func() ([]byte, error)) ([]byte, error) {
	if key, ok := w.keys[d]; ok {
		return key, nil
	}
	blocks := (d.size + d.hash.Size() - 1) / d.hash.Size()
	if w.rounds -= d.iterations * blocks; w.rounds < 0 {
		return nil, fmt.Errorf("%w: its key derivations take more than %d rounds", ErrTooLarge, maxWork)
	}
	key, err := compute()
	if err == nil {
		w.keys[d] = key
	}
	return key, err
}

// readIterations reads an iteration count.
func readIterations(s *cryptobyte.String) (int, error) {
	var n int64
	switch {
	case !s.ReadASN1Integer(&n) || n < 1:
		return 0, malformed("iteration count")
	case n > maxIterations:
		return 0, fmt.Errorf("%w: key derivation of %d iterations, more than Java's limit of %d", ErrTooLarge, n, maxIterations)
	}
	return int(n), nil
}

// secret is a password in the two encodings that PKCS#12 derives keys from.
type secret struct {
	utf8 string // for PBKDF2
	bmp  []byte // for the derivation of RFC 7292, appendix B: UTF-16, big-endian, with a terminator
}

// secrets returns the encodings of a password: one, but two for the empty
// password, which some programs terminate and others do not.
func secrets(password string) []secret {
	all := []secret{{password, append(encodeUTF16(password), 0, 0)}}
	if password == "" {
		all = append(all, secret{})
	}
	return all
}

// What a key derived by RFC 7292, appendix B.3, is for.
const (
	purposeKey = 1
	purposeIV  = 2
	purposeMAC = 3
)

// pkcs12KDF derives size bytes by RFC 7292, appendix B.2.
type pkcs12KDF struct {
	hash       crypto.Hash
	salt       []byte
	iterations int
}

func (k pkcs12KDF) derive(s secret, purpose byte, size int, w *work) ([]byte, error) {
	d := derivation{string(s.bmp), k.hash, string(k.salt), k.iterations, size, purpose}
	return w.key(d, func() ([]byte, error) { return k.compute(s, purpose, size), nil })
}

func (k pkcs12KDF) compute(s secret, purpose byte, size int) []byte {
	hash := k.hash.New()
	v := hash.BlockSize()
	diversifier := repeated([]byte{purpose}, v)
	input := append(wholeBlocks(k.salt, v), wholeBlocks(s.bmp, v)...)
	var out, a []byte
	for {
		hash.Reset()
		hash.Write(diversifier)
		hash.Write(input)
		a = hash.Sum(a[:0])
		for range k.iterations - 1 {
			hash.Reset()
			hash.Write(a)
			a = hash.Sum(a[:0])
		}
		if out = append(out, a...); len(out) >= size {
			return out[:size]
		}
		b := repeated(a, v)
		for i := 0; i < len(input); i += v {
			addOne(input[i:i+v], b)
		}
	}
}

// wholeBlocks repeats b to the next multiple of v bytes; nothing stays nothing.
func wholeBlocks(b []byte, v int) []byte {
	return repeated(b, (len(b)+v-1)/v*v)
}

// repeated returns size bytes of b's repetition.
func repeated(b []byte, size int) []byte {
	out := make([]byte, size)
	for n := 0; n < size; {
		n += copy(out[n:], b)
	}
	return out
}

// addOne adds b+1 to a, both big-endian numbers of the same length, modulo that
// length.
func addOne(a, b []byte) {
	carry := 1
	for i := len(a) - 1; i >= 0; i-- {
		carry += int(a[i]) + int(b[i])
		a[i] = byte(carry)
		carry >>= 8
	}
}

// pbkdf2KDF derives keys by PBKDF2 (RFC 8018, section 5.2).
type pbkdf2KDF struct {
	prf        crypto.Hash // within HMAC
	salt       []byte
	iterations int
	keyLength  int // in bytes; 0 where the file does not say
}

func (k pbkdf2KDF) derive(s secret, size int, w *work) ([]byte, error) {
	d := derivation{s.utf8, k.prf, string(k.salt), k.iterations, size, 0}
	return w.key(d, func() ([]byte, error) { return pbkdf2.Key(k.prf.New, s.utf8, k.salt, k.iterations, size) })
}

// hmacOf returns the hash of a PRF of PBKDF2 or a scheme of PBMAC1.
func hmacOf(id oid) (hash crypto.Hash, ok bool) {
	switch id {
	case oidHMACSHA1:
		return crypto.SHA1, true
	case oidHMACSHA224:
		return crypto.SHA224, true
	case oidHMACSHA256:
		return crypto.SHA256, true
	case oidHMACSHA384:
		return crypto.SHA384, true
	case oidHMACSHA512:
		return crypto.SHA512, true
	case oidHMACSHA512_224:
		return crypto.SHA512_224, true
	case oidHMACSHA512_256:
		return crypto.SHA512_256, true
	}
	return 0, false
}

// digestOf returns the hash of a digest algorithm.
func digestOf(id oid) (hash crypto.Hash, ok bool) {
	switch id {
	case oidSHA1:
		return crypto.SHA1, true
	case oidSHA224:
		return crypto.SHA224, true
	case oidSHA256:
		return crypto.SHA256, true
	case oidSHA384:
		return crypto.SHA384, true
	case oidSHA512:
		return crypto.SHA512, true
	case oidSHA512_224:
		return crypto.SHA512_224, true
	case oidSHA512_256:
		return crypto.SHA512_256, true
	}
	return 0, false
}

// readPBKDF2 reads the AlgorithmIdentifier of a key derivation function, which
// must be PBKDF2 (RFC 8018, appendix A.2). The salt is a part of s.
func readPBKDF2(s *cryptobyte.String) (pbkdf2KDF, error) {
	id, parameters, ok := readAlgorithm(s)
	if !ok {
		return pbkdf2KDF{}, malformed("key derivation function")
	}
	if id != oidPBKDF2 {
		return pbkdf2KDF{}, fmt.Errorf("%w: key derivation function %v", ErrUnsupported, id)
	}
	kdf := pbkdf2KDF{prf: crypto.SHA1}
	var seq cryptobyte.String
	if !parameters.ReadASN1(&seq, asn1.SEQUENCE) || !parameters.Empty() {
		return pbkdf2KDF{}, malformed("PBKDF2 parameters")
	}
	if !seq.ReadASN1Bytes(&kdf.salt, asn1.OCTET_STRING) {
		return pbkdf2KDF{}, malformed("PBKDF2 salt")
	}
	var err error
	if kdf.iterations, err = readIterations(&seq); err != nil {
		return pbkdf2KDF{}, err
	}
	if seq.PeekASN1Tag(asn1.INTEGER) && (!seq.ReadASN1Integer(&kdf.keyLength) || kdf.keyLength < 1) {
		return pbkdf2KDF{}, malformed("PBKDF2 key length")
	}
	if !seq.Empty() {
		kdf.prf, err = readHMAC(&seq)
	}
	if err == nil && !seq.Empty() {
		err = malformed("PBKDF2 parameters")
	}
	return kdf, err
}

// readHMAC reads the AlgorithmIdentifier of an HMAC.
func readHMAC(s *cryptobyte.String) (crypto.Hash, error) {
	id, _, ok := readAlgorithm(s)
	if !ok {
		return 0, malformed("HMAC algorithm")
	}
	hash, ok := hmacOf(id)
	if !ok {
		return 0, fmt.Errorf("%w: HMAC %v", ErrUnsupported, id)
	}
	return hash, nil
}

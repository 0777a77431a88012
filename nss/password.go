package nss

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/asn1"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidAES256CBC = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	// oidLegacy3DES is SHA-1 with 3DES as in PKCS#12, of NSS before 3.49.
	oidLegacy3DES = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 5, 1, 3}
)

// passwordCheck is what the password row encrypts.
const passwordCheck = "password-check"

// passwordRow is metaData's row "password": how to tell the right password.
type passwordRow struct {
	salt       []byte // item1
	check      checkCipher
	ciphertext []byte
}

// checkCipher decrypts the password check under a key made of a password.
type checkCipher interface {
	decrypter(passKey []byte) (cipher.BlockMode, error)
}

func parsePasswordRow(item1, item2 []byte) (*passwordRow, error) {
	if len(item1) > maxParameter || len(item2) > maxParameter {
		return nil, fmt.Errorf("password row: %w", errDER)
	}
	input := cryptobyte.String(item2)
	var seq, ciphertext cryptobyte.String
	if !input.ReadASN1(&seq, casn1.SEQUENCE) || !input.Empty() {
		return nil, fmt.Errorf("password row: %w", errDER)
	}
	oid, params, err := parseAlgorithm(&seq)
	if err != nil || !seq.ReadASN1(&ciphertext, casn1.OCTET_STRING) || !seq.Empty() {
		return nil, fmt.Errorf("password row: %w", errDER)
	}
	row := &passwordRow{salt: item1, ciphertext: ciphertext}
	switch {
	case oid.Equal(oidPBES2):
		row.check, err = parsePBES2(params)
	case oid.Equal(oidLegacy3DES):
		row.check, err = parseLegacy3DES(params)
	default:
		err = fmt.Errorf("%w: %v", errAlgorithm, oid)
	}
	if err != nil {
		return nil, fmt.Errorf("password row: %w", err)
	}
	return row, nil
}

// passKey is the key that NSS derives everything else from. NSS 3.118 and
// later draw a salt of 48 bytes for a password that is not empty, and use
// SHA-384 with it.
func passKey(salt []byte, password string) []byte {
	salted := slices.Concat(salt, []byte(password))
	if len(salt) == sha512.Size384 {
		sum := sha512.Sum384(salted)
		return sum[:]
	}
	sum := sha1.Sum(salted)
	return sum[:]
}

// opens reports whether password is the right one.
func (r *passwordRow) opens(password string) bool {
	mode, err := r.check.decrypter(passKey(r.salt, password))
	if err != nil || len(r.ciphertext) == 0 || len(r.ciphertext)%mode.BlockSize() != 0 {
		return false
	}
	plain := make([]byte, len(r.ciphertext))
	mode.CryptBlocks(plain, r.ciphertext)
	return bytes.Equal(plain, padded(passwordCheck, mode.BlockSize()))
}

// padded appends PKCS#7 padding.
func padded(s string, block int) []byte {
	n := block - len(s)%block
	return append([]byte(s), bytes.Repeat([]byte{byte(n)}, n)...)
}

// pbes2 is PBES2 with AES-256-CBC, of NSS 3.49 and later.
type pbes2 struct {
	kdf pbkdf2Params
	iv  []byte
}

func parsePBES2(params cryptobyte.String) (pbes2, error) {
	var seq cryptobyte.String
	if !params.ReadASN1(&seq, casn1.SEQUENCE) {
		return pbes2{}, errDER
	}
	kdf, err := parsePBKDF2(&seq)
	if err != nil {
		return pbes2{}, err
	}
	oid, iv, err := parseAlgorithm(&seq)
	switch {
	case err != nil:
		return pbes2{}, err
	case !oid.Equal(oidAES256CBC):
		return pbes2{}, fmt.Errorf("%w: cipher %v", errAlgorithm, oid)
	}
	var element, content cryptobyte.String
	if !iv.ReadASN1Element(&element, casn1.OCTET_STRING) {
		return pbes2{}, errDER
	}
	// NSS takes the encoding of a string of 14 bytes, tag and length
	// included, for the initialisation vector of 16.
	full := element
	if len(element) != aes.BlockSize {
		if !element.ReadASN1(&content, casn1.OCTET_STRING) || len(content) != aes.BlockSize {
			return pbes2{}, errDER
		}
		full = content
	}
	return pbes2{kdf: kdf, iv: full}, nil
}

func (p pbes2) block(passKey []byte) (cipher.Block, error) {
	key, err := p.kdf.key(passKey)
	if err != nil {
		return nil, err
	}
	return aes.NewCipher(key)
}

func (p pbes2) decrypter(passKey []byte) (cipher.BlockMode, error) {
	block, err := p.block(passKey)
	if err != nil {
		return nil, err
	}
	return cipher.NewCBCDecrypter(block, p.iv), nil
}

// legacy3DES is the scheme of profiles that were made before NSS 3.49 and whose
// password was not changed since.
type legacy3DES struct {
	salt       []byte
	iterations int
}

func parseLegacy3DES(params cryptobyte.String) (legacy3DES, error) {
	var seq, salt cryptobyte.String
	var iterations int64
	if !params.ReadASN1(&seq, casn1.SEQUENCE) || !seq.ReadASN1(&salt, casn1.OCTET_STRING) ||
		!seq.ReadASN1Integer(&iterations) || !seq.Empty() {
		return legacy3DES{}, errDER
	}
	if err := checkIterations(iterations); err != nil {
		return legacy3DES{}, err
	}
	return legacy3DES{salt: salt, iterations: int(iterations)}, nil
}

// keyAndIV follows NSSPKCS5 with the "faulty" extended PKCS#5 v1 of NSS
// (lib/softoken/lowpbe.c).
func (l legacy3DES) keyAndIV(passKey []byte) (key, iv []byte) {
	sum := sha1.Sum(slices.Concat(passKey, l.salt))
	for range l.iterations - 1 {
		sum = sha1.Sum(sum[:])
	}
	chp := sum[:]
	pes := make([]byte, max(sha1.Size, len(l.salt)))
	copy(pes, l.salt)
	k1 := mac(sha1.New, chp, pes, l.salt)
	tk := mac(sha1.New, chp, pes)
	k2 := mac(sha1.New, chp, tk, l.salt)
	k := append(k1, k2...)
	return k[:24], k[32:40]
}

func (l legacy3DES) decrypter(passKey []byte) (cipher.BlockMode, error) {
	key, iv := l.keyAndIV(passKey)
	block, err := des.NewTripleDESCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewCBCDecrypter(block, iv), nil
}

// newEmptyPassword makes the row of the empty password, as NSS does when it
// initialises a database.
func newEmptyPassword() (item1, item2 []byte) {
	item1 = random(sha1.Size)
	p := pbes2{kdf: newPBKDF2(""), iv: append([]byte{byte(casn1.OCTET_STRING), aes.BlockSize - 2}, random(aes.BlockSize-2)...)}
	block, err := p.block(passKey(item1, ""))
	if err != nil {
		panic(err) // a key of constant, right length
	}
	ciphertext := padded(passwordCheck, aes.BlockSize)
	cipher.NewCBCEncrypter(block, p.iv).CryptBlocks(ciphertext, ciphertext)

	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidPBES2)
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				p.kdf.add(b)
				b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidAES256CBC)
					b.AddBytes(p.iv) // its own encoding, see parsePBES2
				})
			})
		})
		b.AddASN1OctetString(ciphertext)
	})
	return item1, b.BytesOrPanic()
}

// Iteration counts of NSS: none to speak of where there is no secret.
const (
	emptyIterations    = 1
	passwordIterations = 10_000
)

// newPBKDF2 draws parameters for a new key under password.
func newPBKDF2(password string) pbkdf2Params {
	p := pbkdf2Params{salt: string(random(32)), iterations: passwordIterations, prf: hmacSHA256}
	if password == "" {
		p.iterations = emptyIterations
	}
	return p
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails, see crypto/rand
	return b
}

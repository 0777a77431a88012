package javaks

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// pbe is password-based encryption as one AlgorithmIdentifier describes it.
type pbe struct {
	raw    []byte   // the AlgorithmIdentifier
	random [][]byte // the parts of raw that are chosen anew for each encryption: salt, IV
	cipher blockCipher
	// keys derives key and IV.
	keys func(secret, *work) (key, iv []byte, err error)
}

// blockCipher is a block cipher used in CBC mode.
type blockCipher struct {
	keySize, blockSize int // in bytes
	new                func(key []byte) (cipher.Block, error)
}

// pbes2Cipher returns an encryption scheme of PBES2 (RFC 8018, appendix B.2).
func pbes2Cipher(id oid) (c blockCipher, ok bool) {
	switch id {
	case oidAES128CBC:
		return blockCipher{16, aes.BlockSize, aes.NewCipher}, true
	case oidAES192CBC:
		return blockCipher{24, aes.BlockSize, aes.NewCipher}, true
	case oidAES256CBC:
		return blockCipher{32, aes.BlockSize, aes.NewCipher}, true
	case oid3DESCBC:
		return blockCipher{24, des.BlockSize, des.NewTripleDESCipher}, true
	}
	return blockCipher{}, false
}

// pkcs12Cipher returns a scheme of RFC 7292, appendix C; RC4 is not among them.
func pkcs12Cipher(id oid) (c blockCipher, ok bool) {
	switch id {
	case oidSHA1And3Key3DES:
		return blockCipher{24, des.BlockSize, des.NewTripleDESCipher}, true
	case oidSHA1And2Key3DES:
		return blockCipher{16, des.BlockSize, newTwoKeyTripleDES}, true
	case oidSHA1And128BitRC2:
		return blockCipher{16, rc2BlockSize, newRC2Cipher}, true
	case oidSHA1And40BitRC2:
		return blockCipher{5, rc2BlockSize, newRC2Cipher}, true
	}
	return blockCipher{}, false
}

func newTwoKeyTripleDES(key []byte) (cipher.Block, error) {
	return des.NewTripleDESCipher(append(bytes.Clone(key), key[:8]...))
}

func newRC2Cipher(key []byte) (cipher.Block, error) { return newRC2(key, 8*len(key)), nil }

// unsupportedEncryption names an encryption scheme that is met but not supported.
func unsupportedEncryption(id oid) error {
	name := ""
	switch id {
	case oidSHA1And128BitRC4:
		name = "pbeWithSHAAnd128BitRC4"
	case oidSHA1And40BitRC4:
		name = "pbeWithSHAAnd40BitRC4"
	case oidMD5AndDES:
		name = "pbeWithMD5AndDES-CBC"
	case oidSHA1AndDES:
		name = "pbeWithSHA1AndDES-CBC"
	case oidDESCBC:
		name = "DES-CBC"
	case oidRC2CBC:
		name = "RC2-CBC"
	default:
		return fmt.Errorf("%w: encryption %v", ErrUnsupported, id)
	}
	return fmt.Errorf("%w: encryption %s (%v)", ErrUnsupported, name, id)
}

// parsePBE parses an AlgorithmIdentifier, which the result keeps.
func parsePBE(raw []byte) (*pbe, error) {
	s := cryptobyte.String(raw)
	id, parameters, ok := readAlgorithm(&s)
	var seq cryptobyte.String
	if !ok || !s.Empty() {
		return nil, malformed("encryption algorithm")
	}
	block, legacy := pkcs12Cipher(id)
	if !legacy && id != oidPBES2 {
		return nil, unsupportedEncryption(id)
	}
	if !parameters.ReadASN1(&seq, asn1.SEQUENCE) || !parameters.Empty() {
		return nil, malformed("encryption parameters")
	}
	if legacy {
		return parsePKCS12PBE(raw, block, seq)
	}
	return parsePBES2(raw, seq)
}

// parsePKCS12PBE parses pkcs-12PbeParams (RFC 7292, appendix C).
func parsePKCS12PBE(raw []byte, block blockCipher, parameters cryptobyte.String) (*pbe, error) {
	kdf := pkcs12KDF{hash: crypto.SHA1}
	if !parameters.ReadASN1Bytes(&kdf.salt, asn1.OCTET_STRING) {
		return nil, malformed("encryption salt")
	}
	var err error
	if kdf.iterations, err = readIterations(&parameters); err != nil {
		return nil, err
	}
	if !parameters.Empty() {
		return nil, malformed("encryption parameters")
	}
	keys := func(s secret, w *work) (key, iv []byte, err error) {
		if key, err = kdf.derive(s, purposeKey, block.keySize, w); err != nil {
			return nil, nil, err
		}
		iv, err = kdf.derive(s, purposeIV, block.blockSize, w)
		return key, iv, err
	}
	return &pbe{raw, [][]byte{kdf.salt}, block, keys}, nil
}

// parsePBES2 parses PBES2-params (RFC 8018, appendix A.4).
func parsePBES2(raw []byte, parameters cryptobyte.String) (*pbe, error) {
	kdf, err := readPBKDF2(&parameters)
	if err != nil {
		return nil, err
	}
	id, scheme, ok := readAlgorithm(&parameters)
	if !ok || !parameters.Empty() {
		return nil, malformed("PBES2 parameters")
	}
	block, ok := pbes2Cipher(id)
	if !ok {
		return nil, unsupportedEncryption(id)
	}
	var iv []byte
	if !scheme.ReadASN1Bytes(&iv, asn1.OCTET_STRING) || !scheme.Empty() || len(iv) != block.blockSize {
		return nil, malformed("PBES2 initialization vector")
	}
	if kdf.keyLength != 0 && kdf.keyLength != block.keySize {
		return nil, malformed("PBES2 key length")
	}
	keys := func(s secret, w *work) ([]byte, []byte, error) {
		key, err := kdf.derive(s, block.keySize, w)
		return key, iv, err
	}
	return &pbe{raw, [][]byte{kdf.salt, iv}, block, keys}, nil
}

// javaIterations is the default of JDK 17 and later for encryption and MAC
// (keystore.pkcs12.certPbeIterationCount and macIterationCount).
const javaIterations = 10_000

// javaPBE returns the encryption that JDK 17 and later use for certificates
// (keystore.pkcs12.certProtectionAlgorithm in conf/security/java.security).
func javaPBE() (*pbe, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, oidPBES2)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, oidPBKDF2)
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1OctetString(make([]byte, 20))
					b.AddASN1Int64(javaIterations)
					b.AddASN1Int64(32)
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						addOID(b, oidHMACSHA256)
						b.AddASN1NULL()
					})
				})
			})
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, oidAES256CBC)
				b.AddASN1OctetString(make([]byte, aes.BlockSize))
			})
		})
	})
	raw, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return parsePBE(raw)
}

// fresh returns the same scheme with another salt and IV.
func (p *pbe) fresh() (*pbe, error) {
	f, err := parsePBE(bytes.Clone(p.raw))
	if err != nil {
		return nil, err
	}
	for _, part := range f.random {
		rand.Read(part)
	}
	return f, nil
}

// decrypt returns the plaintext; false if the padding shows that the password
// is wrong, which it does not always show.
func (p *pbe) decrypt(s secret, ciphertext []byte, w *work) ([]byte, bool, error) {
	block, iv, err := p.block(s, w)
	if err != nil {
		return nil, false, err
	}
	size := p.cipher.blockSize
	if len(ciphertext) == 0 || len(ciphertext)%size != 0 {
		return nil, false, malformed("length of encrypted content")
	}
	plaintext := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plaintext, ciphertext)
	padding := int(plaintext[len(plaintext)-1])
	if padding < 1 || padding > size {
		return nil, false, nil
	}
	text, tail := plaintext[:len(plaintext)-padding], plaintext[len(plaintext)-padding:]
	return text, bytes.Count(tail, tail[:1]) == padding, nil
}

// encrypt returns the ciphertext.
func (p *pbe) encrypt(s secret, plaintext []byte, w *work) ([]byte, error) {
	block, iv, err := p.block(s, w)
	if err != nil {
		return nil, err
	}
	padding := p.cipher.blockSize - len(plaintext)%p.cipher.blockSize
	out := append(bytes.Clone(plaintext), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return out, nil
}

func (p *pbe) block(s secret, w *work) (cipher.Block, []byte, error) {
	key, iv, err := p.keys(s, w)
	if err != nil {
		return nil, nil, err
	}
	block, err := p.cipher.new(key)
	return block, iv, err
}

package javaks

import (
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxPFXWork is the most rounds that all key derivations for one PFX may take:
// some seconds. Firefox asks for the most of what is known to write such files,
// three times 600,000.
const maxPFXWork = maxIterations

// maxKey is the largest private key, in bytes of PKCS#8, that Plain returns: an
// RSA key of 8,192 bits takes 4.7 kB.
const maxKey = 8 << 10

// PFX is a PKCS#12 file (RFC 7292) as the container that it is, whoever wrote
// it and in DER or BER. It is for programs that read people's certificates and
// their keys; Java's view of such a file is [Keystore]. The bounds of Open hold.
//
// A PFX is to be used by one goroutine.
type PFX struct {
	store *pkcs12Store
	// macError says why the MAC cannot be verified.
	macError error
	work     *work
}

// PFXCertificate is an X.509 certificate in a PFX.
type PFXCertificate struct {
	DER        []byte
	Name       string // friendlyName
	LocalKeyID []byte
}

// PFXKey is a private key in a PFX.
type PFXKey struct {
	Name       string // friendlyName
	LocalKeyID []byte
	// Protection is how the key is encrypted; nil for a key in clear.
	Protection *Scheme

	info []byte // PrivateKeyInfo or EncryptedPrivateKeyInfo, DER
}

// ParsePFX parses a PKCS#12 file as far as no password is needed. The errors
// are ErrDamaged, ErrUnsupported and ErrTooLarge. The PFX keeps data, which must
// not be changed afterwards.
func ParsePFX(data []byte) (*PFX, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	if Detect(data) != PKCS12 {
		return nil, fmt.Errorf("%w: not PKCS#12", ErrDamaged)
	}
	s, macError, err := parsePKCS12(data)
	if err != nil {
		return nil, err
	}
	if err := s.parseBags(); err != nil {
		return nil, err
	}
	p := &PFX{store: s, macError: macError, work: limitedWork(maxPFXWork)}
	_, err = p.Keys()
	return p, err
}

// BER reports whether the file, as far as it is known yet, is in BER that is
// not DER; many programs do not read it.
func (p *PFX) BER() bool { return p.store.ber }

// MAC returns how the password protects the file from changes; nil if it does
// not.
func (p *PFX) MAC() *Scheme {
	if p.store.mac == nil {
		return nil
	}
	scheme := describeMAC(p.store.mac.raw)
	return &scheme
}

// Encryption returns how the file's contents are encrypted, one Scheme for
// each that is. Keys have another encryption of their own, see [PFXKey].
func (p *PFX) Encryption() []Scheme {
	var all []Scheme
	for _, c := range p.store.contents {
		if c.encryption != nil {
			all = append(all, describePBE(c.encryption.scheme.raw))
		}
	}
	return all
}

// Locked reports whether there are contents that only [PFX.Unlock] opens.
func (p *PFX) Locked() bool {
	return slices.ContainsFunc(p.store.contents, func(c content) bool { return c.encryption != nil && c.safe == nil })
}

// Unlock verifies the MAC and decrypts the contents, though not yet the keys,
// with this password and no other. It returns ErrWrongPassword, or what ParsePFX
// returns. A file without MAC and encrypted contents takes any password.
func (p *PFX) Unlock(password string) error {
	if p.macError != nil {
		return p.macError
	}
	ok, err := p.store.try(password, p.work)
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongPassword
	}
	if err := p.store.parseBags(); err != nil {
		return err
	}
	_, err = p.Keys()
	return err
}

// Certificates returns the certificates that are not encrypted, or no longer,
// in the order of the file.
func (p *PFX) Certificates() []PFXCertificate {
	var all []PFXCertificate
	for b := range bagsOf(p.store.contents) {
		if b.isCertificate() {
			all = append(all, PFXCertificate{b.certificate, b.alias, b.localKeyID})
		}
	}
	return all
}

// Keys returns the private keys that lie outside encrypted contents, or no
// longer in one, in the order of the file. How they are themselves encrypted
// must be within the same bounds as everything else.
func (p *PFX) Keys() ([]PFXKey, error) {
	var all []PFXKey
	for b := range bagsOf(p.store.contents) {
		id, value, ok := openBag(b.raw)
		if !ok || id != oidKeyBag && id != oidShroudedKeyBag {
			continue
		}
		key := PFXKey{Name: b.alias, LocalKeyID: b.localKeyID, info: value}
		if id == oidShroudedKeyBag {
			scheme, _, err := parseEncryptedKey(value)
			if err != nil {
				return nil, err
			}
			described := describePBE(scheme.raw)
			key.Protection = &described
		}
		all = append(all, key)
	}
	return all, nil
}

// openBag returns what a SafeBag holds.
func openBag(raw cryptobyte.String) (id oid, value cryptobyte.String, ok bool) {
	var seq cryptobyte.String
	if !raw.ReadASN1(&seq, asn1.SEQUENCE) {
		return "", nil, false
	}
	if id, ok = readOID(&seq); !ok {
		return "", nil, false
	}
	ok = seq.ReadASN1(&value, explicit0)
	return id, value, ok
}

// parseEncryptedKey parses an EncryptedPrivateKeyInfo (RFC 5958, section 3).
func parseEncryptedKey(s cryptobyte.String) (*pbe, []byte, error) {
	var seq, algorithm cryptobyte.String
	var ciphertext []byte
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1Element(&algorithm, asn1.SEQUENCE) ||
		!seq.ReadASN1Bytes(&ciphertext, asn1.OCTET_STRING) || !seq.Empty() {
		return nil, nil, malformed("encrypted private key")
	}
	scheme, err := parsePBE(algorithm)
	return scheme, ciphertext, err
}

// Plain decrypts a key and returns it with a certificate as a PKCS#12 file of
// their own, in DER, with neither encryption nor MAC: what a decoder that
// bounds nothing may be given, with the empty password. The key is in clear
// there; keep the file in memory and clear it after use.
//
// It returns ErrWrongPassword where the password does not decrypt the key.
func (p *PFX) Plain(key PFXKey, password string, certificate []byte) ([]byte, error) {
	info := key.info
	if key.Protection != nil {
		var err error
		if info, err = p.decryptKey(key.info, password); err != nil {
			return nil, err
		}
		defer clear(info[:cap(info)])
	}
	if len(info) > maxKey {
		return nil, fmt.Errorf("%w: private key of %d bytes", ErrTooLarge, len(info))
	}
	// All of it is built in one buffer, so that growing leaves no copy of
	// the key behind.
	b := cryptobyte.NewBuilder(make([]byte, 0, len(info)+len(certificate)+plainOverhead))
	addPlainPFX(b, info, certificate)
	return b.Bytes()
}

// plainOverhead is more than what surrounds a key and a certificate.
const plainOverhead = 512

func (p *PFX) decryptKey(info []byte, password string) ([]byte, error) {
	scheme, ciphertext, err := parseEncryptedKey(info)
	if err != nil {
		return nil, err
	}
	for _, form := range secrets(password) {
		plaintext, ok, err := scheme.decrypt(form, ciphertext, p.work)
		if err != nil {
			return nil, err
		}
		if ok && isSequence(plaintext) {
			return plaintext, nil
		}
		clear(plaintext)
	}
	return nil, ErrWrongPassword
}

// addPlainPFX writes a PFX of one content in clear.
func addPlainPFX(b *cryptobyte.Builder, key, certificate []byte) {
	addData := func(b *cryptobyte.Builder, value cryptobyte.BuilderContinuation) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, oidData)
			b.AddASN1(explicit0, func(b *cryptobyte.Builder) { b.AddASN1(asn1.OCTET_STRING, value) })
		})
	}
	addBag := func(b *cryptobyte.Builder, id oid, value cryptobyte.BuilderContinuation) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, id)
			b.AddASN1(explicit0, value)
		})
	}
	bags := func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addBag(b, oidKeyBag, func(b *cryptobyte.Builder) { b.AddBytes(key) })
			addBag(b, oidCertBag, func(b *cryptobyte.Builder) {
				addBag(b, oidX509Certificate, func(b *cryptobyte.Builder) { b.AddASN1OctetString(certificate) })
			})
		})
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		addData(b, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { addData(b, bags) })
		})
	})
}

// Wipe overwrites the keys derived from passwords and whatever was decrypted.
// The PFX, and the certificates that it returned, must not be used afterwards.
func (p *PFX) Wipe() {
	for _, key := range p.work.keys {
		clear(key)
	}
	clear(p.work.keys)
	for _, c := range p.store.contents {
		if c.encryption != nil {
			clear(c.safe)
			clear(c.encryption.secret.bmp)
		}
	}
	clear(p.store.key.mac.bmp)
	p.store.key = unlocking{}
}

package javaks

import (
	"fmt"
	"iter"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// readCiphertext reads an [0] IMPLICIT OCTET STRING. BER may have it in segments.
func readCiphertext(s *cryptobyte.String) ([]byte, bool) {
	if s.PeekASN1Tag(implicit0) {
		var whole []byte
		ok := s.ReadASN1Bytes(&whole, implicit0)
		return whole, ok
	}
	var segments cryptobyte.String
	if !s.ReadASN1(&segments, explicit0) {
		return nil, false
	}
	var whole []byte
	for !segments.Empty() {
		var segment cryptobyte.String
		if !segments.ReadASN1(&segment, asn1.OCTET_STRING) {
			return nil, false
		}
		whole = append(whole, segment...)
	}
	return whole, true
}

// decrypt sets safe. It returns false if the password is wrong. A content in
// clear needs no password.
func (c *content) decrypt(password string, w *work) (bool, error) {
	if c.encryption == nil {
		return true, nil
	}
	for _, form := range secrets(password) {
		safe, ok, err := c.encryption.scheme.decrypt(form, c.encryption.ciphertext, w)
		if err != nil {
			return false, err
		}
		if ok && isSequence(safe) {
			c.safe, c.encryption.secret = safe, form
			return true, nil
		}
	}
	return false, nil
}

// isSequence tells SafeContents from what a wrong password makes of them; one
// wrong password in 256 leaves the padding looking right.
func isSequence(octets []byte) bool {
	s := cryptobyte.String(octets)
	tag, _, indefinite, err := readBERHeader(&s)
	return err == nil && tag == asn1.SEQUENCE && (indefinite || s.Empty())
}

// parseBags parses the SafeContents of all contents that are not, or no longer,
// encrypted.
func (s *pkcs12Store) parseBags() error {
	left := maxBags
	for i := range s.contents {
		if s.contents[i].encryption != nil && s.contents[i].safe == nil {
			continue
		}
		bags, ber, err := decode(s.contents[i].safe, func(octets cryptobyte.String) ([]bag, error) {
			return parseSafeContents(octets, left)
		})
		if err != nil {
			return err
		}
		if ber {
			s.foundBER()
		}
		s.contents[i].bags, s.contents[i].original = bags, bags
		left -= len(bags)
	}
	nameEntries(s.contents)
	return nil
}

// bagsOf iterates over the bags of contents.
func bagsOf(contents []content) iter.Seq[bag] {
	return func(yield func(bag) bool) {
		for _, c := range contents {
			for _, b := range c.bags {
				if !yield(b) {
					return
				}
			}
		}
	}
}

func parseSafeContents(s cryptobyte.String, limit int) ([]bag, error) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return nil, malformed("SafeContents")
	}
	var all []bag
	for !seq.Empty() {
		var raw cryptobyte.String
		if !seq.ReadASN1Element(&raw, asn1.SEQUENCE) {
			return nil, malformed("SafeBag")
		}
		b, err := parseBag(raw)
		if err != nil {
			return nil, err
		}
		if all = append(all, b); len(all) > limit {
			return nil, fmt.Errorf("%w: more than %d bags", ErrTooLarge, maxBags)
		}
	}
	return all, nil
}

func (c *content) holds(what func(bag) bool) bool { return slices.ContainsFunc(c.bags, what) }

func (c *content) holdsOrHeld(what func(bag) bool) bool {
	return c.holds(what) || slices.ContainsFunc(c.original, what)
}

// encode returns the ContentInfo with the present bags, encrypted as before but
// with another salt and IV.
func (c *content) encode(w *work) ([]byte, error) {
	if !c.changed {
		return c.raw, nil
	}
	safe, err := encodeSafeContents(c.bags)
	if err != nil {
		return nil, err
	}
	if c.encryption == nil {
		return encodeContentInfo(oidData, func(b *cryptobyte.Builder) { b.AddASN1OctetString(safe) })
	}
	e := *c.encryption
	if e.scheme, err = e.scheme.fresh(); err != nil {
		return nil, err
	}
	if e.ciphertext, err = e.scheme.encrypt(e.secret, safe, w); err != nil {
		return nil, err
	}
	return encodeContentInfo(oidEncryptedData, e.encode)
}

func encodeSafeContents(bags []bag) ([]byte, error) {
	var out cryptobyte.Builder
	out.AddASN1(asn1.SEQUENCE, func(out *cryptobyte.Builder) {
		for _, b := range bags {
			out.AddBytes(b.raw)
		}
	})
	return out.Bytes()
}

func (e *encryption) encode(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(e.version)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(e.contentType)
			b.AddBytes(e.scheme.raw)
			b.AddASN1(implicit0, func(b *cryptobyte.Builder) { b.AddBytes(e.ciphertext) })
		})
		b.AddBytes(e.attributes)
	})
}

func encodeContentInfo(contentType oid, value cryptobyte.BuilderContinuation) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, contentType)
		b.AddASN1(explicit0, value)
	})
	return b.Bytes()
}

// newEncryptedContent returns an empty content, encrypted as the JDK does it.
func newEncryptedContent(key secret) (content, error) {
	scheme, err := javaPBE()
	return encryptedContent(scheme, key), err
}

// encryptedContent returns an empty content under an encryption scheme.
func encryptedContent(scheme *pbe, key secret) content {
	var version, contentType cryptobyte.Builder
	version.AddASN1Int64(0)
	addOID(&contentType, oidData)
	return content{changed: true, encryption: &encryption{
		version: version.BytesOrPanic(), contentType: contentType.BytesOrPanic(), scheme: scheme, secret: key,
	}}
}

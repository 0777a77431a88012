package javaks

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func (s *pkcs12Store) edit(change Edit) (body, []Entry, error) {
	contents, err := s.without(change.Remove)
	if err != nil {
		return nil, nil, err
	}
	contents, restored, instead, err := s.restore(contents, change.Restore)
	if err != nil {
		return nil, nil, err
	}
	added, err := settle(contents).place(append(instead, change.Add...))
	if err != nil {
		return nil, nil, err
	}
	if contents, err = s.with(contents, added); err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(contents, func(c content) bool { return c.changed }) {
		return s, nil, nil
	}
	// A content that has lost its last bag goes, as with keytool.
	contents = slices.DeleteFunc(contents, func(c content) bool { return c.changed && len(c.bags) == 0 })
	w := newWork()
	out, err := s.encode(contents, w)
	if err != nil {
		return nil, nil, err
	}
	again, err := s.prove(out, contents, w)
	if err != nil {
		return nil, nil, fmt.Errorf("the edited PKCS#12 does not read back: %w", err)
	}
	return again, append(restored, added...), nil
}

// settle returns what contents hold already.
func settle(contents []content) settled {
	s := settled{make(map[string]bool), make(map[[sha256.Size]byte]bool)}
	for b := range bagsOf(contents) {
		if b.name != "" {
			s.taken[b.name] = true
		}
		if b.isTrusted() && !b.hidden {
			s.present[sha256.Sum256(b.certificate)] = true
		}
	}
	return s
}

// with returns the contents with trusted bags for the added entries.
func (s *pkcs12Store) with(contents []content, added []Entry) ([]content, error) {
	if len(added) == 0 {
		return contents, nil
	}
	bags := make([]bag, len(added))
	for i := range added {
		added[i].Created = time.Time{} // PKCS#12 has no place for it
		var err error
		if bags[i], err = newTrustedBag(added[i].Alias, added[i].Chain[0]); err != nil {
			return nil, err
		}
	}
	return s.insert(contents, bags)
}

// insert puts bags with trusted certificates where Java reads them under the
// same conditions as the other entries.
func (s *pkcs12Store) insert(contents []content, bags []bag) ([]content, error) {
	target := s.target(contents)
	if target < 0 {
		fresh, err := s.newContent()
		if err != nil {
			return nil, err
		}
		target = len(contents)
		contents = append(contents, fresh)
	}
	c := &contents[target]
	// The bags of the opened store are not ours to append to.
	c.bags, c.changed = append(slices.Clip(c.bags), bags...), true
	return contents, nil
}

// target returns the content that new certificates go to; -1 if none fits. It
// is chosen also by what the contents held before any removal, so that one edit
// that replaces all certificates keeps their encryption.
func (s *pkcs12Store) target(contents []content) int {
	for _, fits := range []func(content) bool{
		func(c content) bool { return c.holdsOrHeld(bag.isTrusted) },
		func(c content) bool { return c.holdsOrHeld(bag.isCertificate) },
		func(c content) bool { return c.encryption != nil },
		func(c content) bool { return s.unprotected() && len(c.bags)+len(c.original) == 0 },
	} {
		for i, c := range slices.Backward(contents) {
			if fits(c) {
				return i
			}
		}
	}
	return -1
}

// newContent returns an empty content for a store that has none for
// certificates. In a store with a password it is encrypted: a JVM that reads
// without one must not find ours as the only anchors.
func (s *pkcs12Store) newContent() (content, error) {
	if s.unprotected() {
		return content{changed: true}, nil
	}
	return newEncryptedContent(s.key.mac)
}

// encode writes the whole file.
func (s *pkcs12Store) encode(contents []content, w *work) ([]byte, error) {
	authSafe, err := encodeAuthenticatedSafe(contents, w)
	if err != nil {
		return nil, err
	}
	info, err := encodeContentInfo(oidData, func(b *cryptobyte.Builder) { b.AddASN1OctetString(authSafe) })
	if err != nil {
		return nil, err
	}
	var macData []byte
	if s.mac != nil {
		if macData, err = s.mac.renew(s.key.mac, authSafe, w); err != nil {
			return nil, err
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		b.AddBytes(info)
		b.AddBytes(macData)
	})
	out, err := b.Bytes()
	if err == nil && len(out) > MaxSize {
		err = fmt.Errorf("%w: %d bytes", ErrTooLarge, len(out))
	}
	return out, err
}

func encodeAuthenticatedSafe(contents []content, w *work) ([]byte, error) {
	var all [][]byte
	for _, c := range contents {
		raw, err := c.encode(w)
		if err != nil {
			return nil, err
		}
		all = append(all, raw)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, raw := range all {
			b.AddBytes(raw)
		}
	})
	return b.Bytes()
}

// prove opens out and compares every bag with what it should be, and every
// content that was not to change with what it was.
func (s *pkcs12Store) prove(out []byte, contents []content, w *work) (*pkcs12Store, error) {
	again, err := openPKCS12With(out, []string{s.key.password}, ErrWrongPassword, w)
	if err != nil {
		return nil, err
	}
	if err := again.editError(); err != nil {
		return nil, err
	}
	if len(again.contents) != len(contents) {
		return nil, fmt.Errorf("%d contents instead of %d", len(again.contents), len(contents))
	}
	for i, want := range contents {
		got := again.contents[i]
		if !want.changed && !bytes.Equal(got.raw, want.raw) {
			return nil, fmt.Errorf("content %d has changed", i)
		}
		same := func(a, b bag) bool { return bytes.Equal(a.raw, b.raw) }
		if !slices.EqualFunc(got.bags, want.bags, same) || (got.encryption == nil) != (want.encryption == nil) {
			return nil, fmt.Errorf("content %d is not as it should be", i)
		}
	}
	return again, again.recheck(s.data)
}

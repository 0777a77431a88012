package javaks

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

func (k *jks) edit(change Edit) (body, []Entry, error) {
	list, err := k.without(change.Remove)
	if err != nil {
		return nil, nil, err
	}
	list, restored, instead, err := k.restore(list, change.Restore)
	if err != nil {
		return nil, nil, err
	}
	added, err := newEntries(list, append(instead, change.Add...))
	if err != nil {
		return nil, nil, err
	}
	if sameEntries(k.list, list) && len(added) == 0 {
		return k, nil, nil
	}
	list = slices.Clip(list)
	for _, e := range added {
		made, err := newJKSEntry(e, k.version)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, made)
	}
	out, err := k.splice(list)
	if err != nil {
		return nil, nil, err
	}
	again, err := k.prove(out, list)
	if err != nil {
		return nil, nil, fmt.Errorf("the edited JKS does not read back: %w", err)
	}
	return &jks{jksFile: again, password: k.password}, append(restored, added...), nil
}

// sameEntries reports whether two lists are of the same bytes.
func sameEntries(a, b []jksEntry) bool {
	return slices.EqualFunc(a, b, func(a, b jksEntry) bool { return bytes.Equal(a.raw, b.raw) })
}

// cut returns which of the removals takes each entry out; -1 for those that
// stay.
func (k *jks) cut(removals []Removal) ([]int, error) {
	takenBy := make([]int, len(k.list))
	bared := make(map[string]int) // aliases whose visible entry goes
	for i, e := range k.list {
		takenBy[i] = -1
		if e.tag != tagTrusted {
			continue
		}
		if takenBy[i] = named(e.Entry, removals); takenBy[i] >= 0 && e.Kind != Hidden {
			bared[e.Alias] = takenBy[i]
		}
	}
	for i, e := range k.list {
		by, ok := bared[e.Alias]
		if !ok {
			continue
		}
		if e.tag == tagKey {
			return nil, fmt.Errorf("%w: removing %q would uncover a private key of the same alias", ErrUnsupported, e.Alias)
		}
		// An entry that the removed one hid from Java would become an
		// anchor. keytool drops it too. It comes back with the one that
		// hides it.
		takenBy[i] = by
	}
	return takenBy, nil
}

// without returns the entries that stay when removals are made.
func (k *jks) without(removals []Removal) ([]jksEntry, error) {
	if len(removals) == 0 {
		return k.list, nil
	}
	takenBy, err := k.cut(removals)
	if err != nil {
		return nil, err
	}
	var kept []jksEntry
	for i, e := range k.list {
		if takenBy[i] < 0 {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// newEntries returns the entries to add beside the kept ones.
func newEntries(kept []jksEntry, additions []Addition) ([]Entry, error) {
	if len(additions) == 0 {
		return nil, nil
	}
	taken := make(map[string]bool, len(kept))
	present := make(map[[sha256.Size]byte]bool, len(kept))
	for _, e := range kept {
		taken[e.name] = true
		if fingerprint, ok := e.SHA256(); ok && e.Kind == TrustedCertificate {
			present[fingerprint] = true
		}
	}
	added, err := settled{taken, present}.place(additions)
	for i, e := range added {
		if e.Created.IsZero() {
			e.Created = time.Now()
		}
		added[i].Created = e.Created.UTC().Truncate(time.Millisecond)
		added[i].Alias = lowerAlias(e.Alias) // Java sees no other
	}
	return added, err
}

// splice writes a file of the same version with the entries of the list.
func (k *jks) splice(list []jksEntry) ([]byte, error) {
	size := jksHeader + sha1.Size
	for _, e := range list {
		size += len(e.raw)
	}
	if size > MaxSize || len(list) > maxEntries {
		return nil, fmt.Errorf("%w: %d entries in %d bytes", ErrTooLarge, len(list), size)
	}
	out := append(make([]byte, 0, size), k.data[:jksHeader]...)
	binary.BigEndian.PutUint32(out[jksHeader-4:], uint32(len(list)))
	for _, e := range list {
		out = append(out, e.raw...)
	}
	digest := jksDigest(k.password, out)
	return append(out, digest[:]...), nil
}

// newJKSEntry returns a trusted certificate as
// sun.security.provider.JavaKeyStore.engineStore writes it.
func newJKSEntry(e Entry, version uint32) (jksEntry, error) {
	raw := make([]byte, 0, minEntry+3*len(e.Alias)+len("??X.509")+len(e.Chain[0]))
	raw = binary.BigEndian.AppendUint32(raw, tagTrusted)
	raw, ok := appendUTF(raw, e.Alias)
	if !ok {
		return jksEntry{}, fmt.Errorf("%w: it is longer than %d bytes", ErrBadAlias, maxUTF)
	}
	raw = binary.BigEndian.AppendUint64(raw, uint64(e.Created.UnixMilli()))
	if version == jksVersion2 {
		raw, _ = appendUTF(raw, "X.509")
	}
	raw = binary.BigEndian.AppendUint32(raw, uint32(len(e.Chain[0])))
	raw = append(raw, e.Chain[0]...)
	return jksEntry{Entry: e, raw: raw, tag: tagTrusted, name: e.Alias}, nil
}

// prove reads out again and compares it with what it should be.
func (k *jks) prove(out []byte, list []jksEntry) (*jksFile, error) {
	again, err := parseJKS(out)
	if err != nil {
		return nil, err
	}
	if again.trailing() != 0 || again.version != k.version || len(again.list) != len(list) {
		return nil, fmt.Errorf("%d entries instead of %d", len(again.list), len(list))
	}
	if _, ok := jksPassword(out[:again.end], again.digest(), []string{k.password}); !ok {
		return nil, fmt.Errorf("wrong digest")
	}
	for i, want := range list {
		got := again.list[i]
		if !bytes.Equal(got.raw, want.raw) || got.Alias != want.Alias || !got.Created.Equal(want.Created) ||
			!slices.EqualFunc(got.Chain, want.Chain, bytes.Equal) {
			return nil, fmt.Errorf("entry %q is not as it should be", want.Alias)
		}
		if got.Kind != want.Kind {
			return nil, fmt.Errorf("entry %q is %s instead of %s", want.Alias, got.Kind, want.Kind)
		}
	}
	return again, recheckJKS(again, k.password)
}

package javaks

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

func (k *jks) edit(change Edit) (body, []Entry, error) {
	kept, err := k.without(change.Remove)
	if err != nil {
		return nil, nil, err
	}
	added, err := newEntries(kept, change.Add)
	if err != nil {
		return nil, nil, err
	}
	if len(kept) == len(k.list) && len(added) == 0 {
		return k, nil, nil
	}
	out, err := k.splice(kept, added)
	if err != nil {
		return nil, nil, err
	}
	again, err := k.prove(out, kept, added)
	if err != nil {
		return nil, nil, fmt.Errorf("the edited JKS does not read back: %w", err)
	}
	return &jks{jksFile: again, password: k.password}, added, nil
}

// without returns the entries that stay when removals are made.
func (k *jks) without(removals []Removal) ([]jksEntry, error) {
	if len(removals) == 0 {
		return k.list, nil
	}
	cut := make([]bool, len(k.list))
	bared := make(map[string]bool) // aliases whose visible entry goes
	for i, e := range k.list {
		if e.tag == tagTrusted && named(e.Entry, removals) {
			cut[i] = true
			bared[e.Alias] = bared[e.Alias] || e.Kind != Hidden
		}
	}
	var kept []jksEntry
	for i, e := range k.list {
		switch {
		case cut[i]:
		case !bared[e.Alias]:
			kept = append(kept, e)
		case e.tag == tagKey:
			return nil, fmt.Errorf("%w: removing %q would uncover a private key of the same alias", ErrUnsupported, e.Alias)
		default:
			// An entry that the removed one hid from Java would become
			// an anchor. keytool drops it too.
		}
	}
	return kept, nil
}

// named reports whether one of the removals names the entry.
func named(e Entry, removals []Removal) bool {
	fingerprint, ok := e.SHA256()
	return ok && slices.ContainsFunc(removals, func(r Removal) bool {
		return r.SHA256 == fingerprint && (r.Alias == "" || r.Alias == e.Alias || lowerAlias(r.Alias) == e.Alias)
	})
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

// splice writes a file of the same version with the kept entries' own bytes,
// followed by the added ones.
func (k *jks) splice(kept []jksEntry, added []Entry) ([]byte, error) {
	size := len(k.data)
	for _, e := range added {
		size += minEntry + 3*len(e.Alias) + len("??X.509") + len(e.Chain[0])
	}
	out := append(make([]byte, 0, size), k.data[:jksHeader]...)
	binary.BigEndian.PutUint32(out[jksHeader-4:], uint32(len(kept)+len(added)))
	for _, e := range kept {
		out = append(out, k.raw(e)...)
	}
	for _, e := range added {
		var err error
		if out, err = appendTrusted(out, k.version, e); err != nil {
			return nil, err
		}
	}
	digest := jksDigest(k.password, out)
	out = append(out, digest[:]...)
	if len(out) > MaxSize || len(kept)+len(added) > maxEntries {
		return nil, fmt.Errorf("%w: %d entries in %d bytes", ErrTooLarge, len(kept)+len(added), len(out))
	}
	return out, nil
}

// appendTrusted appends a trusted certificate as
// sun.security.provider.JavaKeyStore.engineStore writes it.
func appendTrusted(out []byte, version uint32, e Entry) ([]byte, error) {
	out = binary.BigEndian.AppendUint32(out, tagTrusted)
	out, ok := appendUTF(out, e.Alias)
	if !ok {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrBadAlias, maxUTF)
	}
	out = binary.BigEndian.AppendUint64(out, uint64(e.Created.UnixMilli()))
	if version == jksVersion2 {
		out, _ = appendUTF(out, "X.509")
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(e.Chain[0])))
	return append(out, e.Chain[0]...), nil
}

// prove reads out again and compares it with what it should be.
func (k *jks) prove(out []byte, kept []jksEntry, added []Entry) (*jksFile, error) {
	again, err := parseJKS(out)
	if err != nil {
		return nil, err
	}
	if again.trailing() != 0 || again.version != k.version || len(again.list) != len(kept)+len(added) {
		return nil, fmt.Errorf("%d entries instead of %d", len(again.list), len(kept)+len(added))
	}
	if _, ok := jksPassword(out[:again.end], again.digest(), []string{k.password}); !ok {
		return nil, fmt.Errorf("wrong digest")
	}
	for i, e := range kept {
		if !bytes.Equal(k.raw(e), again.raw(again.list[i])) {
			return nil, fmt.Errorf("entry %q has changed", e.Alias)
		}
	}
	for i, want := range added {
		got := again.list[len(kept)+i]
		if got.Kind != want.Kind || got.Alias != want.Alias || !got.Created.Equal(want.Created) ||
			len(got.Chain) != 1 || !bytes.Equal(got.Chain[0], want.Chain[0]) {
			return nil, fmt.Errorf("new entry %q is not as it should be", want.Alias)
		}
	}
	return again, recheckJKS(again, k.password)
}

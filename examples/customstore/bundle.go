package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"

	"github.com/hktrust/hktrust/truststore"
)

// KindAcme is the kind of Acme's stores in selectors, reports and receipts.
const KindAcme truststore.Kind = "acme"

// maxBundle is the size in bytes from which on a file is no bundle.
const maxBundle = 16 << 20

// Bundle is the file of PEM certificates that Acme's program trusts, each of
// them for everything. It is a [truststore.Store].
type Bundle struct {
	Path string // absolute
}

// Info describes the bundle: Acme's program knows nothing but anchors, and
// trusts them for every purpose.
func (b *Bundle) Info() truststore.Info {
	return truststore.Info{
		Kind: KindAcme, Path: b.Path, Scope: truststore.ScopeMachine, Label: "Acme Gateway",
		LimitsPurposes: false, Intermediates: truststore.IntermediatesAnchor,
	}
}

// Read lists the bundle's certificates.
func (b *Bundle) Read(context.Context) (*truststore.Snapshot, error) {
	sections, _, err := b.load()
	if err != nil {
		return nil, err
	}
	return b.snapshot(sections), nil
}

// Apply edits the bundle under its lock, in one write. All bytes that no change
// is about stay as they are.
func (b *Bundle) Apply(ctx context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	lock := flock.New(b.Path + ".lock")
	if held, err := lock.TryLock(); err != nil {
		return nil, err
	} else if !held {
		return nil, truststore.ErrBusy
	}
	defer lock.Unlock()

	sections, tail, err := b.load()
	if err != nil {
		return nil, err
	}
	results, err := b.snapshot(sections).Reconcile(changes)
	if err != nil {
		return nil, err
	}
	edited := slices.Clone(sections)
	var again []removed
	for _, r := range results {
		switch {
		case !r.Changed:
		case r.Action == truststore.Remove:
			edited = slices.DeleteFunc(edited, func(s section) bool { return s.id() == r.SHA256 })
		case r.After.Exact != "": // an undo of a removal
			var copies []removed
			if err := json.Unmarshal([]byte(r.After.Exact), &copies); err != nil {
				return nil, fmt.Errorf("%w: the receipt of %s", truststore.ErrDamaged, r.Name)
			}
			again = append(again, copies...)
		default: // Add, and for a store without levels nothing else
			edited = append(edited, newSection(r.After.Name, r.DER))
		}
	}
	if edited, err = putBack(edited, again); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if !slices.ContainsFunc(results, func(r truststore.Result) bool { return r.Changed }) {
		return results, nil
	}
	return results, b.save(edited, tail)
}

// section is one certificate with the text in front of it, up to and with the
// last character of its END line. A bundle is sections and a tail.
type section struct {
	text []byte
	der  []byte
}

func (s section) id() truststore.Fingerprint { return sha256.Sum256(s.der) }

var begin, end = []byte("-----BEGIN CERTIFICATE-----"), []byte("-----END CERTIFICATE-----")

// parse splits a bundle.
func parse(data []byte) (sections []section, tail []byte, err error) {
	for {
		to := bytes.Index(data, end)
		if to < 0 {
			return sections, data, nil
		}
		to += len(end)
		from := bytes.LastIndex(data[:to], begin)
		if from < 0 {
			return nil, nil, fmt.Errorf("%w: END without BEGIN", truststore.ErrDamaged)
		}
		block, _ := pem.Decode(data[from:to])
		if block == nil {
			return nil, nil, fmt.Errorf("%w: certificate %d is no PEM", truststore.ErrDamaged, len(sections)+1)
		}
		sections = append(sections, section{text: data[:to], der: block.Bytes})
		data = data[to:]
	}
}

// newSection is a certificate under a comment line with the entry's name, which
// has no line feeds.
func newSection(name string, der []byte) section {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	text = fmt.Appendf(nil, "\n# %s\n%s", name, bytes.TrimSuffix(text, []byte("\n")))
	return section{text: text, der: der}
}

// removed says how to put the very bytes of a certificate back. Lists of these
// are what [truststore.Trust.Exact] holds of an entry.
type removed struct {
	Text  []byte
	After truststore.Fingerprint // the certificate before it; zero if it was the first
}

// exactOf lists the copies of a certificate.
func exactOf(sections []section, id truststore.Fingerprint) string {
	var copies []removed
	for i, s := range sections {
		if s.id() != id {
			continue
		}
		r := removed{Text: s.text}
		if i > 0 {
			r.After = sections[i-1].id()
		}
		copies = append(copies, r)
	}
	data, err := json.Marshal(copies)
	if err != nil {
		return "" // cannot be: bytes and fingerprints always have a JSON form
	}
	return string(data)
}

// putBack inserts what was removed behind the certificates that it followed,
// and at the end where those have gone.
func putBack(sections []section, again []removed) ([]section, error) {
	for len(again) > 0 {
		at, next := len(sections), 0
		for i, r := range again {
			if place, ok := placeOf(sections, r); ok {
				at, next = place, i
				break
			}
		}
		parsed, tail, err := parse(again[next].Text)
		if err == nil && (len(parsed) != 1 || len(tail) > 0) {
			err = fmt.Errorf("%w: a receipt holds more than a certificate", truststore.ErrDamaged)
		}
		if err != nil {
			return nil, err
		}
		sections = slices.Insert(sections, at, parsed[0])
		again = slices.Delete(again, next, next+1)
	}
	return sections, nil
}

func placeOf(sections []section, r removed) (int, bool) {
	if r.After == (truststore.Fingerprint{}) {
		return 0, true
	}
	i := slices.IndexFunc(sections, func(s section) bool { return s.id() == r.After })
	return i + 1, i >= 0
}

// snapshot says what the sections are to the engine. Acme's program gives its
// entries no names.
func (b *Bundle) snapshot(sections []section) *truststore.Snapshot {
	snap := &truststore.Snapshot{
		Info:  b.Info(),
		Exact: func(e truststore.Entry) string { return exactOf(sections, e.SHA256) },
	}
	for _, s := range sections {
		snap.Entries = append(snap.Entries, truststore.NewEntry(s.der, truststore.AnchorTrust("")))
	}
	return snap
}

func (b *Bundle) load() ([]section, []byte, error) {
	file, err := os.Open(b.Path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxBundle+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxBundle {
		return nil, nil, truststore.ErrTooLarge
	}
	return parse(data)
}

// save replaces the file in one step: whoever reads it sees the old bundle or
// the new one, also after a power cut.
func (b *Bundle) save(sections []section, tail []byte) error {
	var data []byte
	for _, s := range sections {
		data = append(data, s.text...)
	}
	data = append(data, tail...)

	old, err := os.Stat(b.Path)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(b.Path), ".acme-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(old.Mode().Perm()), temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), b.Path)
}

package truststore

import (
	"fmt"
	"strings"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// storeRef names a store in receipts: what it is now, and the paths by which
// programs find it, which may lead elsewhere one day.
func (m *Machine) storeRef(info Info) ledger.StoreRef {
	ref := ledger.StoreRef{
		Kind: string(info.Kind), Path: info.Path, Names: info.Links, Scope: string(info.Scope),
		Mount: m.host().MountPoint(info.Path), Label: strings.ToValidUTF8(info.Label, "?"), Manager: info.Manager,
	}
	if info.Owner != nil {
		ref.Owner, ref.OwnerUID = info.Owner.Name, &info.Owner.UID
	}
	ref.Volume = m.volume(ref)
	return ref
}

// volume identifies the file system that is mounted where a store's is, or was.
// The system's own needs none; and what another user has mounted, this process
// does not touch.
func (m *Machine) volume(ref ledger.StoreRef) string {
	if ref.OwnerUID != nil || ref.Mount == "" || ref.Mount == "/" {
		return ""
	}
	return m.host().Volume(ref.Mount)
}

// infoOf is what a receipt tells of its store.
func (m *Machine) infoOf(ref ledger.StoreRef) Info {
	info := Info{
		Kind: Kind(ref.Kind), Path: ref.Path, Links: ref.Names, Scope: Scope(ref.Scope), Label: ref.Label, Manager: ref.Manager,
	}
	if ref.OwnerUID != nil {
		info.Owner = m.userByUID(*ref.OwnerUID, ref.Owner)
	}
	return info
}

func (m *Machine) userByUID(uid int, name string) *host.User {
	users, _ := m.host().Users()
	for _, u := range users {
		if u.UID == uid {
			return &u
		}
	}
	return &host.User{Name: name, UID: uid, GID: -1}
}

// open makes the store that info describes, behind a child process where it
// is another user's.
func (m *Machine) open(info Info) (Store, error) {
	for _, s := range m.Extra {
		if s.Info().same(info) {
			return s, nil
		}
	}
	if info.Owner != nil {
		return &otherStore{machine: m, info: info}, nil
	}
	open := backendOf(info.Kind).open
	if open == nil {
		return nil, &StoreError{Info: info, Op: "open", Err: fmt.Errorf(
			"%w: no back end for kind %s: give the store in Machine.Extra", ErrKindUnsupported, info.Kind)}
	}
	return open(m, info), nil
}

// refOf is the certificate that a receipt is about.
func refOf(r ledger.Receipt) (CertRef, error) {
	id, err := hkpost.ParseFingerprint(r.SHA256)
	if err != nil {
		return CertRef{}, fmt.Errorf("%w: receipt names certificate %q", ErrDamaged, r.SHA256)
	}
	return CertRef{SHA256: id, DER: r.DER}, nil
}

// The keys under which a receipt keeps what a Trust has beside its levels.
const (
	detailNative  = "native"
	detailExact   = "exact"
	detailCreated = "created"
	detailReason  = "reason"
)

// receiptEntry and receiptTrust carry a Trust into a receipt and back.
func receiptEntry(t Trust) ledger.Entry {
	e := ledger.Entry{Present: t.Present, Name: t.Name}
	for p, l := range t.own() {
		if e.Trust == nil {
			e.Trust = map[string]string{}
		}
		e.Trust[p.String()] = string(l)
	}
	detail := func(key, value string) {
		if value == "" {
			return
		}
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		e.Detail[key] = value
	}
	detail(detailNative, t.Native)
	detail(detailExact, t.Exact)
	if !t.Created.IsZero() {
		// A year beyond 9999 has no text; Exact has it where it matters.
		if text, err := t.Created.MarshalText(); err == nil {
			detail(detailCreated, string(text))
		}
	}
	return e
}

func receiptTrust(e ledger.Entry) Trust {
	t := Trust{Present: e.Present, Name: e.Name, Native: e.Detail[detailNative], Exact: e.Detail[detailExact]}
	for name, level := range e.Trust {
		p, err := ParsePurpose(name)
		if err != nil {
			continue
		}
		if t.Levels == nil {
			t.Levels = map[Purpose]Level{}
		}
		t.Levels[p] = Level(level)
	}
	if text := e.Detail[detailCreated]; text != "" {
		// A date that does not parse is a date that is not known.
		_ = t.Created.UnmarshalText([]byte(text))
	}
	return t
}

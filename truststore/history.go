package truststore

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// history reads the receipts without taking a lock. A machine on which nothing
// was ever changed has none, and gets none by being asked.
func (m *Machine) history(ctx context.Context) (history, []Finding, error) {
	if m.homeless() {
		return history{owner: m.owner()}, nil, nil
	}
	l, err := m.openLedger(ctx, ledger.Options{ReadOnly: true})
	if err != nil {
		return history{}, nil, err
	}
	defer l.Close()
	past, findings := m.past(l)
	return past, findings, nil
}

// homeless reports whether the user has no place for a ledger: an account of a
// container, say, that is a number only, or one that was given HOME by somebody
// else. Such a user can still ask.
func (m *Machine) homeless() bool {
	h := m.host()
	_, err := ledger.Dir(h)
	me, _ := h.Me()
	return err != nil && !h.Elevated() && (!h.IsAbs(me.Home) || !h.OwnsHome(me))
}

// past is what an open ledger tells at this moment.
func (m *Machine) past(l *ledger.Ledger) (history, []Finding) {
	receipts, damaged := l.Receipts()
	var findings []Finding
	for _, d := range damaged {
		findings = append(findings, finding(CodeReceiptDamaged, "receipt", d.Name, "error", d.Err.Error(), "setAside", d.SetAside))
	}
	return history{owner: m.owner(), receipts: receipts}, findings
}

// openLedger opens the ledger of the user who runs the program: the machine's
// if that user is elevated.
func (m *Machine) openLedger(ctx context.Context, opt ledger.Options) (*ledger.Ledger, error) {
	h := m.host()
	dir, err := ledger.Dir(h)
	if err != nil {
		return nil, &StoreError{Info: Info{Kind: "ledger", Path: "ledger"}, Op: "find", Err: err}
	}
	if h.GOOS() != "windows" || h.Elevated() {
		uid := os.Geteuid()
		if uid < 0 {
			uid = 0 // Windows: administrators or SYSTEM
		}
		opt.RequireUID = &uid
	}
	l, err := ledger.Open(ctx, dir, opt)
	if err != nil {
		return nil, &StoreError{Info: Info{Kind: "ledger", Path: dir}, Op: "open", Err: needsElevation(h, translate(err))}
	}
	return l, nil
}

// storeRef names a store in receipts.
func storeRef(info Info) ledger.StoreRef {
	ref := ledger.StoreRef{
		Kind: string(info.Kind), Path: info.Path, Scope: string(info.Scope),
		Label: strings.ToValidUTF8(info.Label, "?"), Manager: info.Manager,
	}
	if info.Owner != nil {
		ref.Owner, ref.OwnerUID = info.Owner.Name, &info.Owner.UID
	}
	return ref
}

// refStore is the store that a receipt is about.
func (m *Machine) refStore(ref ledger.StoreRef) (Store, error) {
	info := Info{Kind: Kind(ref.Kind), Path: ref.Path, Scope: Scope(ref.Scope), Label: ref.Label, Manager: ref.Manager}
	if ref.OwnerUID != nil {
		info.Owner = m.userByUID(*ref.OwnerUID, ref.Owner)
	}
	for _, s := range m.Extra {
		if s.Info().same(info) {
			return s, nil
		}
	}
	return m.open(info)
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

// openers make the store of each kind that has a back end.
var openers = map[Kind]func(*Machine, Info) Store{
	KindJava:     newJavaStore,
	KindJavaUser: newJavaStore,
	KindNSS:      openNSS,
}

// open makes the store that info describes, behind a child process where it
// is another user's.
func (m *Machine) open(info Info) (Store, error) {
	if info.Owner != nil {
		return &otherStore{machine: m, info: info}, nil
	}
	if openers[info.Kind] == nil {
		return nil, &StoreError{Info: info, Op: "open", Err: errors.ErrUnsupported}
	}
	return openers[info.Kind](m, info), nil
}

// detailStore marks, in what was there before a change, that the store itself
// was not there.
const detailStore, storeMissing = "store", "missing"

func markMissing(e *ledger.Entry) {
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail[detailStore] = storeMissing
}

// madeStore reports whether the change of a receipt made the store.
func madeStore(r ledger.Receipt) bool { return r.Before.Detail[detailStore] == storeMissing }

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
	detail("native", t.Native)
	detail("exact", t.Exact)
	if !t.Created.IsZero() {
		text, _ := t.Created.MarshalText()
		detail("created", string(text))
	}
	return e
}

func receiptTrust(e ledger.Entry) Trust {
	t := Trust{Present: e.Present, Name: e.Name, Native: e.Detail["native"], Exact: e.Detail["exact"]}
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
	if text := e.Detail["created"]; text != "" {
		// A date that does not parse is a date that is not known.
		_ = t.Created.UnmarshalText([]byte(text))
	}
	return t
}

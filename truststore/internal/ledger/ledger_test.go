package ledger

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 500, time.UTC)

// aReceipt is complete; its certificate is any bytes.
func aReceipt(id string) Receipt {
	uid := 1000
	der := []byte("the certificate")
	return Receipt{
		Format: Format, ID: id, Run: "run-1", State: Intent, Time: noon,
		Owner: "example.com/agency", Catalogue: "2026-01-02", Goal: "server",
		Store:  StoreRef{Kind: "java", Path: "/opt/jdk/lib/security/cacerts", Scope: "machine", Owner: "amy", OwnerUID: &uid},
		SHA256: fingerprint(der), DER: der, Action: Add, Name: "hktrust-根-0123456789abcdef",
		Before: Entry{},
		After: Entry{
			Present: true, Name: "hktrust-根-0123456789abcdef",
			Trust:  map[string]string{"serverAuth": "explicit"},
			Detail: map[string]string{"created": "<1>"},
		},
		Accepted: []string{"expired", "weak"},
	}
}

func open(t *testing.T, dir string, o Options) *Ledger {
	t.Helper()
	l, err := Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func fresh(t *testing.T) (string, *Ledger) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state", "hktrust")
	return dir, open(t, dir, Options{Create: true})
}

func put(t *testing.T, l *Ledger, r Receipt) {
	t.Helper()
	if err := l.Put(r); err != nil {
		t.Fatal(err)
	}
}

func reopened(t *testing.T, dir string, l *Ledger) ([]Receipt, []Damaged) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir, Options{})
	defer again.Close()
	return again.Receipts()
}

func TestPutAndReadBack(t *testing.T) {
	dir, l := fresh(t)
	a, b := aReceipt(l.NewID(noon)), aReceipt(l.NewID(noon))
	b.State, b.Action, b.Store.OwnerUID, b.Accepted = Retired, Remove, nil, nil
	b.Store.Path = "/home/amy/\xa4\xa4\xa4\xe5/cacerts" // 中文 in Big5
	b.Name = "nick\xff"
	b.Before, b.After = Entry{Present: true, Name: "nick\xff"}, Entry{}
	put(t, l, b)
	put(t, l, a)
	want := []Receipt{a, b}
	got, damaged := l.Receipts()
	if d := cmp.Diff(want, got); d != "" || damaged != nil {
		t.Errorf("before closing: %v %s", damaged, d)
	}
	got, damaged = reopened(t, dir, l)
	if d := cmp.Diff(want, got); d != "" || damaged != nil {
		t.Errorf("after reopening: %v %s", damaged, d)
	}
}

func TestPutReplacesAndDeletes(t *testing.T) {
	dir, l := fresh(t)
	r := aReceipt(l.NewID(noon))
	put(t, l, r)
	r.State = Done
	put(t, l, r)
	if got, _ := l.Receipts(); len(got) != 1 || got[0].State != Done {
		t.Errorf("receipts %+v", got)
	}
	if err := l.Delete(r.ID); err != nil {
		t.Fatal(err)
	}
	if err := l.Delete(r.ID, "../lock"); err != nil {
		t.Errorf("deleting what is no receipt: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
		t.Errorf("a file that is no receipt was deleted: %v", err)
	}
	if got, damaged := reopened(t, dir, l); got != nil || damaged != nil {
		t.Errorf("left %+v, %+v", got, damaged)
	}
	if entries, _ := os.ReadDir(filepath.Join(dir, receiptsDir)); len(entries) != 0 {
		t.Errorf("left %v", entries)
	}
}

func TestReceiptsAreTheCallersOwn(t *testing.T) {
	_, l := fresh(t)
	r := aReceipt(l.NewID(noon))
	put(t, l, r)
	r.After.Trust["serverAuth"] = "changed"
	if got, _ := l.Receipts(); got[0].After.Trust["serverAuth"] != "explicit" {
		t.Error("the ledger shares the caller's map")
	}
}

func TestOrderSurvivesAClockThatGoesBack(t *testing.T) {
	dir, l := fresh(t)
	var want []string
	for _, at := range []time.Time{noon, noon, noon.Add(-time.Hour), time.Unix(0, 0), noon.Add(time.Hour)} {
		id := l.NewID(at)
		want = append(want, id)
		put(t, l, aReceipt(id))
	}
	l.Close()
	l = open(t, dir, Options{})
	id := l.NewID(noon.Add(-24 * time.Hour))
	put(t, l, aReceipt(id))
	want = append(want, id)
	got, _ := l.Receipts()
	if ids := idsOf(got); !slices.Equal(ids, want) {
		t.Errorf("order %q, want %q", ids, want)
	}
}

func idsOf(receipts []Receipt) []string {
	var ids []string
	for _, r := range receipts {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestPutRefusesWhatNoUndoCouldUse(t *testing.T) {
	_, l := fresh(t)
	for what, spoil := range map[string]func(*Receipt){
		"no id":           func(r *Receipt) { r.ID = "" },
		"path as id":      func(r *Receipt) { r.ID = "../../" + r.ID[6:] },
		"no state":        func(r *Receipt) { r.State = "" },
		"no action":       func(r *Receipt) { r.Action = "" },
		"no owner":        func(r *Receipt) { r.Owner = "" },
		"no store":        func(r *Receipt) { r.Store.Path = "" },
		"no certificate":  func(r *Receipt) { r.DER = nil },
		"wrong hash":      func(r *Receipt) { r.SHA256 = strings.ToUpper(r.SHA256) },
		"no time":         func(r *Receipt) { r.Time = time.Time{} },
		"wrong catalogue": func(r *Receipt) { r.Catalogue = "2026-02-30" },
		"not UTF-8":       func(r *Receipt) { r.After.Detail["x"] = "\xff" },
		"too large":       func(r *Receipt) { r.Goal = strings.Repeat("x", maxReceipt) },
	} {
		r := aReceipt(l.NewID(noon))
		spoil(&r)
		if err := l.Put(r); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, _ := l.Receipts(); got != nil {
		t.Errorf("kept %+v", got)
	}
}

// spoiled gives the ledger files that are no receipts, between two that are.
func spoiled(t *testing.T, l *Ledger, dir string) (good []string, bad map[string]string) {
	t.Helper()
	first := l.NewID(noon)
	put(t, l, aReceipt(first))
	valid, err := os.ReadFile(filepath.Join(dir, receiptsDir, first+receiptSuffix))
	if err != nil {
		t.Fatal(err)
	}
	bad = map[string]string{}
	for what, content := range map[string][]byte{
		"empty":             {},
		"truncated":         valid[:len(valid)/2],
		"zeros":             make([]byte, len(valid)),
		"another's content": valid,
		"other format":      bytes.Replace(valid, []byte(Format), []byte("their.receipt/1"), 1),
		"other hash":        bytes.Replace(valid, []byte(`"sha256": "`), []byte(`"sha256": "0`), 1),
		"too large":         append(slices.Clone(valid), bytes.Repeat([]byte(" "), maxReceipt)...),
		"deeply nested":     bytes.Repeat([]byte("["), maxReceipt),
	} {
		name := l.NewID(noon) + receiptSuffix
		bad[name] = what
		if err := os.WriteFile(filepath.Join(dir, receiptsDir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	directory := l.NewID(noon) + receiptSuffix
	bad[directory] = "directory"
	bad["notes.json"] = "not named as one"
	os.Mkdir(filepath.Join(dir, receiptsDir, directory), 0o700)
	os.WriteFile(filepath.Join(dir, receiptsDir, "notes.json"), valid, 0o600)
	os.WriteFile(filepath.Join(dir, receiptsDir, "notes.txt"), valid, 0o600)
	last := l.NewID(noon)
	put(t, l, aReceipt(last))
	return []string{first, last}, bad
}

func TestDamagedReceiptsAreSetAside(t *testing.T) {
	dir, l := fresh(t)
	good, bad := spoiled(t, l, dir)
	l.Close()

	reader := open(t, dir, Options{ReadOnly: true})
	got, damaged := reader.Receipts()
	if ids := idsOf(got); !slices.Equal(ids, good) || len(damaged) != len(bad) {
		t.Errorf("read only: receipts %q, want %q; %d damaged, want %d", ids, good, len(damaged), len(bad))
	}
	for _, d := range damaged {
		if d.SetAside != "" {
			t.Errorf("%s was set aside by a reader", bad[d.Name])
		}
	}

	l = open(t, dir, Options{})
	got, damaged = l.Receipts()
	if ids := idsOf(got); !slices.Equal(ids, good) || len(damaged) != len(bad) {
		t.Errorf("receipts %q, want %q; %d damaged, want %d", ids, good, len(damaged), len(bad))
	}
	for _, d := range damaged {
		if !errors.Is(d.Err, ErrDamaged) || d.SetAside != filepath.Join(dir, damagedDir, d.Name) {
			t.Errorf("%s: %+v", bad[d.Name], d)
		}
		if _, err := os.Lstat(d.SetAside); err != nil {
			t.Error(err)
		}
	}
	if got, damaged := reopened(t, dir, l); len(got) != 2 || damaged != nil {
		t.Errorf("afterwards: %d receipts, damaged %+v", len(got), damaged)
	}
}

func TestSettingAsideOverwritesNothing(t *testing.T) {
	dir, l := fresh(t)
	id := l.NewID(noon)
	l.Close()
	for n := range 3 {
		name := filepath.Join(dir, receiptsDir, id+receiptSuffix)
		if err := os.WriteFile(name, []byte{byte('0' + n)}, 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, dir, Options{}).Close()
	}
	entries, err := os.ReadDir(filepath.Join(dir, damagedDir))
	if err != nil || len(entries) != 3 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestNewerReceiptIsLeft(t *testing.T) {
	dir, l := fresh(t)
	name := l.NewID(noon) + receiptSuffix
	path := filepath.Join(dir, receiptsDir, name)
	if err := os.WriteFile(path, []byte(`{"format": "hktrust.receipt/2", "id": 7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	got, damaged := reopened(t, dir, l)
	if got != nil || len(damaged) != 1 || !errors.Is(damaged[0].Err, ErrNewer) || damaged[0].SetAside != "" {
		t.Errorf("%+v, %+v", got, damaged)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// Every prefix of a receipt is damaged, and so is one with any byte lost to
// zero, unless it still says the same.
func TestTruncatedReceipt(t *testing.T) {
	id := newID(noon)
	r := aReceipt(id)
	data, err := encode(&r)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.TrimRight(data, "\n")
	for n := range data {
		if _, err := decode(id, data[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	l := open(t, dir, Options{ReadOnly: true, Create: true})
	if got, damaged := l.Receipts(); got != nil || damaged != nil {
		t.Errorf("%v, %v", got, damaged)
	}
	if err := l.Put(aReceipt(l.NewID(noon))); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	if err := l.Delete("x"); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a reader made the directory")
	}
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	dir, l := fresh(t)
	put(t, l, aReceipt(l.NewID(noon)))
	if _, err := Open(context.Background(), dir, Options{Wait: time.Millisecond}); !errors.Is(err, ErrBusy) {
		t.Errorf("second writer: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got, _ := open(t, dir, Options{ReadOnly: true}).Receipts(); len(got) != 1 {
		t.Error("a reader waits for nobody and sees what is there")
	}
	l.Close()
	if err := l.Put(aReceipt(l.NewID(noon))); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
	open(t, dir, Options{})
}

func TestAbout(t *testing.T) {
	a, b, c := aReceipt("a"), aReceipt("b"), aReceipt("c")
	b.Store.Path = "/elsewhere"
	c.Owner = "hktrust"
	if got := idsOf(About([]Receipt{a, b, c}, a.Store, a.SHA256)); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("%q", got)
	}
	if got := About([]Receipt{a}, a.Store, "other"); got != nil {
		t.Errorf("%+v", got)
	}
}

func FuzzReceipt(f *testing.F) {
	id := newID(noon)
	r := aReceipt(id)
	data, err := encode(&r)
	if err != nil {
		f.Fatal(err)
	}
	r.Name, r.Store.Path, r.After = "\xff", "/\xff", Entry{Name: "\xfe"}
	octets, err := encode(&r)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{data, octets, data[:100], []byte(`{"format":"hktrust.receipt/2"}`), []byte("[[["), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decode(id, data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Errorf("untyped error %v", err)
			}
			return
		}
		again, err := encode(&got)
		if errors.Is(err, ErrInvalid) && len(data) > maxReceipt/8 {
			return // escapes made it longer
		}
		if err != nil {
			t.Fatalf("read but not writable: %v", err)
		}
		back, err := decode(id, again)
		if d := cmp.Diff(got, back); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "hktrust")
	l, err := Open(context.Background(), dir, Options{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	for range 100 {
		if err := l.Put(aReceipt(l.NewID(noon))); err != nil {
			b.Fatal(err)
		}
	}
	l.Close()
	for b.Loop() {
		l, err := Open(context.Background(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}

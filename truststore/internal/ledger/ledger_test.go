package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
		Store:  StoreRef{Kind: kind, Path: store, Scope: "machine", Owner: "amy", OwnerUID: &uid},
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

const (
	kind  = "java"
	store = "/opt/jdk/lib/security/cacerts"
)

func open(t *testing.T, dir string, o Options) *Ledger {
	t.Helper()
	l, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func fresh(t *testing.T) (string, *Ledger) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state", "hktrust")
	return dir, open(t, dir, Options{})
}

func account(t *testing.T, l *Ledger, paths ...string) *Account {
	t.Helper()
	if len(paths) == 0 {
		paths = []string{store}
	}
	a, err := l.Account(context.Background(), kind, paths...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func put(t *testing.T, a *Account, receipts ...Receipt) {
	t.Helper()
	if err := a.Write(receipts); err != nil {
		t.Fatal(err)
	}
}

// seen is what a program that only reads finds.
func seen(t *testing.T, dir string, paths ...string) []Receipt {
	t.Helper()
	if len(paths) == 0 {
		paths = []string{store}
	}
	l := open(t, dir, Options{})
	defer l.Close()
	receipts, damaged, err := l.Receipts(kind, paths...)
	if err != nil || damaged != nil {
		t.Fatalf("%v, %v", damaged, err)
	}
	return receipts
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, dir+string(filepath.Separator)))
		}
		return nil
	})
	return names
}

func TestWriteAndReadBack(t *testing.T) {
	dir, l := fresh(t)
	a, b := aReceipt(l.NewID(noon)), aReceipt(l.NewID(noon))
	b.State, b.Action, b.Store.OwnerUID, b.Accepted = Retired, Remove, nil, nil
	b.Store.Names, b.Store.Mount = []string{"/home/amy/\xa4\xa4\xa4\xe5/cacerts", "/etc/x"}, "/home" // 中文 in Big5
	b.Name = "nick\xff"
	b.Before, b.After = Entry{Present: true, Name: "nick\xff"}, Entry{}
	acct := account(t, l)
	put(t, acct, b)
	put(t, acct, a)
	want := []Receipt{a, b}
	if d := cmp.Diff(want, acct.Receipts()); d != "" {
		t.Errorf("before closing: %s", d)
	}
	acct.Close()
	if d := cmp.Diff(want, seen(t, dir)); d != "" {
		t.Errorf("after reopening: %s", d)
	}
	if d := cmp.Diff(want, seen(t, dir, "/elsewhere", "/etc/x")); d != "" {
		t.Errorf("by one of its names: %s", d)
	}
	if got := seen(t, dir, "/elsewhere"); got != nil {
		t.Errorf("of another store: %+v", got)
	}
}

func TestWriteReplacesAndDeletes(t *testing.T) {
	dir, l := fresh(t)
	acct := account(t, l)
	r := aReceipt(l.NewID(noon))
	r.Store.Names = []string{"/etc/cacerts"}
	put(t, acct, r)
	r.State = Done
	put(t, acct, r)
	if got := acct.Receipts(); len(got) != 1 || got[0].State != Done {
		t.Errorf("receipts %+v", got)
	}
	if err := acct.Write(nil, r.ID, "../lock"); err != nil {
		t.Fatal(err)
	}
	acct.Close()
	if got := seen(t, dir); got != nil {
		t.Errorf("left %+v", got)
	}
	if left := filesIn(t, dir); left != nil {
		t.Errorf("left %v", left)
	}
}

// A store whose name leads elsewhere one day is found under the name, together
// with what it led to before.
func TestNameThatMoved(t *testing.T) {
	dir, l := fresh(t)
	old, now := aReceipt(l.NewID(noon)), aReceipt(l.NewID(noon))
	old.Store.Path, old.Store.Names = "/snap/1/db", []string{"/snap/current/db"}
	now.Store.Path, now.Store.Names = "/snap/2/db", []string{"/snap/current/db"}
	acct := account(t, l, old.Store.Paths()...)
	put(t, acct, old)
	acct.Close()
	acct = account(t, l, now.Store.Paths()...)
	if got := idsOf(acct.Receipts()); !slices.Equal(got, []string{old.ID}) {
		t.Errorf("%v", got)
	}
	put(t, acct, now)
	old.State = Done
	put(t, acct, old)
	acct.Close()
	for _, path := range []string{"/snap/1/db", "/snap/2/db", "/snap/current/db"} {
		want := map[string][]string{"/snap/1/db": {old.ID}, "/snap/2/db": {now.ID}}[path]
		if want == nil {
			want = []string{old.ID, now.ID}
		}
		if got := idsOf(seen(t, dir, path)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	acct = account(t, l, now.Store.Paths()...)
	if err := acct.Write(nil, old.ID, now.ID); err != nil {
		t.Fatal(err)
	}
	acct.Close()
	if left := filesIn(t, dir); left != nil {
		t.Errorf("left %v", left)
	}
}

func TestReceiptsAreTheCallersOwn(t *testing.T) {
	_, l := fresh(t)
	acct := account(t, l)
	r := aReceipt(l.NewID(noon))
	put(t, acct, r)
	r.After.Trust["serverAuth"] = "changed"
	if got := acct.Receipts(); got[0].After.Trust["serverAuth"] != "explicit" {
		t.Error("the ledger shares the caller's map")
	}
}

func TestOrderSurvivesAClockThatGoesBack(t *testing.T) {
	dir, l := fresh(t)
	acct := account(t, l)
	var want []string
	for _, at := range []time.Time{noon, noon, noon.Add(-time.Hour), time.Unix(0, 0), noon.Add(time.Hour)} {
		id := l.NewID(at)
		want = append(want, id)
		put(t, acct, aReceipt(id))
	}
	acct.Close()
	l.Close()
	l = open(t, dir, Options{})
	acct = account(t, l)
	id := l.NewID(noon.Add(-24 * time.Hour))
	put(t, acct, aReceipt(id))
	want = append(want, id)
	if ids := idsOf(acct.Receipts()); !slices.Equal(ids, want) {
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
	acct := account(t, l)
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
		if err := acct.Write([]Receipt{r}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := acct.Receipts(); got != nil {
		t.Errorf("kept %+v", got)
	}
}

// spoiled writes an account with lines that are no receipts, between two that
// are.
func spoiled(t *testing.T, dir string, l *Ledger) (good []string, bad int) {
	t.Helper()
	acct := account(t, l)
	first, last := aReceipt(l.NewID(noon)), aReceipt(l.NewID(noon))
	put(t, acct, first, last)
	acct.Close()
	file := filepath.Join(dir, storesDir, keyOf(kind, store)+accountSuffix)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	valid := bytes.TrimSpace(lines[1])
	broken := [][]byte{
		valid[:len(valid)/2],
		make([]byte, len(valid)),
		bytes.Replace(valid, []byte(Format), []byte("their.receipt/1"), 1),
		bytes.Replace(valid, []byte(`"sha256":"`), []byte(`"sha256":"0`), 1),
		append(slices.Clone(valid), bytes.Repeat([]byte("x"), maxReceipt)...),
		bytes.Repeat([]byte("["), maxReceipt),
	}
	mixed := slices.Concat(lines[0], lines[1], bytes.Join(broken, []byte("\n")), []byte("\n"), lines[2])
	if err := os.WriteFile(file, mixed, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{first.ID, last.ID}, len(broken)
}

func TestDamagedReceiptsAreSetAside(t *testing.T) {
	dir, l := fresh(t)
	good, bad := spoiled(t, dir, l)

	got, damaged, err := open(t, dir, Options{}).Receipts(kind, store)
	if ids := idsOf(got); err != nil || !slices.Equal(ids, good) || len(damaged) != bad {
		t.Errorf("reading: receipts %q, want %q; %d damaged, want %d; %v", ids, good, len(damaged), bad, err)
	}
	if left := filesIn(t, filepath.Join(dir, damagedDir)); left != nil {
		t.Errorf("a reader set aside %v", left)
	}

	acct := account(t, l)
	if ids := idsOf(acct.Receipts()); !slices.Equal(ids, good) || len(acct.Damaged()) != bad {
		t.Errorf("receipts %q, want %q; %d damaged, want %d", ids, good, len(acct.Damaged()), bad)
	}
	for _, d := range acct.Damaged() {
		if _, err := os.Lstat(d.SetAside); !errors.Is(d.Err, ErrDamaged) || err != nil {
			t.Errorf("%+v: %v", d, err)
		}
	}
	acct.Close()
	if got := seen(t, dir); len(got) != 2 {
		t.Errorf("afterwards: %d receipts", len(got))
	}
	// Until a person has dealt with it, everybody is told.
	if d := open(t, dir, Options{}).Damaged(); len(d) != 1 || d[0].SetAside == "" {
		t.Errorf("%+v", d)
	}
}

func TestNewerIsLeft(t *testing.T) {
	dir, l := fresh(t)
	acct := account(t, l)
	put(t, acct, aReceipt(l.NewID(noon)))
	acct.Close()
	file := filepath.Join(dir, storesDir, keyOf(kind, store)+accountSuffix)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	newer := []byte(`{"format":"hktrust.receipt/9","id":7}` + "\n")
	if err := os.WriteFile(file, append(data, newer...), 0o600); err != nil {
		t.Fatal(err)
	}
	acct = account(t, l)
	if d := acct.Damaged(); len(d) != 1 || !errors.Is(d[0].Err, ErrNewer) || d[0].SetAside != "" {
		t.Errorf("%+v", d)
	}
	if err := acct.Write(nil, acct.Receipts()[0].ID); err != nil {
		t.Fatal(err)
	}
	acct.Close()
	if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, bytes.TrimSpace(newer)) {
		t.Errorf("%s, %v", data, err)
	}

	whole := []byte(`{"format":"hktrust.account/9"}` + "\nwhatever")
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Account(context.Background(), kind, store); !errors.Is(err, ErrNewer) {
		t.Errorf("%v", err)
	}
	if data, _ := os.ReadFile(file); !bytes.Equal(data, whole) {
		t.Errorf("%s", data)
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
		if _, err := decode(data[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

// What a version before accounts left is read, and moved over by the first run
// that writes.
func TestOldLedgerIsMovedOver(t *testing.T) {
	dir, l := fresh(t)
	old := filepath.Join(dir, receiptsDir)
	if err := os.MkdirAll(old, 0o700); err != nil {
		t.Fatal(err)
	}
	var want []Receipt
	for i := range 3 {
		r := aReceipt(l.NewID(noon))
		if i == 2 {
			r.Store.Path = "/other"
		}
		data, err := encode(&r)
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		json.Indent(&indented, data, "", "  ")
		if err := os.WriteFile(filepath.Join(old, r.ID+receiptSuffix), indented.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, r)
	}
	os.WriteFile(filepath.Join(old, "broken.json"), []byte("{"), 0o600)
	os.WriteFile(filepath.Join(dir, lockFile), nil, 0o600)
	l = open(t, dir, Options{})
	if got, _, err := l.Receipts(kind, store); err != nil || cmp.Diff(want[:2], got) != "" {
		t.Errorf("read: %v %s", err, cmp.Diff(want[:2], got))
	}
	if d := l.Damaged(); len(d) != 1 {
		t.Errorf("damaged: %+v", d)
	}
	account(t, l).Close()
	if d := cmp.Diff(want[:2], seen(t, dir)) + cmp.Diff(want[2:], seen(t, dir, "/other")); d != "" {
		t.Error(d)
	}
	if left := filesIn(t, dir); len(left) != 5 { // two accounts with their locks, and what was broken
		t.Errorf("%v", left)
	}
}

func TestReadersMakeNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	l := open(t, dir, Options{})
	if got, damaged, err := l.Receipts(kind, store); got != nil || damaged != nil || err != nil {
		t.Errorf("%v, %v, %v", got, damaged, err)
	}
	if err := l.All(func([]Receipt, []Damaged) bool { return true }); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a reader made the directory")
	}
}

func TestLock(t *testing.T) {
	dir, l := fresh(t)
	acct := account(t, l, store, "/etc/name")
	put(t, acct, aReceipt(l.NewID(noon)))
	impatient := open(t, dir, Options{Wait: time.Millisecond})
	for _, paths := range [][]string{{store}, {"/etc/name"}, {"/elsewhere", "/etc/name"}} {
		if _, err := impatient.Account(context.Background(), kind, paths...); !errors.Is(err, ErrBusy) {
			t.Errorf("second writer of %v: %v", paths, err)
		}
	}
	account(t, impatient, "/another/store").Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Account(ctx, kind, store); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got := seen(t, dir); len(got) != 1 {
		t.Error("a reader waits for nobody and sees what is there")
	}
	acct.Close()
	if err := acct.Write([]Receipt{aReceipt(l.NewID(noon))}); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
	account(t, impatient)
}

// Programs that take and drop the same locks, whose files go with them, lose
// nothing.
func TestManyWriters(t *testing.T) {
	dir, _ := fresh(t)
	var all sync.WaitGroup
	const writers, times = 8, 20
	for range writers {
		all.Go(func() {
			l, err := Open(dir, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Close()
			for range times {
				a, err := l.Account(context.Background(), kind, store)
				if err != nil {
					t.Error(err)
					return
				}
				r := aReceipt(l.NewID(time.Now()))
				if err := a.Write([]Receipt{r}); err != nil {
					t.Error(err)
				}
				if n := len(a.Receipts()); n != 1 {
					t.Errorf("%d receipts: somebody else is at it", n)
				}
				if err := a.Conclude(nil, r.ID); err != nil {
					t.Error(err)
				}
				a.Close()
			}
		})
	}
	all.Wait()
	if left := filesIn(t, dir); left != nil {
		t.Errorf("left %v", left)
	}
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
	for _, seed := range [][]byte{data, octets, data[:100], []byte(`{"format":"hktrust.receipt/9"}`), []byte("[[["), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decode(data)
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
		back, err := decode(again)
		if d := cmp.Diff(got, back); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
	})
}

func FuzzAccount(f *testing.F) {
	r := aReceipt(newID(noon))
	line, err := encode(&r)
	if err != nil {
		f.Fatal(err)
	}
	head := []byte(`{"format":"` + AccountFormat + `"}` + "\n")
	f.Add(slices.Concat(head, line, line))
	f.Add(slices.Concat(head, []byte("{\n"), line))
	f.Add(line)
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := parseAccount("x", data)
		if err != nil {
			return
		}
		again, err := a.encode()
		if err != nil {
			return // escapes made it longer
		}
		b, err := parseAccount("x", again)
		if err != nil || len(b.spoiled) > 0 {
			t.Fatalf("%v, %q", err, b.spoiled)
		}
		if d := cmp.Diff(a.receipts, b.receipts); d != "" {
			t.Error(d)
		}
	})
}

func BenchmarkReceipts(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "hktrust")
	l, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100 {
		a, err := l.Account(context.Background(), kind, fmt.Sprint("/store/", i))
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Write([]Receipt{aReceipt(l.NewID(noon))}); err != nil {
			b.Fatal(err)
		}
		a.Close()
	}
	l.Close()
	for b.Loop() {
		l, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := l.Receipts(kind, "/store/7"); err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}

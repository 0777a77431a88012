package nss

import (
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// exactly are all rows of cert9.db with their ids.
func exactly(t *testing.T, dir string) []map[string]any {
	t.Helper()
	return rows(t, certDB(dir), "SELECT * FROM nssPublic ORDER BY id")
}

// keep reads the rows of a certificate as they come back from a receipt.
func keep(t *testing.T, db *DB, c Change) *Rows {
	t.Helper()
	kept, err := db.Rows(t.Context(), []Change{c})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	var out Rows
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

// opensslCA makes a self-signed certificate with OpenSSL and returns its DER.
func opensslCA(t *testing.T, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "ca.der")
	args = append([]string{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", os.DevNull, "-days", "30", "-outform", "DER", "-out", out}, args...)
	if said, err := exec.Command(oracle.Need(t, "openssl"), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	der, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestRestoreOfRows: what certutil wrote comes back to the byte, whatever
// generation of trust, and NSS trusts it as before.
func TestRestoreOfRows(t *testing.T) {
	der := opensslCA(t, "-subj", "/CN=Corp CA/emailAddress=pki@corp.example")
	for _, password := range []string{"", testPassword} {
		for _, v := range bothNSS(t) {
			dir := v.newDB(t)
			login := []string{}
			if password != "" {
				v.run(t, dir, "-W", "-f", writeFile(t, "\n"), "-@", writeFile(t, password+"\n"))
				login = []string{"-f", writeFile(t, password+"\n")}
			}
			v.run(t, dir, append([]string{"-A", "-n", "corp", "-t", "CT,C,c", "-i", writePEM(t, der)}, login...)...)
			before := exactly(t, dir)
			db := open(t, dir, Options{Password: &password})
			locked := open(t, dir, Options{})
			remove := Change{Op: Remove, DER: der}
			kept := keep(t, locked, remove)
			apply(t, locked, remove)
			if len(exactly(t, dir)) != 0 {
				t.Fatal("not removed")
			}
			restore := Change{Op: Restore, DER: der, Rows: kept}
			if password != "" {
				if _, err := locked.Apply(t.Context(), []Change{restore}); !errors.Is(err, ErrPasswordRequired) {
					t.Errorf("without the password: %v", err)
				}
			}
			want, err := list(t, db).Preview(restore)
			if got := apply(t, db, restore); err != nil || !reflect.DeepEqual(got[0], want) || !got[0].Changed {
				t.Errorf("Apply = %+v, Preview = %+v, %v", got[0], want, err)
			}
			if after := exactly(t, dir); !reflect.DeepEqual(after, before) {
				t.Errorf("%s NSS: now %v\nwant %v", v.name, after, before)
			}
			if flags := v.flags(t, dir, "corp", login...); flags != map[string]string{"old": "CT,C,c", "new": "CT,C,"}[v.name] {
				t.Errorf("%s certutil -L shows %q", v.name, flags)
			}
			if got := apply(t, db, restore); got[0].Changed {
				t.Error("restored twice")
			}
			assertNoOrphans(t, dir)
		}
	}
}

// TestRestoreOfRowsBesideOthers: ids that others took since are left to them,
// and objects that others made of the same certificate become the old ones.
func TestRestoreOfRowsBesideOthers(t *testing.T) {
	v := newNSS(t)
	der := opensslCA(t, "-subj", "/CN=Corp CA/emailAddress=pki@corp.example")
	dir := v.newDB(t)
	v.run(t, dir, "-A", "-n", "corp", "-t", "C,C,", "-i", writePEM(t, der))
	email := rows(t, certDB(dir), "SELECT hex(ace534352) AS e FROM nssPublic WHERE a0 = x'00000001'")
	db := open(t, dir, Options{})
	kept := keep(t, db, Change{DER: der})
	apply(t, db, Change{Op: Remove, DER: der})

	other := newAuthority(t, "Other")
	apply(t, db, Change{Op: Add, DER: other.der(), Nickname: "other", Trust: trust(t, "C,,")})
	for i, o := range kept.objects {
		if i == 0 {
			execSQL(t, certDB(dir), "UPDATE nssPublic SET id = "+big.NewInt(int64(o.id)).String()+" WHERE a0 = x'00000001'")
		}
	}
	apply(t, db, Change{Op: Add, DER: der, Nickname: "by somebody else", Trust: trust(t, "c,,")})
	apply(t, db, Change{Op: Restore, DER: der, Rows: kept, LiftDistrust: true})
	for _, name := range []string{"corp", "other"} {
		if flags, want := v.flags(t, dir, name), map[string]string{"corp": "C,C,", "other": "C,,"}[name]; flags != want {
			t.Errorf("%s: %q", name, flags)
		}
	}
	if now := rows(t, certDB(dir), "SELECT hex(ace534352) AS e FROM nssPublic WHERE a3 = CAST('corp' AS BLOB)"); !reflect.DeepEqual(now, email) {
		t.Errorf("e-mail address %v, want %v", now, email)
	}
	assertNoOrphans(t, dir)
}

// TestRowsOfVoidTrust: forged trust does not become true by removal and undo.
func TestRowsOfVoidTrust(t *testing.T) {
	for _, v := range bothNSS(t) {
		root := newAuthority(t, "Forged")
		dir := v.newDB(t)
		db := open(t, dir, Options{})
		v.run(t, dir, "-A", "-n", "forged", "-t", ",,", "-i", writePEM(t, root.der()))
		v.run(t, dir, "-A", "-n", "forged", "-t", "C,C,C", "-i", writePEM(t, root.der()))
		execSQL(t, keyDB(dir), "DELETE FROM metaData WHERE id LIKE 'sig_cert%'")
		if v.flags(t, dir, "forged") != ",," {
			t.Fatal("NSS believes it")
		}
		kept := keep(t, db, Change{DER: root.der()})
		apply(t, db, Change{Op: Remove, DER: root.der()}, Change{Op: Restore, DER: root.der(), Rows: kept})
		if v.trusts(t, dir, root) || lookupOf(t, db, root.der()).Trust.vouches() {
			t.Error("an unsigned record became trust")
		}
	}
}

func lookupOf(t *testing.T, db *DB, der []byte) Entry {
	t.Helper()
	for _, e := range list(t, db).Entries {
		if string(e.DER) == string(der) {
			return e
		}
	}
	t.Fatal("the certificate is not listed")
	return Entry{}
}

// TestRowsOfGhost: trust without a certificate comes back, too.
func TestRowsOfGhost(t *testing.T) {
	root := newAuthority(t, "Ghost")
	dir := created(t, true)
	db := open(t, dir, Options{})
	apply(t, db, Change{Op: Restore, DER: root.der(), State: State{Old: trust(t, "p,p,p")}})
	before := exactly(t, dir)
	g := list(t, db).Ghosts[0]
	remove := Change{Op: Remove, Issuer: g.Issuer, Serial: g.Serial, LiftDistrust: true}
	kept := keep(t, db, remove)
	apply(t, db, remove, Change{Op: Restore, Issuer: g.Issuer, Serial: g.Serial, Rows: kept})
	if after := exactly(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("now %v\nwant %v", after, before)
	}
}

func TestHostileRows(t *testing.T) {
	root, other := newAuthority(t, "One"), newAuthority(t, "Two")
	dir := created(t, true)
	db := open(t, dir, Options{})
	apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "one", Trust: trust(t, "C,,")})
	kept := keep(t, db, Change{DER: root.der()})
	before := snapshot(t, dir)
	for name, c := range map[string]Change{
		"another certificate": {Op: Restore, DER: other.der(), Rows: kept},
		"no class":            {Op: Restore, DER: root.der(), Rows: &Rows{objects: rawObjects{{id: 1, values: values{}}}}},
	} {
		if _, err := db.Apply(t.Context(), []Change{c}); !errors.Is(err, ErrInvalidChange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{
		`[{"id":0}]`, `[{"id":1073741824}]`, `[{"id":1,"attributes":{"A0":""}}]`, `[{"id":1,"attributes":{"1; DROP TABLE nssPublic":""}}]`,
		`[{"id":1,"attributes":{"00":""}}]`, `{}`, "[" + strings.Repeat(`{"id":1},`, 64) + `{"id":1}]`,
	} {
		if err := json.Unmarshal([]byte(text), new(Rows)); err == nil {
			t.Errorf("%.60s was read", text)
		}
	}
	if snapshot(t, dir) != before {
		t.Error("the files have changed")
	}
}

// TestCertificatesThatGoRefuses: NSS takes a negative serial number; listing,
// judging, removing and putting back work without crypto/x509.
func TestCertificatesThatGoRefuses(t *testing.T) {
	der := opensslCA(t, "-subj", "/CN=Old appliance CA", "-set_serial", "-5")
	for _, v := range bothNSS(t) {
		dir := v.newDB(t)
		v.run(t, dir, "-A", "-n", "neg", "-t", "C,,", "-i", writePEM(t, der))
		db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
		e := lookupOf(t, db, der)
		if e.Trust.Flags() != "C,," || e.Nickname != "neg" || string(e.Serial) != "\x02\x01\xfb" {
			t.Errorf("List shows %+v", e)
		}
		if issuer, serial, err := Identity(der); err != nil || string(issuer) != string(e.Issuer) || string(serial) != string(e.Serial) {
			t.Errorf("Identity = %x, %x, %v", issuer, serial, err)
		}
		before := exactly(t, dir)
		kept := keep(t, db, Change{DER: e.DER})
		apply(t, db, Change{Op: Remove, DER: e.DER})
		if out := v.run(t, dir, "-L"); strings.Contains(out, "neg") || len(exactly(t, dir)) != 0 {
			t.Errorf("left:\n%s", out)
		}
		apply(t, db, Change{Op: Restore, DER: der, Rows: kept})
		if !reflect.DeepEqual(exactly(t, dir), before) || v.flags(t, dir, "neg") != "C,," {
			t.Error("not put back")
		}
	}
}

func FuzzKeptRows(f *testing.F) {
	f.Add([]byte(`[{"id":1,"void":true,"attributes":{"0":"zlNDUw==","81":"MAA=","82":"AgEB"}}]`))
	f.Add([]byte(`[{"id":1073741823,"attributes":{"ffffffff":null}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Rows
		if json.Unmarshal(data, &r) != nil {
			return
		}
		out, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Rows
		if err := json.Unmarshal(out, &again); err != nil {
			t.Errorf("%s: %v", out, err)
		}
		if len(r.objects) == 0 {
			return
		}
		key := r.objects[0].stored().key()
		change := target{Change: Change{Op: Restore, Rows: &r}, key: key}
		if change.takeRows() == nil {
			change.rows.state()
		}
	})
}

package nss

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

func TestAddIsHonouredByNSS(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			root, other := newAuthority(t, "Added"), newAuthority(t, "Never added")
			got := apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "added", Trust: trust(t, "C,,")})
			if !got[0].Changed || got[0].Before.Present || !got[0].After.Present {
				t.Errorf("Apply = %+v", got)
			}
			if flags := v.flags(t, dir, "added"); flags != "C,," {
				t.Errorf("certutil -L shows %q", flags)
			}
			if !v.trusts(t, dir, root) {
				t.Error("NSS does not trust the CA")
			}
			if v.trusts(t, dir, other) {
				t.Error("NSS trusts a CA that was not added")
			}
			e := lookup(t, db, root)
			if e.Trust.Flags() != "C,," || e.Conflict || e.Nickname != "added" {
				t.Errorf("List shows %+v", e)
			}
		})
	}
}

// TestObjectsEqualCertutils compares every column of what we write with what
// certutil writes, for the flags that certutil knows.
func TestObjectsEqualCertutils(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			for _, flags := range []string{
				"C,,", ",,", "T,,", "CT,C,C", "c,c,c", "p,p,p", "P,P,P", "C,C,", ",C,", ",,C", "p,,", "cT,c,", "Pp,,", "CP,p,P", "T,T,T",
			} {
				root := newAuthority(t, "Flags "+flags)
				theirs, ours := v.newDB(t), v.newDB(t)
				v.run(t, theirs, "-A", "-n", "root", "-t", flags, "-i", writePEM(t, root.der()))
				apply(t, open(t, ours, Options{OnlyNewNSS: v.isNew()}), Change{Op: Add, DER: root.der(), Nickname: "root", Trust: trust(t, flags)})
				compareObjects(t, flags, theirs, ours)
				if a, b := v.flags(t, theirs, "root"), v.flags(t, ours, "root"); a != b {
					t.Errorf("%s: certutil prints %q for its own, %q for ours", flags, a, b)
				}
				shown := v.flags(t, ours, "root")
				if got := lookup(t, open(t, theirs, Options{OnlyNewNSS: v.isNew()}), root).Trust.Flags(); got != shown {
					t.Errorf("%s: we read %q, certutil %q", flags, got, shown)
				}
			}
		})
	}
}

// compareObjects compares the objects of two databases, ids apart.
func compareObjects(t *testing.T, what, theirs, ours string) {
	t.Helper()
	const query = "SELECT * FROM nssPublic ORDER BY a0"
	a, b := rows(t, certDB(theirs), query), rows(t, certDB(ours), query)
	if len(a) != len(b) {
		t.Errorf("%s: certutil writes %d objects, we %d", what, len(a), len(b))
		return
	}
	for i := range a {
		delete(a[i], "id")
		delete(b[i], "id")
		for _, column := range slices.Sorted(maps.Keys(a[i])) {
			if fmt.Sprint(a[i][column]) != fmt.Sprint(b[i][column]) {
				t.Errorf("%s: %s is %x, certutil's %x", what, column, b[i][column], a[i][column])
			}
			delete(b[i], column)
		}
		if len(b[i]) > 0 {
			t.Errorf("%s: we write what certutil does not: %v", what, b[i])
		}
	}
}

// TestFlagsReadAsCertutilReadsThem covers combinations of levels that no flags
// produce.
func TestFlagsReadAsCertutilReadsThem(t *testing.T) {
	all := []Level{Undecided, MustVerify, ValidCA, Peer, Anchor, Distrusted}
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			want := map[string]string{}
			var changes []Change
			for i, server := range all {
				for j, client := range all {
					name := fmt.Sprintf("level%d%d", i, j)
					tr := Trust{Server: server, Client: client, Email: client, Code: server}
					changes = append(changes, Change{Op: Add, DER: newAuthority(t, name).der(), Nickname: name, Trust: &tr})
					want[name] = tr.Flags()
					if v.name == "new" {
						want[name] = tr.collapsed().Flags()
					}
				}
			}
			apply(t, db, changes...)
			listed := v.run(t, dir, "-L")
			for name, flags := range want {
				line := ""
				for l := range strings.Lines(listed) {
					if strings.HasPrefix(l, name+" ") {
						line = strings.TrimSpace(strings.TrimPrefix(l, name))
					}
				}
				if line != flags {
					t.Errorf("%s: certutil prints %q, Flags %q", name, line, flags)
				}
			}
		})
	}
}

func TestForgedTrustIsNoTrust(t *testing.T) {
	for _, v := range bothNSS(t) {
		for _, attack := range []struct {
			name string
			void Void
			sql  string
		}{
			{"a bit flipped", BadSignature, "UPDATE metaData SET item1 = CAST(substr(item1, 1, length(item1)-1) || x'00' AS BLOB) WHERE id LIKE 'sig_cert_%'"},
			{"no signatures", Unsigned, "DELETE FROM metaData WHERE id LIKE 'sig_cert_%'"},
		} {
			t.Run(v.name+"/"+attack.name, func(t *testing.T) {
				dir := v.newDB(t)
				db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
				root := newAuthority(t, "Forged")
				add := Change{Op: Add, DER: root.der(), Nickname: "forged", Trust: trust(t, "C,,")}
				apply(t, db, add)
				execSQL(t, keyDB(dir), attack.sql)

				if flags := v.flags(t, dir, "forged"); flags != ",," {
					t.Fatalf("NSS shows %q for forged trust", flags)
				}
				e := lookup(t, db, root)
				record := e.Old
				if v.name == "new" {
					record = e.New
				}
				if e.Trust != (Trust{}) || record == nil || record.Void != attack.void || record.Verified {
					t.Errorf("List shows %+v, record %+v", e.Trust, record)
				}
				if got := apply(t, db, add); !got[0].Changed {
					t.Error("adding again changes nothing")
				}
				if flags := v.flags(t, dir, "forged"); flags != "C,," {
					t.Errorf("after mending NSS shows %q", flags)
				}
			})
		}
	}
}

func TestWrongHashIsNoTrust(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			root, other := newAuthority(t, "Hashed"), newAuthority(t, "Other")
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "hashed", Trust: trust(t, "C,,")})
			// Sign a record that names another certificate.
			record := rows(t, certDB(dir), "SELECT * FROM nssPublic WHERE a0 <> x'00000001'")[0]
			id := uint32(record["id"].(int64))
			row := rows(t, keyDB(dir), "SELECT item1 FROM metaData WHERE id='password'")[0]
			signer, err := newSigner(row["item1"].([]byte), "")
			if err != nil {
				t.Fatal(err)
			}
			cert, _ := parseCertificate(other.der())
			for a, sum := range map[attribute][]byte{ckaNSSSHA1: cert.sha1(), ckaNSSMD5: cert.md5(), ckaCertHash: cert.sha256()} {
				if record[a.column()] == nil {
					continue
				}
				execSQL(t, certDB(dir), fmt.Sprintf("UPDATE nssPublic SET %s = x'%x' WHERE id = %d", a.column(), sum, id))
				execSQL(t, keyDB(dir), fmt.Sprintf("UPDATE metaData SET item1 = x'%x' WHERE id = '%s'", signer.sign(id, a, sum), signatureID(id, a)))
			}
			if flags := v.flags(t, dir, "hashed"); flags != ",," {
				t.Fatalf("NSS shows %q", flags)
			}
			e := lookup(t, db, root)
			if got := honouredRecord(e); e.Trust != (Trust{}) || got.Void != HashMismatch {
				t.Errorf("List shows %+v, %+v", e.Trust, got)
			}
		})
	}
}

func TestTrustWithoutHash(t *testing.T) {
	for _, v := range bothNSS(t) {
		for _, flags := range []string{"C,,", "p,p,p"} {
			dir := v.newDB(t)
			root := newAuthority(t, "No hash")
			apply(t, open(t, dir, Options{OnlyNewNSS: v.isNew()}), Change{Op: Add, DER: root.der(), Nickname: "nohash", Trust: trust(t, flags)})
			column := ckaNSSSHA1
			if v.name == "new" {
				column = ckaCertHash
			}
			execSQL(t, certDB(dir), "UPDATE nssPublic SET "+column.column()+" = NULL")
			execSQL(t, keyDB(dir), fmt.Sprintf("DELETE FROM metaData WHERE id LIKE 'sig_cert_%%_%08x'", uint32(column)))
			e := lookup(t, open(t, dir, Options{OnlyNewNSS: v.isNew()}), root)
			if theirs, ours := v.flags(t, dir, "nohash"), e.Trust.Flags(); theirs != ours {
				t.Errorf("%s: NSS shows %q, List %q", flags, theirs, ours)
			}
		}
	}
}

func honouredRecord(e Entry) Record {
	if e.New != nil {
		return *e.New
	}
	return *e.Old
}

// TestVoidTrustHidesOlderTrust: NSS does not look at CKO_NSS_TRUST where there
// is a CKO_TRUST, even if that is not to be believed.
func TestVoidTrustHidesOlderTrust(t *testing.T) {
	v := newNSS(t)
	for name, attack := range map[string]struct{ cert, key string }{
		"unsigned": {"SELECT 1", "DELETE FROM metaData WHERE id LIKE 'sig_cert_%08x_%%'"},
		"forged":   {"SELECT 1", "UPDATE metaData SET item1 = CAST(substr(item1, 1, length(item1)-1) || x'00' AS BLOB) WHERE id LIKE 'sig_cert_%08x_%%'"},
		"no hash":  {"UPDATE nssPublic SET a635 = NULL", "DELETE FROM metaData WHERE id = 'sig_cert_%08x_00000635'"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := v.newDB(t)
			db := open(t, dir, Options{})
			root := newAuthority(t, "Void")
			apply(t, db, Change{Op: Restore, DER: root.der(), State: State{Present: true, Nickname: "void", Old: trust(t, "C,C,"), New: trust(t, "CT,,")}})
			id := rows(t, certDB(dir), "SELECT id FROM nssPublic WHERE a0 = x'0000000b'")[0]["id"]
			execSQL(t, certDB(dir), attack.cert)
			execSQL(t, keyDB(dir), fmt.Sprintf(attack.key, id))
			e := lookup(t, db, root)
			if theirs, ours := v.flags(t, dir, "void"), e.Trust.Flags(); theirs != ours || e.Trust.vouches() || !e.Conflict {
				t.Errorf("NSS sees %q, List %+v", theirs, e)
			}
			apply(t, db, Change{Op: SetTrust, DER: root.der(), Trust: trust(t, "C,C,")})
			if flags := v.flags(t, dir, "void"); flags != "C,C," {
				t.Errorf("after mending NSS sees %q", flags)
			}
		})
	}
}

func TestPrimaryPassword(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			before, added := newAuthority(t, "Before"), newAuthority(t, "After")
			plain := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			apply(t, plain, Change{Op: Add, DER: before.der(), Nickname: "before", Trust: trust(t, "C,,")})

			// What we signed under the empty password must not keep the
			// user from setting a primary password.
			pw := writeFile(t, testPassword+"\n")
			v.run(t, dir, "-W", "-f", writeFile(t, "\n"), "-@", pw)
			checkPassword(t, v, dir, before, added, pw)
		})
	}
}

// TestLegacyPassword has the row that NSS before 3.49 wrote and later ones keep.
func TestLegacyPassword(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			legacy := passwordVectors[2]
			execSQL(t, keyDB(dir), fmt.Sprintf("UPDATE metaData SET item1 = x'%s', item2 = x'%s' WHERE id = 'password'", legacy.salt, legacy.row))
			before, added := newAuthority(t, "Before"), newAuthority(t, "After")
			password := testPassword
			apply(t, open(t, dir, Options{Password: &password}), Change{Op: Add, DER: before.der(), Nickname: "before", Trust: trust(t, "C,,")})
			checkPassword(t, v, dir, before, added, writeFile(t, testPassword+"\n"))
		})
	}
}

// checkPassword checks what can be done under testPassword to a database in
// which before is trusted.
func checkPassword(t *testing.T, v nssVersion, dir string, before, added *authority, pw string) {
	t.Helper()
	add := Change{Op: Add, DER: added.der(), Nickname: "after", Trust: trust(t, "C,,")}
	unchanged := snapshot(t, dir)
	wrong := "not " + testPassword
	for _, test := range []struct {
		password *string
		state    PasswordState
		err      error
	}{{nil, PasswordNeeded, ErrPasswordRequired}, {&wrong, PasswordWrong, ErrWrongPassword}} {
		db := open(t, dir, Options{Password: test.password, OnlyNewNSS: v.isNew()})
		contents := list(t, db)
		if contents.Password != test.state {
			t.Errorf("password is %s, want %s", contents.Password, test.state)
		}
		if _, err := contents.Preview(add); !errors.Is(err, test.err) {
			t.Errorf("Preview: %v, want %v", err, test.err)
		}
		if _, err := db.Apply(t.Context(), []Change{add}); !errors.Is(err, test.err) {
			t.Errorf("Apply: %v, want %v", err, test.err)
		}
		if e := lookup(t, db, before); honouredRecord(e).Verified || e.Trust.Flags() != "C,," {
			t.Errorf("locked, List shows %+v", e)
		}
		if snapshot(t, dir) != unchanged {
			t.Error("the files have changed")
		}
	}

	password := testPassword
	db := open(t, dir, Options{Password: &password, OnlyNewNSS: v.isNew()})
	apply(t, db, add)
	for _, a := range []*authority{before, added} {
		if e := lookup(t, db, a); !honouredRecord(e).Verified || e.Trust.Flags() != "C,," {
			t.Errorf("unlocked, List shows %+v", e)
		}
		if !v.trusts(t, dir, a, "-f", pw) {
			t.Errorf("NSS does not trust %v", a.cert.Subject)
		}
	}
	if got := list(t, db).Password; got != PasswordGiven {
		t.Errorf("password is %s", got)
	}
	// NSS stops believing an unsigned object when the user logs in.
	stripped := t.TempDir()
	for _, name := range []string{certFile, keyFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(stripped, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	execSQL(t, keyDB(stripped), "DELETE FROM metaData WHERE id LIKE 'sig_cert_%'")
	if e := lookup(t, open(t, stripped, Options{OnlyNewNSS: v.isNew()}), added); honouredRecord(e).Void != Unsigned {
		t.Errorf("without signatures, List shows %+v", honouredRecord(e))
	}

	// Removing, and adding without trust, need no password.
	locked := open(t, dir, Options{OnlyNewNSS: v.isNew()})
	apply(t, locked, Change{Op: Remove, DER: added.der()},
		Change{Op: Add, DER: newAuthority(t, "Plain").der(), Nickname: "plain", Trust: trust(t, ",,")})
	if v.trusts(t, dir, added, "-f", pw) {
		t.Error("NSS trusts what was removed")
	}
}

// TestSetPasswordVerifies checks that we verify what NSS signs anew.
func TestSetPasswordVerifies(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			root := newAuthority(t, "NSS's own")
			v.run(t, dir, "-A", "-n", "own", "-t", "CT,C,", "-i", writePEM(t, root.der()))
			if e := lookup(t, open(t, dir, Options{OnlyNewNSS: v.isNew()}), root); !honouredRecord(e).Verified || e.Trust.Flags() != "CT,C," {
				t.Errorf("List shows %+v", e)
			}
			v.run(t, dir, "-W", "-f", writeFile(t, "\n"), "-@", writeFile(t, testPassword+"\n"))
			password := testPassword
			if e := lookup(t, open(t, dir, Options{Password: &password, OnlyNewNSS: v.isNew()}), root); !honouredRecord(e).Verified {
				t.Errorf("List shows %+v", e)
			}
		})
	}
}

func TestWithoutKeyDatabase(t *testing.T) {
	for _, v := range bothNSS(t) {
		for _, strip := range []struct {
			name string
			do   func(t *testing.T, dir string)
		}{
			{"absent", func(t *testing.T, dir string) {
				if err := os.Remove(keyDB(dir)); err != nil {
					t.Fatal(err)
				}
			}},
			{"no password row", func(t *testing.T, dir string) { execSQL(t, keyDB(dir), "DELETE FROM metaData") }},
			{"no metaData", func(t *testing.T, dir string) { execSQL(t, keyDB(dir), "DROP TABLE metaData") }},
			{"no bytes", func(t *testing.T, dir string) {
				if err := os.Truncate(keyDB(dir), 0); err != nil {
					t.Fatal(err)
				}
			}},
		} {
			t.Run(v.name+"/"+strip.name, func(t *testing.T) {
				dir := v.newDB(t)
				strip.do(t, dir)
				db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
				if got := list(t, db).Password; got != PasswordUnset {
					t.Errorf("password is %s", got)
				}
				root := newAuthority(t, "Unsigned")
				apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "unsigned", Trust: trust(t, "C,,")})
				if e := lookup(t, db, root); e.Trust.Flags() != "C,," {
					t.Errorf("List shows %+v", e)
				}
				// NSS signs what is there when it initialises the database.
				v.run(t, dir, "-N", "--empty-password")
				if e := lookup(t, db, root); !honouredRecord(e).Verified {
					t.Errorf("after NSS initialised it, List shows %+v", honouredRecord(e))
				}
				if !v.trusts(t, dir, root) {
					t.Error("NSS does not trust the CA")
				}
			})
		}
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			root, stays := newAuthority(t, "Goes"), newAuthority(t, "Stays")
			// Both generations: certutil's, and in the new database the old one too.
			v.run(t, dir, "-A", "-n", "goes", "-t", "C,,", "-i", writePEM(t, root.der()))
			v.run(t, dir, "-A", "-n", "stays", "-t", "C,,", "-i", writePEM(t, stays.der()))
			oldNSS(t).run(t, dir, "-M", "-n", "goes", "-t", "CT,C,C")
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			kept := rows(t, certDB(dir), fmt.Sprintf("SELECT * FROM nssPublic WHERE a101 = x'%x'", stays.cert.RawSubject))

			got := apply(t, db, Change{Op: Remove, DER: root.der()})
			if !got[0].Changed || got[0].After.Present {
				t.Errorf("Apply = %+v", got)
			}
			where := fmt.Sprintf("SELECT * FROM nssPublic WHERE a81 = x'%x'", root.cert.RawIssuer)
			if left := rows(t, certDB(dir), where); len(left) > 0 {
				t.Errorf("left in %s: %v", certFile, left)
			}
			assertNoOrphans(t, dir)
			if v.trusts(t, dir, root) {
				t.Error("NSS trusts what was removed")
			}
			if !v.trusts(t, dir, stays) {
				t.Error("NSS does not trust what was not removed")
			}
			if now := rows(t, certDB(dir), fmt.Sprintf("SELECT * FROM nssPublic WHERE a101 = x'%x'", stays.cert.RawSubject)); fmt.Sprint(now) != fmt.Sprint(kept) {
				t.Errorf("another certificate's row changed: %v, was %v", now, kept)
			}
			if again := apply(t, db, Change{Op: Remove, DER: root.der()}); again[0].Changed {
				t.Error("removing again changes something")
			}
		})
	}
}

// assertNoOrphans checks that every signature has its object and every trust
// object its signatures.
func assertNoOrphans(t *testing.T, dir string) {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range rows(t, certDB(dir), "SELECT id FROM nssPublic WHERE a0 <> x'00000001'") {
		ids[fmt.Sprintf("%08x", r["id"])] = true
	}
	signed := map[string]bool{}
	for _, r := range rows(t, keyDB(dir), "SELECT id FROM metaData WHERE id LIKE 'sig_cert_%'") {
		id := r["id"].(string)[len("sig_cert_"):][:8]
		signed[id] = true
		if !ids[id] {
			t.Errorf("signature %v has no object", r["id"])
		}
	}
	for id := range ids {
		if !signed[id] {
			t.Errorf("trust object %s is not signed", id)
		}
	}
}

// TestGhost makes a ghost with certutil alone: each generation deletes only its
// own trust object.
func TestGhost(t *testing.T) {
	root := newAuthority(t, "Ghost")
	dir := newNSS(t).newDB(t)
	oldNSS(t).run(t, dir, "-A", "-n", "ghost", "-t", "C,,", "-i", writePEM(t, root.der()))
	newNSS(t).run(t, dir, "-M", "-n", "ghost", "-t", "CT,,")
	db := open(t, dir, Options{OnlyNewNSS: true})
	if e := lookup(t, db, root); !e.Conflict || e.Trust.Flags() != "CT,," {
		t.Errorf("two generations that differ are listed as %+v", e)
	}
	newNSS(t).run(t, dir, "-D", "-n", "ghost")

	contents := list(t, db)
	if len(contents.Entries) != 0 || len(contents.Ghosts) != 1 {
		t.Fatalf("List = %+v", contents)
	}
	ghost := contents.Ghosts[0]
	if ghost.Trust.Server != Anchor || ghost.Distrusting() || ghost.Old == nil || !ghost.Old.Verified {
		t.Errorf("ghost = %+v", ghost)
	}
	cert, _ := parseCertificate(root.der())
	if !bytes.Equal(ghost.Old.SHA1, cert.sha1()) {
		t.Errorf("the ghost names %x", ghost.Old.SHA1)
	}
	got := apply(t, db, Change{Op: Remove, Issuer: ghost.Issuer, Serial: ghost.Serial})
	if !got[0].Changed {
		t.Error("nothing removed")
	}
	if left := rows(t, certDB(dir), "SELECT * FROM nssPublic"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	assertNoOrphans(t, dir)
}

// TestNoGhostOfOurs: what we add leaves no ghost when the owner's NSS edits
// and deletes it.
func TestNoGhostOfOurs(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			root := newAuthority(t, "Ours")
			dir := v.newDB(t)
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "ours", Trust: trust(t, "C,,")})
			v.run(t, dir, "-M", "-n", "ours", "-t", "CT,C,")
			v.run(t, dir, "-D", "-n", "ours")
			if c := list(t, db); len(c.Ghosts)+len(c.Entries) != 0 {
				t.Errorf("left: %+v", c)
			}
		})
	}
}

func TestSharedDatabaseIsTrustedByBoth(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			db := open(t, dir, Options{})
			fresh, existing := newAuthority(t, "Fresh"), newAuthority(t, "Existing")
			newNSS(t).run(t, dir, "-A", "-n", "existing", "-t", ",,C", "-i", writePEM(t, existing.der()))
			if e := lookup(t, db, existing); !e.Conflict || e.Trust.Code == Anchor {
				t.Errorf("what old NSS does not see is listed as %+v", e)
			}
			apply(t, db,
				Change{Op: Add, DER: fresh.der(), Nickname: "fresh", Trust: trust(t, "C,,")},
				Change{Op: SetTrust, DER: existing.der(), Trust: trust(t, "C,C,")})
			for _, reader := range bothNSS(t) {
				if f, e := reader.flags(t, dir, "fresh"), reader.flags(t, dir, "existing"); f != "C,," || e != "C,C," {
					t.Errorf("%s NSS sees %q and %q", reader.name, f, e)
				}
				if !reader.trusts(t, dir, fresh) || !reader.trusts(t, dir, existing) {
					t.Errorf("%s NSS does not trust", reader.name)
				}
			}
			if e := lookup(t, db, existing); e.Conflict || e.Trust.Flags() != "C,C," {
				t.Errorf("List shows %+v", e)
			}
		})
	}
}

func TestProfileGetsTheGenerationOfItsOwner(t *testing.T) {
	root := newAuthority(t, "Owner")
	dir := newNSS(t).newDB(t)
	oldNSS(t).run(t, dir, "-A", "-n", "owner", "-t", "C,,", "-i", writePEM(t, root.der()))
	db := open(t, dir, Options{OnlyNewNSS: true})
	if got := apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "x", Trust: trust(t, "C,,")}); got[0].Changed {
		t.Error("trust that the owner sees already was written again")
	}
	apply(t, db, Change{Op: SetTrust, DER: root.der(), Trust: trust(t, "C,C,")})
	if e := lookup(t, db, root); e.Old == nil || e.New == nil || e.Trust.Flags() != "C,C," || e.Nickname != "owner" {
		t.Errorf("List shows %+v", e)
	}
	assertNoOrphans(t, dir)
}

func TestKeyTypesAndSerialNumbers(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial := func(n int64) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.SerialNumber = big.NewInt(n) }
	}
	ders := map[string][]byte{
		"RSA":        newAuthorityWith(t, "RSA", rsaKey).der(),
		"RSA-PSS":    pssRoot(t),
		"P-256":      newAuthority(t, "P-256").der(),
		"P-384":      newAuthorityWith(t, "P-384", p384).der(),
		"Ed25519":    newAuthorityWith(t, "Ed25519", crypto.Signer(edKey)).der(),
		"serial 1":   newAuthority(t, "Serial 1", serial(1)).der(),
		"serial 255": newAuthority(t, "Serial 255", serial(255)).der(),
		"serial 128": newAuthority(t, "Serial 128", serial(128)).der(),
	}
	for _, v := range bothNSS(t) {
		for name, der := range ders {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				if v.name == "old" && name == "Ed25519" {
					t.Skip("NSS 3.87 cannot import Ed25519 CAs")
				}
				theirs, ours := v.newDB(t), v.newDB(t)
				v.run(t, theirs, "-A", "-n", "root", "-t", "C,,", "-i", writePEM(t, der))
				apply(t, open(t, ours, Options{OnlyNewNSS: v.isNew()}), Change{Op: Add, DER: der, Nickname: "root", Trust: trust(t, "C,,")})
				compareObjects(t, name, theirs, ours)
			})
		}
	}
}

// pssRoot makes a CA whose public key is an RSASSA-PSS one, which Go cannot.
func pssRoot(t *testing.T) []byte {
	t.Helper()
	openssl := oracle.Need(t, "openssl")
	out := filepath.Join(t.TempDir(), "pss.der")
	cmd := exec.Command(openssl, "req", "-x509", "-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048", "-nodes",
		"-keyout", os.DevNull, "-subj", "/O=Test/CN=PSS", "-days", "365", "-outform", "DER", "-out", out,
		"-addext", "basicConstraints=critical,CA:TRUE")
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, msg)
	}
	der, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestNicknames(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			a, b := newAuthority(t, "Subject A"), newAuthority(t, "Subject B")
			rotated := newAuthority(t, "Subject A")
			preview := func(c Change) string {
				got, err := list(t, db).Preview(c)
				if err != nil {
					t.Error(err)
				}
				return got.After.Nickname
			}
			for _, step := range []struct {
				der            []byte
				nickname, want string
			}{
				{a.der(), "same", "same"},
				{b.der(), "same", "same #2"},
				{rotated.der(), "other", "other"},
				{newAuthority(t, "Subject C").der(), "same", "same #3"},
				{a.der(), "renamed", "same"},
			} {
				c := Change{Op: Add, DER: step.der, Nickname: step.nickname, Trust: trust(t, "C,,")}
				previewed := preview(c)
				got := apply(t, db, c)
				if got[0].After.Nickname != step.want || previewed != step.want {
					t.Errorf("nickname is %q, previewed %q, want %q", got[0].After.Nickname, previewed, step.want)
				}
			}
			for _, a := range []*authority{a, b, rotated} {
				if !v.trusts(t, dir, a) {
					t.Errorf("NSS does not trust %v", a.cert.Subject)
				}
			}
			if flags := v.flags(t, dir, "same #2"); flags != "C,," {
				t.Errorf("certutil -L shows %q", flags)
			}
		})
	}
}

func TestDirectoriesWithSpecialNames(t *testing.T) {
	v := oldNSS(t)
	for _, name := range []string{"with space", "#?%&'", "%41", "ünï 香港", `a"b`, "a+b;c=d", "q?mode=ro"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			if err := os.Rename(v.newDB(t), dir); err != nil {
				t.Fatal(err)
			}
			root := newAuthority(t, "Special")
			db := open(t, dir, Options{})
			apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "special", Trust: trust(t, "C,,")})
			if flags := v.flags(t, dir, "special"); flags != "C,," {
				t.Errorf("certutil -L shows %q", flags)
			}
			if files, _ := os.ReadDir(dir); len(files) != 3 {
				t.Errorf("files: %v", files)
			}
		})
	}
}

func TestManyAndLargeCertificates(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := v.newDB(t)
			var changes []Change
			for i := range 300 {
				name := fmt.Sprintf("Many %d", i)
				a := newAuthority(t, name, func(c *x509.Certificate) {
					if i%10 == 0 {
						for n := range 500 {
							c.PermittedDNSDomains = append(c.PermittedDNSDomains, fmt.Sprintf("%d.%d.test.example", n, i))
						}
					}
				})
				changes = append(changes, Change{Op: Add, DER: a.der(), Nickname: name, Trust: trust(t, "C,,")})
			}
			db := open(t, dir, Options{OnlyNewNSS: v.isNew()})
			apply(t, db, changes...)
			if n := strings.Count(v.run(t, dir, "-L"), "C,,"); n != 300 {
				t.Errorf("certutil -L shows %d", n)
			}
			contents := list(t, db)
			if len(contents.Entries) != 300 {
				t.Errorf("List shows %d", len(contents.Entries))
			}
			for _, e := range contents.Entries {
				if e.Trust.Flags() != "C,," || !honouredRecord(e).Verified {
					t.Fatalf("List shows %+v", e)
				}
			}
			for i := range changes {
				changes[i] = Change{Op: Remove, DER: changes[i].DER}
			}
			apply(t, db, changes...)
			if left := rows(t, certDB(dir), "SELECT id FROM nssPublic"); len(left) > 0 {
				t.Errorf("%d objects left", len(left))
			}
			assertNoOrphans(t, dir)
		})
	}
}

func TestCreate(t *testing.T) {
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pki", "nssdb")
			if err := Create(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			if err := Create(t.Context(), dir); !errors.Is(err, ErrExists) {
				t.Errorf("again: %v", err)
			}
			for path, want := range map[string]os.FileMode{dir: 0o700, certDB(dir): 0o600, keyDB(dir): 0o600} {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
					t.Errorf("%s: %v, %v", path, info.Mode(), err)
				}
			}
			if files, _ := os.ReadDir(dir); len(files) != 2 {
				t.Errorf("files: %v", files)
			}
			db := open(t, dir, Options{})
			if got := list(t, db).Password; got != PasswordEmpty {
				t.Errorf("password is %s", got)
			}
			root := newAuthority(t, "Created")
			apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "created", Trust: trust(t, "C,,")})
			if flags := v.flags(t, dir, "created"); flags != "C,," {
				t.Errorf("certutil -L shows %q", flags)
			}
			if !v.trusts(t, dir, root) {
				t.Error("NSS does not trust the CA")
			}
			// NSS completes the table; what it adds is used from then on.
			if got := list(t, db); got.New != (v.name == "new") {
				t.Errorf("New = %v", got.New)
			}
			v.run(t, dir, "-W", "-f", writeFile(t, "\n"), "-@", writeFile(t, testPassword+"\n"))
		})
	}
}

// TestWritersBesideCertutil lets NSS and us write at once.
func TestWritersBesideCertutil(t *testing.T) {
	for _, v := range bothNSS(t) {
		dir := v.newDB(t)
		db := open(t, dir, Options{BusyTimeout: time.Minute})
		const n = 10
		var paths []string
		for i := range n {
			paths = append(paths, writePEM(t, newAuthority(t, fmt.Sprint("theirs ", i)).der()))
		}
		// One at a time: several keep each other waiting for longer than
		// NSS's patience on a busy machine, without any doing of ours.
		done := make(chan error, n)
		go func() {
			for i, path := range paths {
				out, err := v.try(dir, "-A", "-n", fmt.Sprint("theirs ", i), "-t", "C,,", "-i", path)
				if err != nil {
					err = fmt.Errorf("%w: %s", err, out)
				}
				done <- err
			}
		}()
		for i := range n {
			ours := fmt.Sprint("ours ", i)
			apply(t, db, Change{Op: Add, DER: newAuthority(t, ours).der(), Nickname: ours, Trust: trust(t, "C,,")})
		}
		for range n {
			if err := <-done; err != nil {
				t.Errorf("%s certutil: %v", v.name, err)
			}
		}
		if got := strings.Count(v.run(t, dir, "-L"), "C,,"); got != 2*n {
			t.Errorf("%s certutil -L shows %d", v.name, got)
		}
		assertNoOrphans(t, dir)
	}
}

// TestWidenNarrowsNobody: each generation of NSS sees at least what it saw, and
// what was asked for, whoever wrote before and whoever is said to read.
func TestWidenNarrowsNobody(t *testing.T) {
	older, newer := oldNSS(t), newNSS(t)
	histories := map[string]func(dir, pem string){
		"older": func(dir, pem string) { older.run(t, dir, "-A", "-n", "widened", "-t", "T,,", "-i", pem) },
		"newer": func(dir, pem string) { newer.run(t, dir, "-A", "-n", "widened", "-t", "T,,", "-i", pem) },
		"older, then newer": func(dir, pem string) {
			older.run(t, dir, "-A", "-n", "widened", "-t", "C,,", "-i", pem)
			newer.run(t, dir, "-M", "-n", "widened", "-t", ",,T")
		},
		"without trust": func(dir, pem string) { newer.run(t, dir, "-A", "-n", "widened", "-t", ",,", "-i", pem) },
	}
	levels := func(v nssVersion, dir string) Trust {
		flags, err := ParseTrust(v.flags(t, dir, "widened"))
		if err != nil {
			t.Fatal(err)
		}
		return flags
	}
	for name, history := range histories {
		for _, onlyNew := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, only new %v", name, onlyNew), func(t *testing.T) {
				root := newAuthority(t, "Widened")
				dir := newer.newDB(t)
				history(dir, writePEM(t, root.der()))
				before := map[string]Trust{"old": levels(older, dir), "new": levels(newer, dir)}
				db := open(t, dir, Options{OnlyNewNSS: onlyNew})
				widen := Change{Op: Widen, DER: root.der(), Nickname: "not:used", Trust: trust(t, "C,C,")}
				first := apply(t, db, widen)
				for _, v := range []nssVersion{older, newer} {
					now := levels(v, dir)
					if now.Widen(before[v.name]) != now {
						t.Errorf("%s NSS saw %s and sees %s", v.name, before[v.name].Flags(), now.Flags())
					}
					if wider := now.Widen(*trust(t, "C,C,")); (v.isNew() || !onlyNew) && wider != now {
						t.Errorf("%s NSS sees %s", v.name, now.Flags())
					}
				}
				if got := apply(t, db, widen); !first[0].Changed || got[0].Changed {
					t.Errorf("changed %v, then %v", first[0].Changed, got[0].Changed)
				}
				assertNoOrphans(t, dir)
			})
		}
	}
	ghost, dir := newAuthority(t, "Ghost"), created(t, true)
	db := open(t, dir, Options{})
	apply(t, db, Change{Op: Restore, DER: ghost.der(), State: State{Old: trust(t, "p,C,")}})
	apply(t, db, Change{Op: Widen, DER: ghost.der(), Nickname: "ghost", Trust: trust(t, ",,C")})
	if got := lookup(t, db, ghost).Trust; got.Server != Distrusted || got.Email == Anchor || got.Code != Anchor {
		t.Errorf("the ghost became %+v", got)
	}
}

package nss

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// refuses checks that neither List nor Apply works, for this reason, and that
// no file changes.
func refuses(t *testing.T, dir string, opts Options, want error) {
	t.Helper()
	before := snapshot(t, dir)
	db, err := Open(dir, opts)
	if err == nil {
		_, err = db.List(t.Context())
		_, applyErr := db.Apply(t.Context(), []Change{{Op: Add, DER: newAuthority(t, "Refused").der(), Nickname: "x", Trust: trust(t, "C,,")}})
		if !errors.Is(applyErr, want) {
			t.Errorf("Apply: %v, want %v", applyErr, want)
		}
	}
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
	if snapshot(t, dir) != before {
		t.Error("the files have changed")
	}
}

func TestNoDatabase(t *testing.T) {
	empty := t.TempDir()
	refuses(t, empty, Options{}, ErrNoDatabase)
	if _, err := Open(filepath.Join(empty, "absent"), Options{}); !errors.Is(err, ErrNoDatabase) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	for _, name := range []string{"cert8.db", "key3.db"} {
		legacy := t.TempDir()
		if err := os.WriteFile(filepath.Join(legacy, name), []byte("\x00\x06\x15\x61"), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, legacy, Options{}, ErrLegacyDB)
		if err := Create(t.Context(), legacy); !errors.Is(err, ErrLegacyDB) {
			t.Errorf("Create beside %s: %v", name, err)
		}
		if files, _ := os.ReadDir(legacy); len(files) != 1 {
			t.Errorf("files: %v", files)
		}
	}
}

func TestUnsafeFiles(t *testing.T) {
	for _, name := range []string{certFile, keyFile} {
		dir := created(t, false)
		path := filepath.Join(dir, name)
		if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrUnsafeFile) {
			t.Errorf("a directory named %s: %v", name, err)
		}
	}
}

// TestJournalLinkIsNotFollowed: SQLite must not write through a link that
// somebody laid where it makes its journal.
func TestJournalLinkIsNotFollowed(t *testing.T) {
	dir := created(t, false)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, certDB(dir)+"-journal")); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir, Options{}).Apply(t.Context(), []Change{{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x"}})
	if data, _ := os.ReadFile(victim); string(data) != "precious" {
		t.Errorf("the file behind the link has been written: %q, %v", data, err)
	}
}

func TestDamagedFiles(t *testing.T) {
	for _, name := range []string{certFile, keyFile} {
		for _, damage := range []struct {
			name string
			do   func(path string) error
		}{
			{"text", func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("not a database ", 5000)), 0o600) }},
			{"truncated", func(p string) error { return os.Truncate(p, 4096+100) }},
			{"one page left", func(p string) error { return os.Truncate(p, 4096) }},
			{"zeroed schema", func(p string) error { return overwrite(p, 100, make([]byte, 3000)) }},
			{"random pages", func(p string) error { return overwrite(p, 4096, random(8*4096)) }},
			{"encoding", func(p string) error { return overwrite(p, 56, []byte{0, 0, 0, 2}) }},
			{"page size", func(p string) error { return overwrite(p, 16, []byte{0, 3}) }},
			{"file format", func(p string) error { return overwrite(p, 18, []byte{9, 9}) }},
		} {
			t.Run(name+"/"+damage.name, func(t *testing.T) {
				dir := created(t, false)
				apply(t, open(t, dir, Options{}), Change{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x", Trust: trust(t, "C,,")})
				if err := damage.do(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
				refuses(t, dir, Options{}, ErrDamaged)
			})
		}
	}
}

func overwrite(path string, offset int64, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, offset)
	return errors.Join(err, f.Close())
}

func TestForeignSchema(t *testing.T) {
	const columns = "id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a1, a2, a3, a11, a80, a81, a82, a101, a102, a170"
	for _, test := range []struct {
		name, file string
		sql        []string
	}{
		{"other tables", certFile, []string{"DROP TABLE nssPublic", "CREATE TABLE moz_places (id)"}},
		{"view", certFile, []string{"ALTER TABLE nssPublic RENAME TO hidden", "CREATE VIEW nssPublic AS SELECT * FROM hidden"}},
		{"trigger", certFile, []string{"CREATE TRIGGER t AFTER INSERT ON nssPublic BEGIN DELETE FROM nssPublic; END"}},
		{"trigger elsewhere", keyFile, []string{"CREATE TRIGGER t BEFORE DELETE ON metaData BEGIN SELECT RAISE(FAIL, 'no'); END"}},
		{"metaData a view", keyFile, []string{"ALTER TABLE metaData RENAME TO hidden", "CREATE VIEW metaData AS SELECT * FROM hidden"}},
		{"missing columns", certFile, []string{"DROP TABLE nssPublic", "CREATE TABLE nssPublic (" + columns + ")"}},
		{"a check", certFile, []string{"DROP TABLE nssPublic", "CREATE TABLE nssPublic (" + columns + ", CHECK (a0))"}},
		{"generated column", certFile, []string{"ALTER TABLE nssPublic ADD COLUMN a637 AS (abs(a0))"}},
		{"typed column", certFile, []string{"ALTER TABLE nssPublic ADD COLUMN a637 INTEGER DEFAULT 7"}},
		{"metaData with a default", keyFile, []string{"ALTER TABLE metaData ADD COLUMN item3 DEFAULT 7"}},
		{"virtual table", certFile, []string{"CREATE VIRTUAL TABLE v USING fts5(a)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := created(t, false)
			execSQL(t, filepath.Join(dir, test.file), test.sql...)
			refuses(t, dir, Options{}, ErrDamaged)
		})
	}
	t.Run("many tables", func(t *testing.T) {
		dir := created(t, false)
		for i := range maxSchema {
			execSQL(t, certDB(dir), fmt.Sprintf("CREATE TABLE t%d (a)", i))
		}
		refuses(t, dir, Options{}, ErrTooLarge)
	})
	t.Run("extra column that NSS may add", func(t *testing.T) {
		dir := created(t, false)
		execSQL(t, certDB(dir), "ALTER TABLE nssPublic ADD COLUMN adeadbeef")
		list(t, open(t, dir, Options{}))
	})
}

// TestUnusableRows: one bad row is reported, and hides nothing else.
func TestUnusableRows(t *testing.T) {
	for _, test := range []struct{ name, sql string }{
		{"text", "UPDATE nssPublic SET a11 = CAST(a11 AS TEXT)"},
		{"number", "UPDATE nssPublic SET a81 = 7"},
		{"real", "UPDATE nssPublic SET a3 = 1.5"},
		{"no certificate", "UPDATE nssPublic SET a11 = NULL"},
		{"rubbish certificate", "UPDATE nssPublic SET a11 = x'30'"},
		{"huge certificate", "UPDATE nssPublic SET a11 = zeroblob(2000000)"},
		{"another issuer", "UPDATE nssPublic SET a81 = x'3000'"},
		{"text id", "UPDATE nssPublic SET id = 'id'"},
		{"large id", "UPDATE nssPublic SET id = 1099511627776"},
		{"negative id", "UPDATE nssPublic SET id = -1"},
		{"real id", "UPDATE nssPublic SET id = 1e300"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := created(t, false)
			bad, good := newAuthority(t, "Bad"), newAuthority(t, "Good")
			db := open(t, dir, Options{})
			apply(t, db, Change{Op: Add, DER: bad.der(), Nickname: "bad"})
			execSQL(t, certDB(dir), test.sql)
			apply(t, db, Change{Op: Add, DER: good.der(), Nickname: "good", Trust: trust(t, "C,,")})
			contents := list(t, db)
			if len(contents.Entries) != 1 || len(contents.Problems) != 1 || contents.Problems[0].Reason == "" {
				t.Errorf("List = %+v", contents)
			}
		})
	}
}

func TestTrustValuesOfTheWrongSize(t *testing.T) {
	dir := created(t, false)
	root := newAuthority(t, "Sizes")
	db := open(t, dir, Options{})
	apply(t, db, Change{Op: Restore, DER: root.der(), State: State{Present: true, Nickname: "x", Old: trust(t, "C,C,C")}})
	execSQL(t, keyDB(dir), "DELETE FROM metaData")
	execSQL(t, certDB(dir), "UPDATE nssPublic SET ace536358 = x'52', ace53635b = x'ffffffff', ace53635a = x'00000000ce534352' WHERE a0 = x'ce534353'")
	if e := lookup(t, db, root); e.Trust.vouches() {
		t.Errorf("List shows %+v", e.Trust)
	}
}

func TestHostilePasswordRow(t *testing.T) {
	good := passwordVectors[0]
	for _, test := range []struct {
		name, salt, row string
		want            error
	}{
		{"rubbish", good.salt, "ff", ErrDamaged},
		{"no bytes", good.salt, "", ErrDamaged},
		{"cut", good.salt, good.row[:80], ErrDamaged},
		{"2^31 iterations", good.salt, strings.Replace(strings.Replace(strings.Replace(strings.Replace(strings.Replace(good.row,
			"308181306d06", "308184307006", 1), "3060304106", "3063304406", 1), "3034042050", "3037042050", 1), "020101020120", "02047fffffff020120", 1), "x", "", 1), errors.ErrUnsupported},
		{"unknown cipher", good.salt, strings.Replace(good.row, "60864801650304012a", "60864801650304012b", 1), errors.ErrUnsupported},
		{"zero iterations", good.salt, strings.Replace(good.row, "020101020120", "020100020120", 1), ErrDamaged},
		{"key of another length", good.salt, strings.Replace(good.row, "020101020120", "020101020110", 1), ErrDamaged},
		{"huge salt", strings.Repeat("00", 5000), good.row, ErrDamaged},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := created(t, false)
			execSQL(t, keyDB(dir), fmt.Sprintf("UPDATE metaData SET item1 = x'%s', item2 = x'%s'", test.salt, test.row))
			_, err := open(t, dir, Options{}).Apply(t.Context(), []Change{{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x", Trust: trust(t, "C,,")}})
			if !errors.Is(err, test.want) || err == nil {
				t.Errorf("Apply: %v, want %v", err, test.want)
			}
		})
	}
}

// TestHostileSignatures: signatures that cost much to check are not checked
// without end.
func TestHostileSignatures(t *testing.T) {
	slow := func(iterations int) []byte {
		kdf := pbkdf2Params{salt: string(random(32)), iterations: iterations, prf: hmacSHA256}
		return (&signer{kdf: kdf, key: random(32)}).sign(1, ckaNSSServer, ulong(1))
	}
	if _, err := parseSignature(slow(maxIterations + 1)); !errors.Is(err, errIterations) {
		t.Errorf("too many iterations: %v", err)
	}
	v := newVerifier(nil, "")
	v.spent = maxVerifyIterations - 1
	if v.exhausted() {
		t.Error("exhausted too early")
	}
	v.verify(slow(100), 1, ckaNSSServer, ulong(1))
	if !v.exhausted() {
		t.Error("the work is not bounded")
	}

	dir := created(t, false)
	root := newAuthority(t, "Slow")
	db := open(t, dir, Options{})
	apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "slow", Trust: trust(t, "C,,")})
	execSQL(t, keyDB(dir), fmt.Sprintf("UPDATE metaData SET item1 = x'%x' WHERE id LIKE 'sig_cert_%%'", slow(maxIterations)))
	if e := lookup(t, db, root); e.Trust.vouches() || e.Old.Void != BadSignature {
		t.Errorf("List shows %+v", e)
	}
}

func TestTooManyRows(t *testing.T) {
	dir := created(t, false)
	root := newAuthority(t, "Among many")
	db := open(t, dir, Options{})
	apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "x", Trust: trust(t, "C,,")})
	execSQL(t, certDB(dir), fmt.Sprintf(`INSERT INTO nssPublic (id, a0, a11, a81, a82)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000)
		SELECT 0x20000000 + i, x'00000001', x'%x', x'%x', x'02017f' FROM n`, root.der(), root.cert.RawIssuer))
	if _, err := db.List(t.Context()); !errors.Is(err, ErrTooLarge) {
		t.Errorf("List: %v", err)
	}
	// A change looks at its own rows only.
	if got := apply(t, db, Change{Op: Remove, DER: root.der()}); !got[0].Changed {
		t.Errorf("Apply = %+v", got)
	}
}

func TestHugeFile(t *testing.T) {
	dir := created(t, false)
	if err := os.Truncate(keyDB(dir), maxFileSize+4096); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Open: %v", err)
	}
}

// TestLargeForeignObjects: revocation lists and the like are not read.
func TestLargeForeignObjects(t *testing.T) {
	dir := created(t, false)
	db := open(t, dir, Options{})
	execSQL(t, certDB(dir), "INSERT INTO nssPublic (id, a0, a11, a101) VALUES (1, x'ce534351', zeroblob(20000000), x'3000')")
	root := newAuthority(t, "Beside a large CRL")
	apply(t, db, Change{Op: Add, DER: root.der(), Nickname: "x", Trust: trust(t, "C,,")})
	lookup(t, db, root)
}

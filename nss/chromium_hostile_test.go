package nss

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file that would have SQLite compute, without an end or without a bound, is no
// store of certificates.
func TestProfileStoreThatComputes(t *testing.T) {
	for name, schema := range map[string]string{
		"without an end": `CREATE VIEW certificates(sha256hash_hex, der_cert, trust_settings) AS
			WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT 'a', x'00', x'00' FROM c WHERE x < 0`,
		"without a bound": `CREATE VIEW certificates(sha256hash_hex, der_cert, trust_settings) AS
			WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT 'a'||x, zeroblob(1000000), zeroblob(100) FROM c`,
		"a computed column": `CREATE TABLE certificates(sha256hash_hex, trust_settings, der_cert BLOB GENERATED ALWAYS AS (zeroblob(1000000)))`,
	} {
		file := filepath.Join(t.TempDir(), "ServerCertificate")
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(schema); err != nil {
			t.Fatal(err)
		}
		db.Close()
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadProfileStore(t.Context(), data); !errors.Is(err, ErrProfileStore) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

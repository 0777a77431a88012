package nss

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Tables of the two files.
const (
	publicTable   = "nssPublic"
	privateTable  = "nssPrivate"
	metaDataTable = "metaData"
)

// maxSchema bounds the number of tables and indices of one file.
const maxSchema = 64

// NSS's own statements (lib/softoken/sdb.c), as ALTER TABLE leaves them.
var (
	objectTableSQL   = lazyRegexp(`^CREATE TABLE "?(nssPublic|nssPrivate)"? \(id PRIMARY KEY UNIQUE ON CONFLICT ABORT((?:, ?a[0-9a-f]{1,8})+)\)$`)
	metaDataTableSQL = lazyRegexp(`^CREATE TABLE "?metaData"? \(id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2\)$`)
)

// lazyRegexp compiles at first use, so that programs that never open a database
// do not pay for it.
func lazyRegexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// tables maps each table's name to its statement.
func (c *conn) tables(ctx context.Context, schema string) (map[string]string, error) {
	rows, err := c.query(ctx, "SELECT type, name, sql FROM "+schema+".sqlite_master LIMIT ?", maxSchema+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tables := map[string]string{}
	for n := 0; rows.Next(); n++ {
		var kind, name, sql any
		if err := rows.Scan(&kind, &name, &sql); err != nil {
			return nil, databaseError(err)
		}
		text, _ := sql.(string)
		switch {
		case n == maxSchema:
			return nil, fmt.Errorf("%w: more than %d tables and indices", ErrTooLarge, maxSchema)
		case kind == "table" && !strings.HasPrefix(text, "CREATE VIRTUAL"):
			tables[fmt.Sprint(name)] = text
		case kind != "index":
			return nil, fmt.Errorf("%w: it has a %v, %v", ErrDamaged, kind, name)
		}
	}
	return tables, databaseError(rows.Err())
}

// checkSchema makes sure that the tables are NSS's own: no views, triggers,
// generated columns or constraints that would run when the tables are used. A
// file without any table is one that NSS would complete.
func (c *conn) checkSchema(ctx context.Context) error {
	tables, err := c.tables(ctx, "main")
	if err != nil {
		return err
	}
	if err := c.checkPublic(tables); err != nil || !c.keys {
		return err
	}
	if tables, err = c.tables(ctx, "keys"); err != nil {
		return err
	}
	c.keyTables = len(tables) > 0
	sql, ok := tables[metaDataTable]
	if ok && !metaDataTableSQL().MatchString(sql) {
		return fmt.Errorf("%w: table %s is not of NSS's form", ErrDamaged, metaDataTable)
	}
	c.metaData = ok
	return nil
}

func (c *conn) checkPublic(tables map[string]string) error {
	c.public, c.policy.new = len(tables) > 0, false
	if !c.public {
		return nil
	}
	match := objectTableSQL().FindStringSubmatch(tables[publicTable])
	if match == nil || match[1] != publicTable {
		return fmt.Errorf("%w: %s has no table %s of NSS's form", ErrDamaged, certFile, publicTable)
	}
	c.columns = map[string]bool{}
	for name := range strings.SplitSeq(match[2], ",") {
		c.columns[strings.TrimSpace(name)] = true
	}
	c.policy.new = hasAll(c.columns, newGeneration.signed)
	if !hasAll(c.columns, oldGeneration.signed) || !hasAll(c.columns, certificateColumns) {
		return fmt.Errorf("%w: %s lacks columns", ErrDamaged, publicTable)
	}
	return nil
}

// certificateColumns are those that certificates and trust objects share.
var certificateColumns = []attribute{
	ckaClass, ckaToken, ckaPrivate, ckaLabel, ckaValue, ckaCertificateType, ckaIssuer, ckaSerialNumber,
	ckaSubject, ckaID, ckaModifiable,
}

func hasAll(columns map[string]bool, attributes []attribute) bool {
	for _, a := range attributes {
		if !columns[a.column()] {
			return false
		}
	}
	return true
}

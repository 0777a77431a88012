package nss

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"runtime"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// conn is one SQLite connection to both files, main and keys.
type conn struct {
	pool   *sql.DB
	sql    *sql.Conn
	files  files
	policy policy

	public    bool            // cert9.db has its table
	columns   map[string]bool // of that table
	keys      bool            // key4.db is attached
	keyTables bool            // and has tables
	metaData  bool            // metaData among them
	stmts     map[string]*sql.Stmt
}

// busySlice is how long SQLite itself waits for a lock, in milliseconds; then
// the whole attempt is made again, so that a context can end the wait.
const busySlice = 200

// maxValue bounds a single value that SQLite hands out, in bytes.
const maxValue = 16 << 20

// connect opens the files that exist; in the place of cert9.db an empty database
// in memory stands otherwise. mode is "ro" or "rw".
func (db *DB) connect(ctx context.Context, mode string) (*conn, error) {
	f, err := db.stat()
	if err != nil {
		return nil, err
	}
	uri := "file::memory:?mode=memory"
	if f.cert != nil {
		if uri, err = fileURI(runtime.GOOS, f.certPath, mode); err != nil {
			return nil, err
		}
	}
	pool, err := sql.Open("sqlite", uri+"&_defensive=1&_dqs=0")
	if err != nil {
		return nil, databaseError(err)
	}
	pool.SetMaxOpenConns(1)
	c := &conn{pool: pool, files: f, policy: policy{onlyNew: db.opts.OnlyNewNSS}, stmts: map[string]*sql.Stmt{}}
	if dir := c.movedFrom(); dir != "" {
		c.close()
		return nil, fmt.Errorf("%w: move it back to %s, open it there, and it can be moved", ErrMoved, dir)
	}
	if err := c.setUp(context.WithoutCancel(ctx), mode); err != nil {
		c.close()
		return nil, db.explained(err, f)
	}
	// The names could have been exchanged while SQLite opened them.
	if now, err := db.stat(); err != nil || !now.sameAs(f) {
		c.close()
		return nil, errors.Join(ErrBusy, err)
	}
	return c, nil
}

// setUp takes the privileges off the connection before it reads a schema that
// somebody else wrote, attaches key4.db, and checks both schemas.
func (c *conn) setUp(ctx context.Context, mode string) (err error) {
	if c.sql, err = c.pool.Conn(ctx); err != nil {
		return openError(err)
	}
	if _, err := sqlite.Limit(c.sql, sqlite3.SQLITE_LIMIT_LENGTH, maxValue); err != nil {
		return err
	}
	pragmas := fmt.Sprintf(`PRAGMA busy_timeout=%d; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;
		PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA cache_spill=OFF; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON;`, busySlice)
	if mode == "ro" {
		pragmas += "PRAGMA query_only=ON;"
	}
	if _, err := c.sql.ExecContext(ctx, pragmas); err != nil {
		return databaseError(err)
	}
	if c.files.key != nil {
		uri, err := fileURI(runtime.GOOS, c.files.keyPath, mode)
		if err != nil {
			return err
		}
		if _, err := c.sql.ExecContext(ctx, "ATTACH ? AS keys", uri); err != nil {
			return databaseError(err)
		}
		c.keys = true
	}
	return nil
}

func (c *conn) close() {
	for _, s := range c.stmts {
		s.Close()
	}
	if c.sql != nil {
		c.sql.Close()
	}
	c.pool.Close()
}

// uncancelled is the context of one statement. Given one that can be cancelled,
// the driver starts a goroutine for each statement, which costs more than most of
// them; no statement here takes long, and ctx is asked between them.
func uncancelled(ctx context.Context) (context.Context, error) {
	return context.WithoutCancel(ctx), ctx.Err()
}

// exec runs a statement, prepared once a connection.
func (c *conn) exec(ctx context.Context, query string, args ...any) error {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.WithoutCancel(ctx), args...)
	return databaseError(err)
}

// query runs a query, prepared once a connection.
func (c *conn) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(context.WithoutCancel(ctx), args...)
	return rows, databaseError(err)
}

func (c *conn) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, ctx.Err()
	}
	ctx, err := uncancelled(ctx)
	if err != nil {
		return nil, err
	}
	s, err := c.sql.PrepareContext(ctx, query)
	if err != nil {
		return nil, databaseError(err)
	}
	c.stmts[query] = s
	return s, nil
}

// in runs f in a transaction that begin starts; f says whether to commit.
func (c *conn) in(ctx context.Context, begin string, f func() (commit bool, err error)) error {
	if err := c.exec(ctx, begin); err != nil {
		return err
	}
	commit, err := f()
	// From here on the context does not matter: a commit that succeeds while
	// it is cancelled must not be reported as an error.
	ctx = context.WithoutCancel(ctx)
	if commit && err == nil {
		if err = c.exec(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	return errors.Join(err, ignoreInactive(c.exec(ctx, "ROLLBACK"), err))
}

// ignoreInactive drops a rollback's error after another one: SQLite has then
// often rolled back by itself.
func ignoreInactive(rollback, cause error) error {
	if cause != nil {
		return nil
	}
	return rollback
}

// databaseError gives SQLite's error a type of ours.
func databaseError(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := kindOf(e.Code())
	if kind == nil {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

// openError is databaseError for what goes wrong before SQLite has seen what is
// in a file: its general error says nothing about that then.
func openError(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_ERROR:
			return fmt.Errorf("%w: %w", ErrNotOpened, err)
		}
	}
	return databaseError(err)
}

func kindOf(code int) error {
	switch code {
	case sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY:
		return ErrNeedsRecovery
	case sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS:
		return ErrDamaged
	}
	switch code & 0xff {
	case sqlite3.SQLITE_CANTOPEN:
		return ErrNotOpened
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return fs.ErrPermission
	case sqlite3.SQLITE_TOOBIG:
		return ErrTooLarge
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT,
		sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_SCHEMA:
		return ErrDamaged
	}
	return nil
}

// explained adds what SQLite does not say: that a file may not be read.
func (db *DB) explained(err error, f files) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_CANTOPEN {
		return err
	}
	switch {
	case f.cert != nil && denied(f.certPath):
		return &fs.PathError{Op: "open", Path: f.certPath, Err: fs.ErrPermission}
	case f.key != nil && denied(f.keyPath):
		return &fs.PathError{Op: "open", Path: f.keyPath, Err: fs.ErrPermission}
	}
	return err
}

package nss

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/hktrust/hktrust/truststore/chain"
)

// ProfileCertificate is a certificate of a Chromium profile's own store, beside
// NSS's database: what its certificate manager calls "installed by you".
type ProfileCertificate struct {
	*chain.Certificate
	// Trust is TrustedAnchor for one that is trusted as a CA and as a server's
	// certificate, DistrustedCert, or NoTrust for one that completes paths.
	Trust chain.Trust
	// Names are the DNS names, and Ranges the ranges of addresses, that it is
	// trusted for alone; Bound tells that it is bound to such.
	Names, Ranges []string
	Bound         bool
}

// What is read of a profile's store at most: certificates, bytes of them with their
// settings, and how long that may take.
const (
	maxProfileRows  = 10_000
	maxProfileBytes = 64 << 20
	maxProfileTime  = 5 * time.Second
)

// ErrProfileStore: a profile's own store is no such database, or is broken.
var ErrProfileStore = errors.New("the profile's store of certificates cannot be read")

// ReadProfileStore reads a profile's file "ServerCertificate", an SQLite
// database, from its bytes: while Chromium runs, the file itself is locked.
// Certificates that Chromium passes over are left out.
func ReadProfileStore(ctx context.Context, data []byte) ([]ProfileCertificate, error) {
	ctx, cancel := context.WithTimeout(ctx, maxProfileTime)
	defer cancel()
	pool, err := sql.Open("sqlite", "file::memory:?mode=memory&_defensive=1&_dqs=0")
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := sqlite.Limit(conn, sqlite3.SQLITE_LIMIT_LENGTH, maxValue); err != nil {
		return nil, err
	}
	if err := conn.Raw(func(driver any) error {
		return driver.(interface{ Deserialize([]byte) error }).Deserialize(data)
	}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProfileStore, err)
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON; PRAGMA temp_store=MEMORY;"); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProfileStore, err)
	}
	if err := checkProfileSchema(ctx, conn); err != nil {
		return nil, err
	}
	// Unsorted: a broken index could have SQLite sort without an end.
	rows, err := conn.QueryContext(ctx, "SELECT sha256hash_hex, der_cert, trust_settings FROM certificates NOT INDEXED LIMIT ?", maxProfileRows+1)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProfileStore, err)
	}
	defer rows.Close()
	var out []ProfileCertificate
	total := 0
	for n := 1; rows.Next(); n++ {
		var name string
		var der, settings []byte
		if err := rows.Scan(&name, &der, &settings); err != nil {
			return nil, fmt.Errorf("%w: row %d: %w", ErrProfileStore, n, err)
		}
		if total += len(der) + len(settings); n > maxProfileRows || total > maxProfileBytes {
			return nil, fmt.Errorf("%w: it holds too much", ErrProfileStore)
		}
		c, ok, err := profileCertificate(name, der, settings)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, c)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProfileStore, err)
	}
	slices.SortFunc(out, func(a, b ProfileCertificate) int { return bytes.Compare(a.Raw, b.Raw) })
	return out, nil
}

// checkProfileSchema makes sure that the certificates are in a table: reading a
// view would compute whatever somebody wrote into the file.
func checkProfileSchema(ctx context.Context, conn *sql.Conn) error {
	var strange int
	row := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master
		WHERE type NOT IN ('table', 'index') OR sql LIKE '%virtual%' OR sql LIKE '%generated%' OR sql LIKE '%as (%' OR sql LIKE '%as(%'`)
	if err := row.Scan(&strange); err != nil || strange > 0 {
		return errors.Join(fmt.Errorf("%w: it has other things than tables", ErrProfileStore), err)
	}
	return nil
}

func profileCertificate(name string, der, settings []byte) (c ProfileCertificate, ok bool, err error) {
	if id := sha256.Sum256(der); hex.EncodeToString(id[:]) != name {
		return c, false, nil
	}
	if c.Certificate, err = chain.Parse(der); err != nil {
		return c, false, nil
	}
	trust, err := c.readSettings(settings)
	if err != nil {
		return c, false, fmt.Errorf("%w: trust settings of %s: %w", ErrProfileStore, name, err)
	}
	switch trust {
	case 1:
		c.Trust = chain.NoTrust
	case 2:
		c.Trust = chain.DistrustedCert
	case 3:
		c.Trust = chain.TrustedAnchor
	default:
		return c, false, nil
	}
	return c, true, nil
}

// readSettings reads a CertificateMetadata (server_certificate_database.proto):
// field 1 is a message whose field 1 is the trust, field 2 one of constraints,
// DNS names in 1 and address ranges in 3.
func (c *ProfileCertificate) readSettings(message []byte) (trust uint64, err error) {
	err = protoFields(message, func(field, _ uint64, value []byte) error {
		switch field {
		case 1:
			return protoFields(value, func(field, number uint64, _ []byte) error {
				if field == 1 {
					trust = number
				}
				return nil
			})
		case 2:
			return protoFields(value, func(field, _ uint64, value []byte) error {
				c.Bound = true
				switch field {
				case 1:
					c.Names = append(c.Names, string(value))
				case 3:
					return c.readRange(value)
				}
				return nil
			})
		}
		return nil
	})
	return trust, err
}

// readRange reads a range of addresses: field 1 is an address, field 2 how many of
// its bits count.
func (c *ProfileCertificate) readRange(message []byte) error {
	var address netip.Addr
	var bits uint64
	err := protoFields(message, func(field, number uint64, value []byte) error {
		switch field {
		case 1:
			address, _ = netip.AddrFromSlice(value)
		case 2:
			bits = number
		}
		return nil
	})
	c.Ranges = append(c.Ranges, netip.PrefixFrom(address, int(min(bits, 129))).String())
	return err
}

var errProto = errors.New("malformed message")

// protoFields calls yield for each field of a message of Protocol Buffers, with
// its number or its bytes. Fields of fixed size are passed over.
func protoFields(message []byte, yield func(field, number uint64, value []byte) error) error {
	varint := func() (uint64, bool) {
		v, n := binary.Uvarint(message)
		if n <= 0 {
			return 0, false
		}
		message = message[n:]
		return v, true
	}
	for len(message) > 0 {
		tag, ok := varint()
		var number uint64
		var value []byte
		size := uint64(0)
		switch tag & 7 {
		case 0:
			var read bool
			number, read = varint()
			ok = ok && read
		case 1:
			size = 8
		case 2:
			var read bool
			size, read = varint()
			ok = ok && read
		case 5:
			size = 4
		default:
			ok = false
		}
		if !ok || size > uint64(len(message)) {
			return errProto
		}
		value, message = message[:size], message[size:]
		if err := yield(tag>>3, number, value); err != nil {
			return err
		}
	}
	return nil
}

// Permits reports whether a certificate that is bound to names is trusted for a
// server's. known is false where that depends on addresses.
func (c ProfileCertificate) Permits(leaf *chain.Certificate) (yes, known bool) {
	if !c.Bound {
		return true, true
	}
	names, _, err := leaf.SubjectAltName()
	if err != nil {
		return false, false
	}
	for _, n := range names {
		switch n.Type {
		case chain.DNSName:
			if !withinAny(string(n.Value), c.Names) {
				return false, true
			}
		case chain.IPName:
			return false, false
		}
	}
	return true, true
}

// withinAny reports whether a DNS name is one of the names or below it.
func withinAny(name string, names []string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(names, func(base string) bool {
		base = strings.ToLower(base)
		return name == base || strings.HasSuffix(name, "."+base)
	})
}

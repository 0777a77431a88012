package javaks

import (
	"crypto/sha1"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// The layout of a JKS file (sun.security.provider.JavaKeyStore.engineLoad); all
// integers are big-endian and signed:
//
//	u32 magic, u32 version (1 or 2), i32 count
//	count × entry:
//	  u32 tag, UTF alias, i64 milliseconds since 1970
//	  tag 1: i32 length + protected key, i32 chain length, certificates
//	  tag 2: certificate
//	  tag 3: a serialised Java object (JCEKS only)
//	certificate: in version 2 UTF type; i32 length + DER
//	20 bytes SHA-1
const (
	jksHeader   = 12
	jksVersion1 = 1
	jksVersion2 = 2

	tagKey     = 1
	tagTrusted = 2
	tagSecret  = 3

	// The fewest bytes of an entry and of a certificate; no file can
	// promise more of them than it has room for.
	minEntry       = 4 + 2 + 8 + 4
	minCertificate = 4

	// Bounds far above any real keystore, so that many tiny entries cannot
	// cost many times the file's size in memory.
	maxEntries      = 1 << 16
	maxCertificates = 1 << 17
	maxAliases      = 8 << 20 // bytes of all aliases together
)

// jksEntry is an entry and its bytes in the file.
type jksEntry struct {
	Entry
	raw  []byte
	tag  uint32
	name string // the alias as Java looks it up; Kind may hide the entry
	// foreign are the certificates of types that no JVM makes certificates of.
	foreign []foreignCertificate
}

// foreignCertificate is a certificate's place in a chain, and its type.
type foreignCertificate struct {
	link int
	kind string
}

// isX509 reports whether a type is one of the names under which the JDK's own
// provider has its CertificateFactory.
func isX509(kind string) bool {
	return strings.EqualFold(kind, "X.509") || strings.EqualFold(kind, "X509")
}

// jksFile is a JKS or JCEKS file taken apart. Its entries share its memory.
type jksFile struct {
	data    []byte
	version uint32
	list    []jksEntry
	// end is where the digest starts. It is unknown, and complete false,
	// after a secret key of a JCEKS file, whose length only Java can tell.
	end      int
	complete bool
}

// jksReader reads a file front to back. It allocates nothing for a length or
// count before it knows that the file has so many bytes.
type jksReader struct {
	data         []byte
	rest         cryptobyte.String
	version      uint32
	foreign      []foreignCertificate // of the entry that is being read
	certificates int                  // read so far
	aliases      int                  // bytes of them read so far
}

func (r *jksReader) offset() int { return len(r.data) - len(r.rest) }

func (r *jksReader) damaged(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrDamaged, what, r.offset())
}

// truncated is the error where the file ends too early.
func (r *jksReader) truncated(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrTruncated, what, r.offset())
}

// parseJKS takes a JKS file apart, or a JCEKS file as far as that is possible.
func parseJKS(data []byte) (*jksFile, error) {
	r := &jksReader{data: data, rest: data}
	var magic []byte
	if !r.rest.ReadBytes(&magic, 4) || !r.rest.ReadUint32(&r.version) {
		return nil, r.truncated("the header is cut off")
	}
	if r.version != jksVersion1 && r.version != jksVersion2 {
		return nil, fmt.Errorf("%w: JKS version %d", ErrDamaged, r.version)
	}
	count, err := r.count("entries", minEntry, maxEntries)
	if err != nil {
		return nil, err
	}
	f := &jksFile{data: data, version: r.version, list: make([]jksEntry, 0, count)}
	for range count {
		e, err := r.entry(string(magic) == jceksMagic)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(f.list)+1, err)
		}
		f.list = append(f.list, e)
		if e.tag == tagSecret {
			hide(f.list)
			return f, nil
		}
	}
	hide(f.list)
	f.end, f.complete = r.offset(), true
	if len(r.rest) < sha1.Size {
		return nil, r.truncated("the digest is cut off")
	}
	return f, nil
}

// hide marks the entries that Java does not see. Java keeps the last of
// entries with the same alias; and as it looks aliases up in lower case but
// loads them as they are, it never finds one that is not (in JavaKeyStore,
// engineLoad against convertAlias).
func hide(list []jksEntry) {
	last := make(map[string]int, len(list))
	for i, e := range list {
		last[e.Alias] = i
	}
	for i := range list {
		e := &list[i]
		e.Kind = kindOfTag(e.tag)
		if last[e.Alias] != i || e.Alias != e.name {
			e.Kind = Hidden
		}
	}
}

func kindOfTag(tag uint32) Kind {
	switch tag {
	case tagKey:
		return PrivateKey
	case tagTrusted:
		return TrustedCertificate
	}
	return SecretKey
}

// digest returns the digest of a complete file.
func (f *jksFile) digest() []byte { return f.data[f.end : f.end+sha1.Size] }

// trailing returns how many bytes follow the digest of a complete file.
func (f *jksFile) trailing() int { return len(f.data) - f.end - sha1.Size }

func (r *jksReader) entry(jceks bool) (jksEntry, error) {
	start := r.offset()
	var e jksEntry
	if !r.rest.ReadUint32(&e.tag) {
		return e, r.truncated("the tag is cut off")
	}
	var err error
	if e.Alias, err = r.alias(); err != nil {
		return e, err
	}
	e.name = lowerAlias(e.Alias)
	var created uint64
	if !r.rest.ReadUint64(&created) {
		return e, r.truncated("the date is cut off")
	}
	e.Created = time.UnixMilli(int64(created)).UTC()
	r.foreign = nil
	switch {
	case e.tag == tagKey:
		e.Chain, err = r.keyAndChain()
	case e.tag == tagTrusted:
		e.Chain, err = r.chain(1)
	case e.tag == tagSecret && jceks:
	default:
		err = r.damaged(fmt.Sprintf("unknown tag %d before the entry", e.tag))
	}
	e.foreign = r.foreign
	e.Kind, e.raw = kindOfTag(e.tag), slices.Clip(r.data[start:r.offset()])
	return e, err
}

// keyAndChain skips a protected key and reads its chain.
func (r *jksReader) keyAndChain() ([][]byte, error) {
	if _, err := r.block("key"); err != nil {
		return nil, err
	}
	n, err := r.count("certificates", minCertificate, maxCertificates)
	if err != nil {
		return nil, err
	}
	return r.chain(n)
}

// chain reads n certificates; the file is known to have room for them.
func (r *jksReader) chain(n int) ([][]byte, error) {
	if r.certificates += n; r.certificates > maxCertificates {
		return nil, fmt.Errorf("%w: more than %d certificates", ErrTooLarge, maxCertificates)
	}
	chain := make([][]byte, 0, n)
	for range n {
		var kind cryptobyte.String
		if r.version == jksVersion2 && !r.rest.ReadUint16LengthPrefixed(&kind) {
			return nil, r.truncated("the type of a certificate is cut off")
		}
		if r.version == jksVersion2 && !isX509(string(kind)) {
			r.foreign = append(r.foreign, foreignCertificate{len(chain), string(kind)})
		}
		der, err := r.block("certificate")
		if err != nil {
			return nil, err
		}
		chain = append(chain, der)
	}
	return chain, nil
}

// count reads how many things of at least size bytes follow.
func (r *jksReader) count(what string, size, limit int) (int, error) {
	var n uint32
	if !r.rest.ReadUint32(&n) {
		return 0, r.truncated("the number of " + what + " is cut off")
	}
	if n > math.MaxInt32 {
		return 0, r.damaged(fmt.Sprintf("no room for %d %s", n, what))
	}
	if int(n) > len(r.rest)/size {
		return 0, r.truncated(fmt.Sprintf("no room for %d %s", n, what))
	}
	if int(n) > limit {
		return 0, fmt.Errorf("%w: %d %s", ErrTooLarge, n, what)
	}
	return int(n), nil
}

// block reads bytes with a length before them.
func (r *jksReader) block(what string) ([]byte, error) {
	var n uint32
	if !r.rest.ReadUint32(&n) {
		return nil, r.truncated("the length of a " + what + " is cut off")
	}
	var octets []byte
	if n > math.MaxInt32 {
		return nil, r.damaged(fmt.Sprintf("no room for a %s of %d bytes", what, n))
	}
	if !r.rest.ReadBytes(&octets, int(n)) {
		return nil, r.truncated(fmt.Sprintf("no room for a %s of %d bytes", what, n))
	}
	return slices.Clip(octets), nil
}

// alias reads a string in modified UTF-8.
func (r *jksReader) alias() (string, error) {
	var octets cryptobyte.String
	if !r.rest.ReadUint16LengthPrefixed(&octets) {
		return "", r.truncated("the alias is cut off")
	}
	if r.aliases += len(octets); r.aliases > maxAliases {
		return "", fmt.Errorf("%w: more than %d bytes of aliases", ErrTooLarge, maxAliases)
	}
	alias, ok := decodeUTF(octets)
	if !ok {
		return "", r.damaged("malformed alias before the date")
	}
	return alias, nil
}

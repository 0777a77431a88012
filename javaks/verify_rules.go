package javaks

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Rules is what decides, beside the store, whether the TLS programs of one
// Java installation trust a chain. It is not changed by use and may be used by
// several goroutines at once.
type Rules struct {
	// Version is that of the installation, such as "17.0.21.1"; "" for the
	// newest that is known.
	Version string
	// Assumed says why the rules may not be quite those of this version; ""
	// if they were compared with it.
	Assumed string
	// Readable says why Java cannot read a certificate; nil for one that it
	// can. A nil func leaves the decision to the little that Verify needs to
	// know of it. Set before the first use.
	Readable func(der []byte) error

	// legacy: the rules of JDK 17, which differ from those of JDK 25 in host
	// names, unreadable subjectAltNames, one name constraint and the days of
	// three distrusted CAs.
	legacy bool
	// anyLabel: a wildcard counts in every label of a name, as until JDK 20,
	// not in the first alone.
	anyLabel bool

	disabled     disabledAlgorithms // jdk.certpath.disabledAlgorithms
	tlsDisabled  disabledAlgorithms // jdk.tls.disabledAlgorithms
	distrust     []distrustPolicy   // jdk.security.caDistrustPolicies
	blockedCerts map[[32]byte]bool  // lib/security/blocked.certs
	jdkCAs       map[[32]byte]bool  // entries of lib/security/cacerts that the JDK came with
	suffixes     []byte             // lib/security/public_suffix_list.dat
	clock        func() time.Time   // of the JVM, which two rules ask instead of the time of the query
}

// The security properties as JDK 17.0.21 and 25.0.3 ship them.
const (
	shippedDisabled = "MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, DSA keySize < 1024, EC keySize < 224, " +
		"SHA1 usage SignedJAR & denyAfter 2019-01-01"
	shippedTLSDisabled = "SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, " +
		"3DES_EDE_CBC, anon, NULL, ECDH, TLS_RSA_*, rsa_pkcs1_sha1 usage HandshakeSignature, " +
		"ecdsa_sha1 usage HandshakeSignature, dsa_sha1 usage HandshakeSignature"
	shippedDistrust = "SYMANTEC_TLS,ENTRUST_TLS,CAMERFIRMA_TLS,CHUNGHWA_TLS"
)

// NewestRules are the rules of JDK 25 as it ships, for a keystore whose JVM is
// not known. They know no blocked certificates and no JDK CAs, which are files
// of an installation.
func NewestRules() *Rules { return RulesOf("") }

// RulesOf are the rules of a JDK of a version, such as "17.0.21.1", as it
// ships, without the files of an installation: see [NewestRules].
func RulesOf(version string) *Rules { return newRules(Security{version: version}) }

func newRules(security Security) *Rules {
	r := &Rules{Version: security.version, clock: time.Now}
	r.legacy, r.anyLabel, r.Assumed = releaseRules(r.Version)
	r.disabled = parseDisabled(security.property(certpathDisabled))
	r.tlsDisabled = parseDisabled(security.property(tlsDisabled))
	wanted := strings.Split(security.property(caDistrust), ",")
	for _, p := range distrustPolicies(r.legacy) {
		for _, name := range wanted {
			if strings.TrimSpace(name) == p.name {
				r.distrust = append(r.distrust, p)
			}
		}
	}
	if unknown := append(r.disabled.unknown, r.tlsDisabled.unknown...); len(unknown) > 0 {
		r.Assumed = "its java.security disables algorithms in a way that is not understood: " + strings.Join(unknown, "; ")
	}
	return r
}

// releaseRules tells by the version what differs between releases, and why that
// is an assumption. The rules were compared with 17.0.21.1, 21.0.13 and 25.0.3.
func releaseRules(version string) (legacy, anyLabel bool, assumed string) {
	switch version {
	case "", "25.0.3":
		return false, false, ""
	case "21.0.13":
		return true, false, ""
	case "17.0.21.1":
		return true, true, ""
	}
	first, rest, _ := strings.Cut(version, ".")
	if first == "1" {
		first, _, _ = strings.Cut(rest, ".")
	}
	major, err := strconv.Atoi(strings.TrimRight(first, "-+ea"))
	if err != nil {
		return false, false, "the version " + strconv.Quote(version) + " is not understood; the rules are those of JDK 25"
	}
	switch {
	case major < 21:
		return true, true, "the rules are those of JDK 17.0.21.1"
	case major < 25:
		return true, false, "the rules are those of JDK 21.0.13"
	}
	return false, false, "the rules are those of JDK 25.0.3"
}

// Limits of an installation's files, in bytes.
const (
	maxBlocked    = 4 << 20
	maxSuffixes   = 4 << 20
	blockedFile   = "blocked.certs"
	suffixFile    = "public_suffix_list.dat"
	jdkAliasMark  = " [jdk"
	blockedSHA256 = "SHA-256"
)

// ReadRules reads the rules of an installation that is started with options from
// its own files: java.security and what options add to it, blocked.certs, the public suffix list and the CAs that its
// cacerts marks as the JDK's own. A file that is not there is as if empty, as
// for Java; one that cannot be read is an error.
func ReadRules(h *host.Host, home Home, o TrustOptions) (*Rules, error) {
	security, err := ReadSecurity(h, home, o)
	if err != nil && !errors.Is(err, ErrSecurityFile) {
		return nil, err
	}
	r := newRules(security)
	r.clock = h.Now
	if r.blockedCerts, err = readBlocked(h, home.Dir); err != nil {
		return nil, err
	}
	if r.suffixes, err = readEither(h, home.Dir, "lib/security/"+suffixFile, maxSuffixes); err != nil {
		return nil, err
	}
	r.jdkCAs, err = readJDKCAs(h, home.Dir)
	return r, err
}

// readEither reads a file of an installation, or of the JRE within a JDK 8;
// nil if there is none.
func readEither(h *host.Host, dir, name string, limit int64) ([]byte, error) {
	for _, below := range []string{"", "jre"} {
		data, err := h.ReadFile(h.Join(dir, below, name), limit)
		if err == nil {
			return data, nil
		}
		if !host.Missing(err) {
			return nil, err
		}
	}
	return nil, nil
}

// readBlocked reads blocked.certs (sun.security.util.UntrustedCertificates).
func readBlocked(h *host.Host, dir string) (map[[32]byte]bool, error) {
	data, err := readEither(h, dir, "lib/security/"+blockedFile, maxBlocked)
	if err != nil || data == nil {
		return nil, err
	}
	return parseBlocked(data), nil
}

func parseBlocked(data []byte) map[[32]byte]bool {
	blocked := map[[32]byte]bool{}
	hashed := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == "Algorithm" {
			hashed = strings.TrimSpace(value) == blockedSHA256
		}
		if fingerprint, ok := parseFingerprint(line); ok {
			blocked[fingerprint] = true
		}
	}
	if !hashed {
		return nil
	}
	return blocked
}

// parseFingerprint reads 64 hexadecimal digits in upper case, the only
// spelling that Java finds again.
func parseFingerprint(s string) (out [32]byte, ok bool) {
	if len(s) != 64 || strings.Trim(s, "0123456789ABCDEF") != "" {
		return out, false
	}
	for i := range out {
		b, _ := strconv.ParseUint(s[2*i:2*i+2], 16, 8)
		out[i] = byte(b)
	}
	return out, true
}

// readJDKCAs lists the entries of the installation's cacerts whose alias says
// that they came with the JDK (sun.security.util.AnchorCertificates).
func readJDKCAs(h *host.Host, dir string) (map[[32]byte]bool, error) {
	data, err := readEither(h, dir, "lib/security/cacerts", MaxSize)
	if err != nil || data == nil {
		return nil, err
	}
	ks, err := Open(data)
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrPasswordRequired) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrTooLarge) {
		return nil, nil // Java reads no such file either, and goes on
	}
	if err != nil {
		return nil, err
	}
	own := map[[32]byte]bool{}
	for _, e := range ks.Entries() {
		if fingerprint, ok := e.SHA256(); ok && strings.Contains(e.Alias, jdkAliasMark) {
			own[fingerprint] = true
		}
	}
	return own, nil
}

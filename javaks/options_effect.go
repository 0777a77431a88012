package javaks

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// noStore as the value of javax.net.ssl.trustStore stands for no file.
const noStore = "NONE"

// ErrOtherType means that a keystore file is not of the type that a JVM is told
// to read it as: it then fails as a whole, "problem accessing trust store".
var ErrOtherType = errors.New("the keystore is not of the type that the options name")

// Elsewhere is what a JVM on a system has its trust from that is no keystore file:
// the type or the provider that the options name, such as "Windows-ROOT", or
// "NONE" for nothing at all; "" where it reads a file
// (sun.security.ssl.TrustStoreManager).
func (o TrustOptions) Elsewhere(goos string) string {
	kind := strings.ToLower(o.Type.Value)
	switch _, ours := formatsOf[o.Provider.Value]; {
	case kind != "" && formatsAs("", kind) == nil && !ofOtherSystem(kind, goos):
		return o.Type.Value
	case o.Provider.Value != "" && !ours:
		return o.Provider.Value
	case o.Store.Value == noStore:
		return noStore
	}
	return ""
}

// ofOtherSystem reports whether a type is one that JVMs have on another system
// alone.
func ofOtherSystem(kind, goos string) bool {
	return strings.HasPrefix(kind, "windows-") && goos != "windows" || strings.HasPrefix(kind, "keychainstore") && goos != "darwin"
}

// File is the keystore file that the options name. It is "" where they name none,
// or none that is there and may be read: a JVM then reads cacerts, without a word,
// and in that case no jssecacerts.
func (o TrustOptions) File(h *host.Host) string {
	h = orThisMachine(h)
	path := o.Store.Value
	if path == "" || path == noStore {
		return ""
	}
	if !h.IsAbs(path) {
		return path // of the directory in which the JVM is started
	}
	info, err := h.Stat(path)
	if err == nil && info.Mode().IsRegular() {
		_, err = h.ReadFile(path, MaxSize)
	}
	if host.Missing(err) || err == nil && !info.Mode().IsRegular() || errors.Is(err, fs.ErrPermission) {
		return ""
	}
	return path
}

// formatsOf are the formats that a provider reads as a type, in lower case.
var formatsOf = map[string]map[string][]Format{
	"SUN":     {"jks": {JKS}, "pkcs12": {PKCS12}, "dks": {JKS, PKCS12}, "caseexactjks": {JKS}},
	"SunJSSE": {"pkcs12": {PKCS12}},
	"SunJCE":  {"jceks": {JCEKS, JKS}},
}

// formatsAs are the formats that a provider, "" for the first that knows it, reads
// as a type.
func formatsAs(provider, kind string) []Format {
	for _, p := range []string{"SUN", "SunJSSE", "SunJCE"} {
		if formats := formatsOf[p][kind]; formats != nil && (provider == "" || provider == p) {
			return formats
		}
	}
	return nil
}

// Load says what a JVM with the options and the security properties makes of a
// keystore file: nil, where it loads it, ErrOtherType, or as [LoadedWith] says.
func (o TrustOptions) Load(data []byte, security Security) error {
	kind := o.TypeIn(security)
	formats := formatsAs(o.Provider.Value, kind)
	dual := (kind == "jks" || kind == "pkcs12") && (o.Provider.Value == "" || o.Provider.Value == "SUN")
	if dual && strings.EqualFold(security.property(keystoreCompat), "true") {
		formats = []Format{JKS, PKCS12}
	}
	format := Detect(data)
	if slices.Contains([]Format{JKS, JCEKS, PKCS12}, format) && !slices.Contains(formats, format) {
		return ErrOtherType
	}
	return LoadedWith(data, o.Password.Value)
}

// TypeIn is the type, in lower case, as which a JVM with the options and the security
// properties reads its keystore.
func (o TrustOptions) TypeIn(security Security) string {
	if o.Type.Given() {
		return strings.ToLower(o.Type.Value)
	}
	return strings.ToLower(security.storeType())
}

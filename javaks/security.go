package javaks

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// Security are the security properties of a JVM: those of its installation's
// java.security and of the file that options may name beside it
// (java.security.Security).
type Security struct {
	properties map[string]string // nil for those that the JDK ships
	version    string
	// File is the file that options name, where the JVM heeds it; "" for none.
	File string
	// Changed are the properties in it that bear on trust and have other values
	// than without, sorted.
	Changed []string
}

// ErrSecurityFile means that what options say of security properties could not be
// followed, so that what the JVM trusts is not known.
var ErrSecurityFile = errors.New("security properties that could not be read")

// Bounds of a file of security properties and of the files that it includes.
const (
	maxSecurity = 1 << 20 // bytes of one
	maxIncludes = 16
)

// ReadSecurity reads what a JVM of an installation has with options. A java.security
// that is not there is as if it were the one that the JDK ships. The error is
// ErrSecurityFile where that of the options cannot be followed; File is set.
func ReadSecurity(h *host.Host, home Home, o TrustOptions) (Security, error) {
	out := Security{version: home.Version}
	s := securityReader{host: orThisMachine(h), includes: out.major() >= 24}
	master, err := s.master(home.Dir)
	if err != nil {
		return out, err
	}
	out.properties = master
	value, replaces := strings.CutPrefix(o.Security.Value, "=")
	if value == "" || master != nil && !strings.EqualFold(out.property("security.overridePropertiesFile"), "true") {
		return out, nil
	}
	path, err := pathOfSecurity(s.host, value)
	if err == nil {
		info, unseen := s.host.Stat(path)
		if host.Missing(unseen) || unseen == nil && !info.Mode().IsRegular() {
			return out, nil // the JVM goes on without it
		}
		err = unseen
	}
	out.File = value
	if err == nil {
		out.properties, err = s.beside(master, path, replaces)
	}
	if err != nil {
		out.properties = master
		return out, fmt.Errorf("%w: %w", ErrSecurityFile, err)
	}
	before := Security{properties: master}
	for _, name := range slices.Sorted(maps.Keys(merged(master, out.properties))) {
		if bearsOnTrust(name) && out.property(name) != before.property(name) {
			out.Changed = append(out.Changed, name)
		}
	}
	return out, nil
}

// merged are the keys of both.
func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(b)
	for name := range a {
		if _, ok := out[name]; !ok {
			out[name] = ""
		}
	}
	return out
}

// Unjudged are those of the changed properties whose effect is not known here.
func (s Security) Unjudged() []string {
	return slices.DeleteFunc(slices.Clone(s.Changed), func(name string) bool {
		return slices.Contains([]string{keystoreType, keystoreCompat, certpathDisabled, tlsDisabled, caDistrust}, name)
	})
}

// The properties whose effect is known here.
const (
	keystoreType     = "keystore.type"
	keystoreCompat   = "keystore.type.compat"
	certpathDisabled = "jdk.certpath.disabledAlgorithms"
	tlsDisabled      = "jdk.tls.disabledAlgorithms"
	caDistrust       = "jdk.security.caDistrustPolicies"
)

// shippedSecurity are the properties as JDK 17.0.21 and 25.0.3 ship them.
var shippedSecurity = map[string]string{
	keystoreType: "pkcs12", keystoreCompat: "true", certpathDisabled: shippedDisabled, tlsDisabled: shippedTLSDisabled, caDistrust: shippedDistrust,
}

// property returns a value as java.security.Security.getProperty does.
func (s Security) property(name string) string {
	properties := s.properties
	if properties == nil {
		properties = shippedSecurity
	}
	return strings.TrimSpace(properties[name])
}

// major is the feature release; that of the newest JDK where it is not known.
func (s Security) major() int {
	first, rest, _ := strings.Cut(s.version, ".")
	if first == "1" {
		first, _, _ = strings.Cut(rest, ".")
	}
	n := 0
	if _, err := fmt.Sscan(first, &n); err != nil {
		return Releases[len(Releases)-1]
	}
	return n
}

// storeType is the type of a keystore that nobody names (KeyStore.getDefaultType).
func (s Security) storeType() string {
	if _, ok := s.properties[keystoreType]; s.properties != nil && !ok {
		if s.major() <= 17 {
			return "jks"
		}
		return "pkcs12"
	}
	return s.property(keystoreType)
}

// harmless are the beginnings of properties that do not bear on whom a TLS client
// trusts.
var harmless = []string{
	"auth.", "http.auth.", "jceks.", "jdk.epkcs8.", "jdk.includeInExceptions", "jdk.io.", "jdk.jar.", "jdk.sasl.", "jdk.security.krb5.", "jdk.security.legacyAlgorithms",
	"jdk.serialFilter", "jdk.tls.alpnCharset", "jdk.tls.keyLimits", "jdk.tls.legacyAlgorithms", "jdk.xml.", "keystore.pkcs12.", "krb5.", "login.", "networkaddress.",
	"package.", "policy.", "securerandom.", "security.overridePropertiesFile", "sun.security.krb5.",
}

func bearsOnTrust(name string) bool {
	return !slices.ContainsFunc(harmless, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// pathOfSecurity is the file that a value of java.security.properties, a path or a
// URL, names.
func pathOfSecurity(h *host.Host, value string) (string, error) {
	if u, err := url.Parse(value); err == nil && strings.EqualFold(u.Scheme, "file") && u.Host == "" && u.Opaque == "" {
		value = u.Path
	}
	if strings.Contains(value, "${") || !h.IsAbs(value) {
		return "", errors.New("which file it is depends on the program that is started")
	}
	return value, nil
}

// securityReader reads files of security properties.
type securityReader struct {
	host     *host.Host
	includes bool // the JDK heeds the key "include" (since 24)
	files    int
}

// master reads java.security: conf/security since JDK 9, lib/security of the JRE
// before; nil where there is none.
func (s *securityReader) master(dir string) (map[string]string, error) {
	for _, place := range []string{"conf/security", "lib/security"} {
		for _, below := range []string{"", "jre"} {
			properties := map[string]string{}
			err := s.load(properties, s.host.Join(dir, below, place, "java.security"))
			if dir == "" || host.Missing(err) {
				continue
			}
			return properties, err
		}
	}
	return nil, nil
}

// beside reads a file in addition to others, or in place of them.
func (s *securityReader) beside(others map[string]string, path string, replaces bool) (map[string]string, error) {
	if others == nil {
		others = shippedSecurity
	}
	out := maps.Clone(others)
	if replaces {
		clear(out)
	}
	return out, s.load(out, path)
}

// load adds the properties of a file.
func (s *securityReader) load(properties map[string]string, path string) error {
	if s.files++; s.files > maxIncludes {
		return ErrTooLarge
	}
	data, err := s.host.ReadFile(path, maxSecurity)
	if err != nil {
		return err
	}
	return eachProperty(data, func(name, value string) error {
		if name != "include" || !s.includes {
			properties[name] = value
			return nil
		}
		if strings.Contains(value, "${") {
			return errors.New("which file it includes is not known")
		}
		if !s.host.IsAbs(value) {
			value = s.host.Join(s.host.Dir(path), value)
		}
		return s.load(properties, value)
	})
}

package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"os"
	"path/filepath"
	"time"
	"unicode/utf16"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
)

// The password of every fixture whose name does not say otherwise.
const jksPassword = "changeit"

// extraCA is in no JKS fixture: tests add it.
const extraCA = 9

func makeJKS(m maker) error {
	for _, step := range []func(maker) error{
		jksTrust, jksKeys, jksChinesePassword, jceks,
		jksUpperAlias, jksEmptyPassword,
		jksVersion1, jksDuplicateAlias, jksTrailing, jksTwoAliases,
	} {
		if err := step(m); err != nil {
			return err
		}
	}
	return m.save("extra.der", testCA(extraCA))
}

// importCA has keytool add test CA n.
func (m maker) importCA(n int, file, storeType, password, alias string) error {
	cert, err := m.certificateFile(n)
	if err != nil {
		return err
	}
	return m.tool("keytool", "-importcert", "-noprompt", "-keystore", file, "-storetype", storeType,
		"-storepass", password, "-alias", alias, "-file", cert)
}

// generateKey has keytool make a key with a self-signed certificate.
func (m maker) generateKey(file, password, keyPassword, alias string) error {
	return m.tool("keytool", "-genkeypair", "-keystore", file, "-storetype", "JKS", "-storepass", password,
		"-alias", alias, "-keypass", keyPassword, "-keyalg", "EC", "-groupname", "secp256r1",
		"-dname", "CN="+alias, "-validity", "10000")
}

// jksTrust: a trust store whose aliases were wanted in mixed case and in Chinese.
func jksTrust(m maker) error {
	const file = "trust.jks"
	for n, alias := range []string{"Hongkong Post Root CA 1", "香港郵政", "plain", "𠮷"} {
		if err := m.importCA(n+1, file, "JKS", jksPassword, alias); err != nil {
			return err
		}
	}
	return m.adopt(file)
}

// jksKeys: two keys whose passwords are not the store's, and a trusted certificate.
func jksKeys(m maker) error {
	const file = "keys.jks"
	if err := m.generateKey(file, jksPassword, "first-key", "one"); err != nil {
		return err
	}
	if err := m.generateKey(file, jksPassword, "second-key", "two"); err != nil {
		return err
	}
	if err := m.importCA(1, file, "JKS", jksPassword, "ca"); err != nil {
		return err
	}
	return m.adopt(file)
}

// jksChinesePassword: keytool asks for six characters at least.
func jksChinesePassword(m maker) error {
	const file = "chinese-password.jks"
	if err := m.importCA(1, file, "JKS", "密碼測試密碼", "ca"); err != nil {
		return err
	}
	return m.adopt(file)
}

// jceks: a trusted certificate and a secret key.
func jceks(m maker) error {
	const file = "secret.jceks"
	if err := m.importCA(1, file, "JCEKS", jksPassword, "ca"); err != nil {
		return err
	}
	if err := m.tool("keytool", "-genseckey", "-keystore", file, "-storetype", "JCEKS", "-storepass", jksPassword,
		"-alias", "secret", "-keypass", jksPassword, "-keyalg", "AES", "-keysize", "128"); err != nil {
		return err
	}
	return m.adopt(file)
}

// jksUpperAlias: keystore-go can write an alias that Java cannot look up.
func jksUpperAlias(m maker) error {
	return jksByKeystoreGo(m, "upper-alias.jks", jksPassword, "Upper", "lower")
}

func jksEmptyPassword(m maker) error {
	return jksByKeystoreGo(m, "empty-password.jks", "", "ca")
}

func jksByKeystoreGo(m maker, name, password string, aliases ...string) error {
	store := keystore.New(keystore.WithOrderedAliases(), keystore.WithCaseExactAliases())
	for n, alias := range aliases {
		entry := keystore.TrustedCertificateEntry{
			CreationTime: fixtureDate,
			Certificate:  keystore.Certificate{Type: "X.509", Content: testCA(n + 1)},
		}
		if err := store.SetTrustedCertificateEntry(alias, entry); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := store.Store(&out, []byte(password)); err != nil {
		return err
	}
	return m.save(name, out.Bytes())
}

func jksVersion1(m maker) error {
	return m.save("v1.jks", handMade(1, jksPassword, trusted{"one", 1}, trusted{"two", 2}))
}

// jksDuplicateAlias: Java and keystore-go see the last entry of an alias.
func jksDuplicateAlias(m maker) error {
	return m.save("dup-alias.jks", handMade(2, jksPassword, trusted{"same", 1}, trusted{"other", 2}, trusted{"same", 3}))
}

// jksTwoAliases: one certificate under two aliases.
func jksTwoAliases(m maker) error {
	return m.save("two-aliases.jks", handMade(2, jksPassword, trusted{"first", 1}, trusted{"other", 2}, trusted{"second", 1}))
}

// jksTrailing: trust.jks with bytes after its end.
func jksTrailing(m maker) error {
	data, err := os.ReadFile(filepath.Join(m.work, "trust.jks"))
	if err != nil {
		return err
	}
	return m.save("trailing.jks", append(data, "trailing"...))
}

// fixtureDate is the date of all entries that Go makes.
var fixtureDate = time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC)

// trusted is an entry for test CA number n.
type trusted struct {
	alias string
	n     int
}

// handMade writes a JKS octet by octet, sharing no code with what it tests.
func handMade(version uint32, password string, entries ...trusted) []byte {
	be := binary.BigEndian
	utf := func(out []byte, s string) []byte { return append(be.AppendUint16(out, uint16(len(s))), s...) }
	out := be.AppendUint32(nil, 0xFEEDFEED)
	out = be.AppendUint32(out, version)
	out = be.AppendUint32(out, uint32(len(entries)))
	for _, e := range entries {
		der := testCA(e.n)
		out = be.AppendUint32(out, 2)
		out = utf(out, e.alias)
		out = be.AppendUint64(out, uint64(fixtureDate.UnixMilli()))
		if version == 2 {
			out = utf(out, "X.509")
		}
		out = be.AppendUint32(out, uint32(len(der)))
		out = append(out, der...)
	}
	hash := sha1.New()
	for _, unit := range utf16.Encode([]rune(password)) {
		hash.Write(be.AppendUint16(nil, unit))
	}
	hash.Write([]byte("Mighty Aphrodite"))
	hash.Write(out)
	return hash.Sum(out)
}

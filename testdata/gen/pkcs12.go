package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// pkcs12Password opens every PKCS#12 fixture, unless its name says otherwise.
const pkcs12Password = "changeit"

// pkcs12Maker makes PKCS#12 fixtures with the programs that write such files in
// the wild: keytool, openssl and pk12util. The first error stays.
type pkcs12Maker struct {
	dir  string // of the fixtures
	work string // certificates and keys
	err  error
}

// pkcs12Fixtures fills dir, which must exist. It needs keytool of JDK 17,
// openssl 3 with its legacy provider, certutil and pk12util.
func pkcs12Fixtures(dir string) error {
	work, err := os.MkdirTemp("", "pkcs12-fixtures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	m := &pkcs12Maker{dir: dir, work: work}
	m.certificates()
	m.keytoolAlgorithms()
	m.keytoolEntries()
	m.openssl()
	m.nss()
	m.pbmac1()
	return m.err
}

// certificates makes ca1, ca2 and a leaf of ca1 with its key.
func (m *pkcs12Maker) certificates() {
	ca1, key1 := m.issue("ca1", "Fixture CA 1", nil, nil)
	m.issue("ca2", "Fixture CA 2", nil, nil)
	m.issue("leaf", "leaf.example", ca1, key1)
}

func (m *pkcs12Maker) issue(name, commonName string, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	if m.err != nil {
		return nil, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		m.err = err
		return nil, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:         issuer == nil, BasicConstraintsValid: true,
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		m.err = err
		return nil, nil
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		m.err = err
		return nil, nil
	}
	m.write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	m.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		m.err = err
	}
	return certificate, key
}

// keytoolAlgorithms makes trust stores that differ in their protection.
func (m *pkcs12Maker) keytoolAlgorithms() {
	const cert, mac = "certProtectionAlgorithm=", "macAlgorithm="
	for _, f := range []struct {
		name       string
		properties []string
	}{
		{"keytool-default", nil},
		{"keytool-passwordless", []string{cert + "NONE", mac + "NONE"}},
		{"keytool-mac-only", []string{cert + "NONE"}},
		{"keytool-encrypted-only", []string{mac + "NONE"}},
		{"keytool-legacy-rc2-40", []string{"legacy"}},
		{"keytool-3des", []string{cert + "PBEWithSHA1AndDESede", mac + "HmacPBESHA1"}},
		{"keytool-rc2-128", []string{cert + "PBEWithSHA1AndRC2_128"}},
		{"keytool-rc4-128", []string{cert + "PBEWithSHA1AndRC4_128"}},
		{"keytool-aes128-sha1", []string{cert + "PBEWithHmacSHA1AndAES_128"}},
		{"keytool-aes128-sha512", []string{cert + "PBEWithHmacSHA512AndAES_128", mac + "HmacPBESHA512"}},
		{"keytool-aes256-sha224", []string{cert + "PBEWithHmacSHA224AndAES_256", mac + "HmacPBESHA224"}},
		{"keytool-aes256-sha384", []string{cert + "PBEWithHmacSHA384AndAES_256", mac + "HmacPBESHA384"}},
		{"keytool-mac-sha512-224", []string{mac + "HmacPBESHA512/224"}},
		{"keytool-mac-sha512-256", []string{mac + "HmacPBESHA512/256"}},
	} {
		m.keytoolTrust(f.name, "Ca One", "ca1", f.properties...)
		m.keytoolTrust(f.name, "第二", "ca2", f.properties...)
	}
}

// keytoolEntries makes stores that differ in what they hold.
func (m *pkcs12Maker) keytoolEntries() {
	m.keytoolKey("keytool-key-and-trusted", "server")
	m.keytoolTrust("keytool-key-and-trusted", "ca", "ca1")

	m.keytoolKey("keytool-keys-and-secret", "server")
	m.keytoolKey("keytool-keys-and-secret", "client")
	m.keytool("keytool-keys-and-secret", nil, "-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "128")
	m.keytoolTrust("keytool-keys-and-secret", "ca", "ca1")

	m.keytoolKey("keytool-key-only", "server")

	m.keytoolTrust("keytool-emptied", "ca", "ca1")
	m.keytool("keytool-emptied", nil, "-delete", "-alias", "ca")
	passwordless := []string{"certProtectionAlgorithm=NONE", "macAlgorithm=NONE"}
	m.keytoolTrust("keytool-emptied-passwordless", "ca", "ca1", passwordless...)
	m.keytool("keytool-emptied-passwordless", passwordless, "-delete", "-alias", "ca")
}

func (m *pkcs12Maker) keytoolTrust(store, alias, certificate string, properties ...string) {
	m.keytool(store, properties, "-importcert", "-noprompt", "-alias", alias, "-file", m.at(certificate+".pem"))
}

func (m *pkcs12Maker) keytoolKey(store, alias string) {
	m.keytool(store, nil, "-genkeypair", "-alias", alias, "-keyalg", "EC", "-groupname", "secp256r1",
		"-dname", "CN="+alias, "-validity", "9000")
}

func (m *pkcs12Maker) keytool(store string, properties []string, args ...string) {
	all := []string{"-J-Dfile.encoding=UTF-8"}
	for _, p := range properties {
		all = append(all, "-J-Dkeystore.pkcs12."+p)
	}
	all = append(all, args...)
	m.run("keytool", append(all, "-keystore", m.store(store), "-storetype", "PKCS12", "-storepass", pkcs12Password)...)
}

func (m *pkcs12Maker) openssl() {
	m.opensslCertificates("openssl-nokeys", pkcs12Password)
	m.opensslCertificates("openssl-nokeys-nomac", pkcs12Password, "-nomac")
	m.opensslCertificates("openssl-aes192", pkcs12Password, "-certpbe", "AES-192-CBC")
	m.opensslCertificates("openssl-pbes2-3des", pkcs12Password, "-certpbe", "DES-EDE3-CBC")
	m.opensslCertificates("openssl-2des", pkcs12Password, "-certpbe", "PBE-SHA1-2DES", "-macalg", "sha1")
	m.opensslCertificates("openssl-legacy", pkcs12Password, "-legacy")
	m.opensslCertificates("openssl-empty-password", "")
	m.opensslCertificates("openssl-empty-password-legacy", "", "-legacy")
	m.opensslCertificates("openssl-chinese-password", "密碼測試")
	m.opensslCertificates("openssl-chinese-password-legacy", "密碼測試", "-legacy")
	m.run("openssl", "pkcs12", "-export", "-in", m.at("leaf.pem"), "-inkey", m.at("leaf.key"),
		"-certfile", m.at("ca1.pem"), "-name", "leaf", "-out", m.store("openssl-key"), "-passout", "pass:"+pkcs12Password)
	m.run("openssl", "pkcs12", "-export", "-in", m.at("leaf.pem"), "-inkey", m.at("leaf.key"), "-keypbe", "NONE", "-certpbe", "NONE",
		"-nomac", "-name", "leaf", "-out", m.store("openssl-key-in-clear"), "-passout", "pass:"+pkcs12Password)
}

// opensslCertificates makes a file of two certificates that Java does not trust.
func (m *pkcs12Maker) opensslCertificates(store, password string, args ...string) {
	all := []string{"pkcs12", "-export", "-nokeys", "-in", m.at("ca1.pem"), "-certfile", m.at("ca2.pem"),
		"-out", m.store(store), "-passout", "pass:" + password}
	m.run("openssl", append(all, args...)...)
}

// nss makes a file as Firefox exports it: BER, of indefinite lengths.
func (m *pkcs12Maker) nss() {
	database := "sql:" + m.at("nssdb")
	if m.err == nil {
		m.err = os.Mkdir(m.at("nssdb"), 0o700)
	}
	m.run("certutil", "-N", "-d", database, "--empty-password")
	m.run("pk12util", "-i", m.store("openssl-key"), "-d", database, "-W", pkcs12Password)
	m.run("pk12util", "-o", m.store("nss-ber"), "-d", database, "-n", "leaf", "-W", pkcs12Password)
}

// pbmac1 makes a trust store with the MAC of RFC 9579.
func (m *pkcs12Maker) pbmac1() {
	if m.err != nil {
		return
	}
	var entries []gopkcs12.TrustStoreEntry
	for _, name := range []string{"ca1", "ca2"} {
		block, _ := pem.Decode(m.read(name + ".pem"))
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			m.err = err
			return
		}
		entries = append(entries, gopkcs12.TrustStoreEntry{Cert: certificate, FriendlyName: name})
	}
	data, err := gopkcs12.Modern2026.EncodeTrustStoreEntries(entries, pkcs12Password)
	if err != nil {
		m.err = err
		return
	}
	m.err = os.WriteFile(m.store("go-pbmac1"), data, 0o644)
}

func (m *pkcs12Maker) store(name string) string { return filepath.Join(m.dir, name+".p12") }

func (m *pkcs12Maker) at(name string) string { return filepath.Join(m.work, name) }

func (m *pkcs12Maker) write(name string, data []byte) {
	if m.err == nil {
		m.err = os.WriteFile(m.at(name), data, 0o600)
	}
}

func (m *pkcs12Maker) read(name string) []byte {
	data, err := os.ReadFile(m.at(name))
	if err != nil && m.err == nil {
		m.err = err
	}
	return data
}

func (m *pkcs12Maker) run(program string, args ...string) {
	if m.err != nil {
		return
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil {
		m.err = fmt.Errorf("%s %q: %w\n%s", program, args, err, out)
	}
}

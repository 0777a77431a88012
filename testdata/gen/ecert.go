package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// Passwords of the e-Cert fixtures: those with "chinese" in their names have the
// second one, those with "empty" none.
const (
	ecertPassword        = "1234567890123456"
	ecertChinesePassword = "密碼測試"
)

// ecertMaker makes e-Cert files under a hierarchy of the same shape as Hongkong
// Post's: a root, issuing CAs of two generations with one key, and CAs that have
// expired or were revoked. The CAs' keys are thrown away.
type ecertMaker struct {
	maker
	authorities map[string]ecertAuthority
	serial      int64
	err         error
}

type ecertAuthority struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

// makeECert fills testdata/ecert. It needs openssl 3 with its legacy provider,
// keytool, java with BouncyCastle (libbcprov-java), certutil and pk12util.
func makeECert(m maker) error {
	e := &ecertMaker{maker: m, authorities: make(map[string]ecertAuthority)}
	e.hierarchy()
	e.kinds()
	e.conditions()
	e.containers()
	return e.err
}

func (m *ecertMaker) hierarchy() {
	m.authority("root-2", "Hongkong Post Test Root CA 2", "root-2", "2015-09-05", "2040-09-05", nil)
	m.authority("ca-2-17-old", "Hongkong Post Test e-Cert CA 2 - 17", "root-2", "2017-08-12", "2032-08-12", nil)
	m.authority("ca-2-17", "Hongkong Post Test e-Cert CA 2 - 17", "root-2", "2026-05-07", "2032-08-12", func(t *x509.Certificate) {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	m.authority("root-1", "Hongkong Post Test Root CA 1", "root-1", "2003-05-15", "2023-05-15", sha1Signed)
	m.authority("ca-1-10", "Hongkong Post Test e-Cert CA 1 - 10", "root-1", "2010-01-09", "2023-05-15", sha1Signed)
	m.authority("ca-1-15", "Hongkong Post Test e-Cert CA 1 - 15", "root-1", "2015-07-04", "2023-05-15", nil)
	m.authority("stranger", "Somebody Else's CA", "stranger", "2020-01-01", "2040-01-01", nil)
	// The name of a CA that exists, for a certificate that is not of it.
	m.authority("impostor", "Hongkong Post e-Cert CA 2 - 17", "impostor", "2020-01-01", "2040-01-01", func(t *x509.Certificate) {
		t.Subject = pkix.Name{
			Country: []string{"HK"}, Province: []string{"Hong Kong"}, Locality: []string{"Hong Kong"},
			Organization: []string{"Hongkong Post"}, CommonName: "Hongkong Post e-Cert CA 2 - 17",
		}
	})
}

func sha1Signed(t *x509.Certificate) { t.SignatureAlgorithm = x509.SHA1WithRSA }

// authority makes a CA; a later generation of a name takes over its key.
func (m *ecertMaker) authority(slug, name, issuer, from, to string, adjust func(*x509.Certificate)) {
	var key *rsa.PrivateKey
	for _, a := range m.authorities {
		if a.cert.Subject.CommonName == name {
			key = a.key
		}
	}
	if key == nil {
		key = m.key(2048)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{Country: []string{"HK"}, Organization: []string{"Hongkong Post"}, CommonName: name},
		IsCA:    true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	by, ok := m.authorities[issuer]
	if !ok {
		by = ecertAuthority{template, key}
	}
	cert := m.sign(template, from, to, by, key, adjust)
	if m.err != nil {
		return
	}
	m.authorities[slug] = ecertAuthority{cert, key}
	m.err = m.save(slug+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

func (m *ecertMaker) key(bits int) *rsa.PrivateKey {
	if m.err != nil {
		return nil
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	m.err = err
	return key
}

func (m *ecertMaker) sign(template *x509.Certificate, from, to string, by ecertAuthority, key *rsa.PrivateKey, adjust func(*x509.Certificate)) *x509.Certificate {
	if m.err != nil {
		return nil
	}
	m.serial++
	template.SerialNumber = big.NewInt(0x1000 + m.serial)
	template.NotBefore, template.NotAfter = ecertDate(from), ecertDate(to)
	if adjust != nil {
		adjust(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	if err != nil {
		m.err = fmt.Errorf("%s: %w", template.Subject, err)
		return nil
	}
	cert, err := x509.ParseCertificate(der)
	m.err = err
	return cert
}

func ecertDate(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// ecertLeaf says how a subscriber's certificate differs from the usual one, a
// personal e-Cert that is in order in November 2026.
type ecertLeaf struct {
	issuer, from, to string
	kind             string // in the O
	bits             int
	adjust           func(*x509.Certificate)
}

func (m *ecertMaker) leaf(l ecertLeaf) (*x509.Certificate, *rsa.PrivateKey) {
	if l.issuer == "" {
		l.issuer = "ca-2-17"
	}
	if l.from == "" {
		l.from, l.to = "2026-06-01", "2028-06-01"
	}
	if l.kind == "" {
		l.kind = "Hongkong Post e-Cert (Personal)"
	}
	if l.bits == 0 {
		l.bits = 2048
	}
	key := m.key(l.bits)
	const email = "chan.tai.man@example.hk"
	template := &x509.Certificate{
		Subject: pkix.Name{
			Country: []string{"HK"}, Organization: []string{l.kind}, OrganizationalUnit: []string{"0012345678"},
			CommonName: "CHAN Tai Man 陳大文",
			ExtraNames: []pkix.AttributeTypeAndValue{{
				Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(email)},
			}},
		},
		KeyUsage:           x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		EmailAddresses:     []string{email},
		Policies:           []x509.OID{mustOID("1.3.6.1.4.1.16030.1.2.30")},
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	return m.sign(template, l.from, l.to, m.authorities[l.issuer], key, l.adjust), key
}

func mustOID(s string) x509.OID {
	id, err := x509.ParseOID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// file writes an e-Cert file in PBES2; chain are slugs of CAs.
func (m *ecertMaker) file(name string, l ecertLeaf, chain ...string) {
	cert, key := m.leaf(l)
	m.encode(name, gopkcs12.Modern2023, ecertPassword, key, cert, chain...)
}

func (m *ecertMaker) encode(name string, encoder *gopkcs12.Encoder, password string, key *rsa.PrivateKey, cert *x509.Certificate, chain ...string) {
	if m.err != nil {
		return
	}
	var cas []*x509.Certificate
	for _, slug := range chain {
		cas = append(cas, m.authorities[slug].cert)
	}
	data, err := encoder.Encode(key, cert, cas, password)
	if err != nil {
		m.err = err
		return
	}
	m.err = m.save(name+".p12", data)
}

// kinds makes one file for each kind of certificate.
func (m *ecertMaker) kinds() {
	for name, kind := range map[string]string{
		"organisational": "Hongkong Post e-Cert (Organisational)",
		"role":           "Hongkong Post e-Cert (Organisational Role)",
		"server":         "Hongkong Post e-Cert (Server)",
		"bank":           "Hongkong Post Bank-Cert (Corporate)",
	} {
		m.file(name, ecertLeaf{kind: kind}, "ca-2-17", "root-2")
	}
	m.file("encipherment", ecertLeaf{kind: "Hongkong Post e-Cert (Encipherment)", adjust: func(t *x509.Certificate) {
		t.KeyUsage = x509.KeyUsageKeyEncipherment
	}}, "ca-2-17", "root-2")
	m.file("mutual-recognition", ecertLeaf{adjust: func(t *x509.Certificate) {
		t.Policies = append(t.Policies, mustOID("2.16.344.8.2.2008.810.2.2012.1.0"))
	}}, "ca-2-17", "root-2")
}

// conditions makes one file for each thing that can be the matter.
func (m *ecertMaker) conditions() {
	m.file("expired", ecertLeaf{from: "2022-09-21", to: "2025-09-21", issuer: "ca-2-17-old"}, "ca-2-17-old")
	m.file("not-yet-valid", ecertLeaf{from: "2026-12-24", to: "2028-12-24"}, "ca-2-17")
	m.file("expires-soon", ecertLeaf{from: "2025-12-01", to: "2026-12-01", issuer: "ca-2-17-old"}, "ca-2-17-old")
	m.file("issuer-revoked", ecertLeaf{issuer: "ca-1-10", from: "2012-01-01", to: "2014-01-01", bits: 1024, adjust: sha1Signed}, "ca-1-10", "root-1")
	m.file("issuer-expired", ecertLeaf{issuer: "ca-1-15", from: "2020-01-01", to: "2028-01-01"}, "ca-1-15", "root-1")
	m.file("weak", ecertLeaf{bits: 1024, adjust: sha1Signed}, "ca-2-17")
	m.file("no-chain", ecertLeaf{})
	m.file("stranger-issued", ecertLeaf{issuer: "stranger"}, "stranger")
	m.file("impostor-issued", ecertLeaf{issuer: "impostor"})

	cert, _ := m.leaf(ecertLeaf{})
	m.encode("other-key", gopkcs12.Modern2023, ecertPassword, m.key(2048), cert, "ca-2-17")
	m.trustStore("no-key", cert)
}

func (m *ecertMaker) trustStore(name string, cert *x509.Certificate) {
	if m.err != nil {
		return
	}
	data, err := gopkcs12.Modern2023.EncodeTrustStore([]*x509.Certificate{cert}, ecertPassword)
	if err != nil {
		m.err = err
		return
	}
	m.err = m.save(name+".p12", data)
}

// containers makes one personal e-Cert's file with each program that writes
// such files.
func (m *ecertMaker) containers() {
	cert, key := m.leaf(ecertLeaf{})
	if m.err != nil {
		return
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		m.err = err
		return
	}
	m.pem("leaf.pem", "CERTIFICATE", cert.Raw)
	m.pem("leaf.key", "PRIVATE KEY", pkcs8)
	m.pem("chain.pem", "CERTIFICATE", m.authorities["ca-2-17"].cert.Raw, m.authorities["root-2"].cert.Raw)
	if m.err == nil {
		m.err = m.save("personal.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	}

	m.openssl("openssl", ecertPassword)
	m.openssl("openssl-legacy", ecertPassword, "-legacy")
	m.openssl("openssl-chinese", ecertChinesePassword)
	m.openssl("openssl-legacy-chinese", ecertChinesePassword, "-legacy")
	m.openssl("openssl-empty", "")
	m.openssl("openssl-legacy-empty", "", "-legacy")
	m.openssl("openssl-sha384", ecertPassword, "-macalg", "sha384")
	m.openssl("openssl-no-mac", ecertPassword, "-nomac")
	m.openssl("openssl-in-clear", ecertPassword, "-nomac", "-keypbe", "NONE", "-certpbe", "NONE")
	m.openssl("openssl-certs-in-clear", ecertPassword, "-certpbe", "NONE")
	// As Windows exports with "TripleDES-SHA1": a key container's name, and
	// a friendly name.
	windows := []string{"-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-CSP", "Microsoft Enhanced RSA and AES Cryptographic Provider"}
	m.openssl("windows", ecertPassword, windows...)
	m.openssl("windows-chinese", ecertChinesePassword, windows...)

	m.keytool("keytool", ecertPassword)
	m.keytool("keytool-legacy", ecertPassword, "-J-Dkeystore.pkcs12.legacy")
	m.keytool("keytool-sha384", ecertPassword, "-J-Dkeystore.pkcs12.keyProtectionAlgorithm=PBEWithHmacSHA384AndAES_256",
		"-J-Dkeystore.pkcs12.certProtectionAlgorithm=PBEWithHmacSHA384AndAES_256", "-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA384")
	m.keytoolTwoKeys()
	m.nss("nss", ecertPassword)
	m.nss("nss-chinese", ecertChinesePassword)
	m.bouncyCastle()
	m.encode("go-pbmac1", gopkcs12.Modern2026, ecertPassword, key, cert, "ca-2-17", "root-2")
	m.encode("go-rc2", gopkcs12.LegacyRC2, ecertPassword, key, cert, "ca-2-17", "root-2")
}

func (m *ecertMaker) pem(name, kind string, blocks ...[]byte) {
	var text []byte
	for _, der := range blocks {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
	}
	if m.err == nil {
		m.err = os.WriteFile(filepath.Join(m.work, name), text, 0o600)
	}
}

// out is the path of a fixture for programs that run in the work directory.
func (m *ecertMaker) out(name string) string {
	path, err := filepath.Abs(filepath.Join(m.dir, name+".p12"))
	if err != nil && m.err == nil {
		m.err = err
	}
	return path
}

func (m *ecertMaker) run(program string, args ...string) {
	if m.err == nil {
		m.err = m.tool(program, args...)
	}
}

func (m *ecertMaker) openssl(name, password string, args ...string) {
	m.run("openssl", append([]string{"pkcs12", "-export", "-in", "leaf.pem", "-inkey", "leaf.key", "-certfile", "chain.pem",
		"-name", "陳大文的電子證書", "-out", m.out(name), "-passout", "pass:" + password}, args...)...)
}

func (m *ecertMaker) keytool(name, password string, args ...string) {
	os.Remove(m.out(name))
	m.run("keytool", append(args, "-J-Dfile.encoding=UTF-8", "-importkeystore", "-noprompt", "-srckeystore", m.out("openssl"), "-srcstorepass", ecertPassword,
		"-destkeystore", m.out(name), "-deststoretype", "PKCS12", "-deststorepass", password)...)
}

func (m *ecertMaker) keytoolTwoKeys() {
	m.keytool("keytool-two-keys", ecertPassword)
	m.run("keytool", "-genkeypair", "-alias", "second", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=Second", "-validity", "9000",
		"-keystore", m.out("keytool-two-keys"), "-storepass", ecertPassword)
}

// nss makes a file as Firefox exports it: BER, the CA's certificate first.
func (m *ecertMaker) nss(name, password string) {
	database := filepath.Join(m.work, name)
	if m.err == nil {
		m.err = os.Mkdir(database, 0o700)
	}
	m.run("certutil", "-N", "-d", "sql:"+database, "--empty-password")
	m.run("pk12util", "-i", m.out("openssl"), "-d", "sql:"+database, "-W", ecertPassword)
	m.run("pk12util", "-o", m.out(name), "-d", "sql:"+database, "-n", "陳大文的電子證書", "-W", password)
}

// bouncyCastleProgram copies a PKCS#12 file with BouncyCastle: from, to, the
// type of keystore, two passwords.
const bouncyCastleProgram = `import java.io.*; import java.security.*; import java.util.*;
public class Copy { public static void main(String[] a) throws Exception {
  Security.addProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider());
  KeyStore in = KeyStore.getInstance("PKCS12", "SunJSSE"), out = KeyStore.getInstance(a[2], "BC");
  in.load(new FileInputStream(a[0]), a[3].toCharArray()); out.load(null, null);
  for (String n : Collections.list(in.aliases()))
    out.setKeyEntry(n, in.getKey(n, a[3].toCharArray()), null, in.getCertificateChain(n));
  try (OutputStream o = new FileOutputStream(a[1])) { out.store(o, a[4].toCharArray()); }
} }
`

func (m *ecertMaker) bouncyCastle() {
	if m.err == nil {
		m.err = os.WriteFile(filepath.Join(m.work, "Copy.java"), []byte(bouncyCastleProgram), 0o600)
	}
	for _, f := range []struct{ name, kind, password string }{
		{"bouncycastle", "PKCS12", ecertPassword},
		{"bouncycastle-3des", "PKCS12-3DES-3DES", ecertPassword},
		{"bouncycastle-chinese", "PKCS12", ecertChinesePassword},
	} {
		m.run("java", "-Dfile.encoding=UTF-8", "-cp", "/usr/share/java/bcprov.jar", "Copy.java",
			m.out("openssl"), m.out(f.name), f.kind, ecertPassword, f.password)
	}
}

package javatest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// CertificateVerdict is what a JVM says of a certificate.
type CertificateVerdict struct {
	// Factory, JKS and PKCS12 say whether CertificateFactory and KeyStore.load
	// take it.
	Factory, JKS, PKCS12 bool
	// Same says that Java's certificate has the very bytes it was read from.
	Same bool
	// Thrown is the exception and its causes; "" if there was none.
	Thrown string
}

// Loads says whether the JVM loads keystores that hold the certificate.
func (v CertificateVerdict) Loads() bool { return v.Factory && v.JKS && v.PKCS12 }

// JudgeCertificates returns what one JVM says of each certificate.
func (j JDK) JudgeCertificates(t testing.TB, certificates [][]byte) []CertificateVerdict {
	t.Helper()
	var in bytes.Buffer
	for _, der := range certificates {
		in.Write(binary.BigEndian.AppendUint32(nil, uint32(len(der))))
		in.Write(der)
	}
	cmd := exec.Command(filepath.Join(j.Home, "bin", "java"), append(append([]string{}, speed...), "-cp", classes(t), "CertificateJudge")...)
	cmd.Env = environ()
	cmd.Stdin = &in
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		t.Fatalf("CertificateJudge on Java %d: %v\n%s", j.Major, err, errors.String())
	}
	var verdicts []CertificateVerdict
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		signs, thrown, _ := strings.Cut(lines.Text(), " ")
		if len(signs) != 4 {
			t.Fatalf("CertificateJudge on Java %d answers %q", j.Major, lines.Text())
		}
		verdicts = append(verdicts, CertificateVerdict{
			Factory: signs[0] == '+', JKS: signs[1] == '+', PKCS12: signs[2] == '+', Same: signs[3] == '=', Thrown: thrown,
		})
	}
	if err := lines.Err(); err != nil || len(verdicts) != len(certificates) {
		t.Fatalf("CertificateJudge on Java %d: %d answers to %d certificates: %v", j.Major, len(verdicts), len(certificates), err)
	}
	return verdicts
}

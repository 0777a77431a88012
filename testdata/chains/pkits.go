package chains

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/chain"
)

// PKITS makes a chain for each end-entity certificate of NIST's test suite:
// the certificate and all CA certificates that lead up from it by name, to be
// judged with the suite's trust anchor.
func PKITS(t testing.TB) []Chain {
	t.Helper()
	dir := filepath.Dir(oracle.NeedFile(t, "NIST's PKITS (python3-cryptography-vectors)",
		"/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/certs/TrustAnchorRootCertificate.crt"))
	files, err := filepath.Glob(filepath.Join(dir, "*.crt"))
	if err != nil {
		t.Fatal(err)
	}
	var leaves []string
	cas := map[string][]*chain.Certificate{} // by subject
	read := map[string]*chain.Certificate{}
	for _, file := range files {
		der, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".crt")
		c, err := chain.Parse(der)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read[name] = c
		if strings.Contains(name, "EE") {
			leaves = append(leaves, name)
		} else if name != "TrustAnchorRootCertificate" {
			cas[string(c.RawSubject)] = append(cas[string(c.RawSubject)], c)
		}
	}
	var list []Chain
	for _, name := range leaves {
		list = append(list, Chain{
			Name: "pkits-" + name, Time: Now,
			Anchors:   [][]byte{read["TrustAnchorRootCertificate"].Raw},
			Presented: upwards(read[name], cas),
		})
	}
	return list
}

func upwards(leaf *chain.Certificate, cas map[string][]*chain.Certificate) [][]byte {
	out := [][]byte{leaf.Raw}
	seen := map[[32]byte]bool{}
	for queue := []*chain.Certificate{leaf}; len(queue) > 0; queue = queue[1:] {
		for _, c := range cas[string(queue[0].RawIssuer)] {
			if seen[c.Fingerprint] {
				continue
			}
			seen[c.Fingerprint] = true
			out = append(out, c.Raw)
			queue = append(queue, c)
		}
	}
	return out
}

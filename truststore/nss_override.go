package truststore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// overrideFile is where Firefox keeps, beside its database, the servers whose
// certificate a user took in spite of its faults.
const overrideFile = "cert_override.txt"

// maxOverrides bounds the file, in bytes.
const maxOverrides = 1 << 20

// override is an exception for a server's certificate.
type override struct {
	host   string
	sha256 Fingerprint
}

// overridesOf reads the exceptions of a profile; none if there is no such file.
func overridesOf(h *host.Host, dir string) ([]override, error) {
	data, err := h.ReadFile(h.Join(dir, overrideFile), maxOverrides)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseOverrides(data), nil
}

// parseOverrides reads lines of "host:port:attributes", the OID of SHA-256 and
// the fingerprint in hexadecimal with colons, separated by tabs
// (nsCertOverrideService.cpp). What it does not understand it passes over, as
// Firefox does.
func parseOverrides(data []byte) []override {
	var out []override
	for line := range bytes.Lines(data) {
		fields := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		if strings.HasPrefix(fields[0], "#") || len(fields) < 3 || fields[1] != "OID.2.16.840.1.101.3.4.2.1" {
			continue
		}
		sum, err := hex.DecodeString(strings.ReplaceAll(fields[2], ":", ""))
		server := strings.TrimSuffix(fields[0], ":")
		name, _, split := net.SplitHostPort(server)
		if err != nil || len(sum) != len(Fingerprint{}) || split != nil {
			continue
		}
		out = append(out, override{strings.ToLower(name), Fingerprint(sum)})
	}
	return out
}

// excepted is a reader whose user has made exceptions: what Firefox would let
// one pass, it then takes. The port is not known here; an exception for any of
// the server's counts.
func excepted(r reader, overrides []override) reader {
	judge := r.judge
	r.judge = func(presented [][]byte, q chain.Query) chain.Verdict {
		v := judge(presented, q)
		if v.OK() || !v.Code.Known() || len(presented) == 0 || q.ServerName == "" || !passable(v.Words) {
			return v
		}
		id := hkpost.FingerprintOf(presented[0])
		for _, o := range overrides {
			if o.sha256 == id && o.host == strings.ToLower(q.ServerName) {
				return chain.Verdict{Code: chain.Trusted, Path: parsedAll(presented[:1])}
			}
		}
		return v
	}
	return r
}

// passable reports whether Firefox offers to go on in spite of an error.
func passable(words string) bool {
	switch words {
	case "SEC_ERROR_UNKNOWN_ISSUER", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY",
		"SEC_ERROR_EXPIRED_CERTIFICATE", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
		"MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE", "SSL_ERROR_BAD_CERT_DOMAIN", "SEC_ERROR_CA_CERT_INVALID",
		"MOZILLA_PKIX_ERROR_V1_CERT_USED_AS_CA", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "MOZILLA_PKIX_ERROR_EMPTY_ISSUER_NAME":
		return true
	}
	return false
}

package clients

import (
	"crypto/x509"
	"errors"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// GoVerify is the verdict of crypto/x509 itself: with anchors as the pool of
// roots, what was presented after the leaf as intermediates.
func GoVerify(anchors, presented [][]byte, q chain.Query) chain.Verdict {
	if len(presented) == 0 {
		return chain.Verdict{Code: chain.ChainEmpty}
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	for _, der := range anchors {
		// Go leaves out an anchor that it cannot read.
		if c, err := x509.ParseCertificate(der); err == nil {
			roots.AddCert(c)
		}
	}
	var leaf *x509.Certificate
	for i, der := range presented {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			at, _ := chain.Parse(der)
			return chain.Verdict{Code: chain.ChainUnreadable, Words: "tls: failed to parse certificate from server: " + err.Error(), At: at}
		}
		if i == 0 {
			leaf = c
		} else {
			intermediates.AddCert(c)
		}
	}
	usage := x509.ExtKeyUsageServerAuth
	if q.Purpose == chain.Client {
		usage = x509.ExtKeyUsageClientAuth
	}
	paths, err := leaf.Verify(x509.VerifyOptions{
		DNSName: goHost(q), Roots: roots, Intermediates: intermediates, CurrentTime: q.Time, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return goRefusal(err, q)
	}
	v := chain.Verdict{Code: chain.Trusted}
	for _, c := range paths[0] {
		if p, err := chain.Parse(c.Raw); err == nil {
			v.Path = append(v.Path, p)
		}
	}
	return v
}

// goHost is the name as crypto/tls gives it to Verify: without a final dot.
func goHost(q chain.Query) string {
	if q.Purpose == chain.Client {
		return ""
	}
	return strings.TrimSuffix(q.ServerName, ".")
}

func goRefusal(err error, q chain.Query) chain.Verdict {
	v := chain.Verdict{Words: "tls: failed to verify certificate: " + err.Error()}
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var critical x509.UnhandledCriticalExtension
	switch {
	case errors.As(err, &invalid):
		v.Code = goReason(invalid.Reason)
		v.At, _ = chain.Parse(invalid.Cert.Raw)
		if v.Code == chain.Expired && q.Time.Before(invalid.Cert.NotBefore) {
			v.Code = chain.NotYetValid // Go has one reason for both
		}
	case errors.As(err, &host):
		v.Code = chain.HostMismatch
		v.At, _ = chain.Parse(host.Certificate.Raw)
	case errors.As(err, &critical):
		v.Code = chain.Critical
	default:
		v.Code = chain.NoPath
	}
	return v
}

func goReason(r x509.InvalidReason) chain.Code {
	switch r {
	case x509.Expired:
		return chain.Expired
	case x509.NotAuthorizedToSign:
		return chain.NotCA
	case x509.CANotAuthorizedForThisName, x509.NameConstraintsWithoutSANs, x509.UnconstrainedName, x509.TooManyConstraints:
		return chain.NameConstraint
	case x509.TooManyIntermediates:
		return chain.PathLength
	case x509.IncompatibleUsage, x509.CANotAuthorizedForExtKeyUsage:
		return chain.ExtKeyUsage
	case x509.NameMismatch:
		return chain.NoPath
	}
	return chain.Policy
}

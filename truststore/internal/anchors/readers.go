package anchors

import "crypto/x509"

// Readers are the programs that take a certificate in a bundle for an anchor of
// TLS servers. Each knows other names for it, and other signs before it.
type Readers struct {
	// OpenSSL stands for what it loads its anchors by: curl and Python, too.
	// It alone knows settings of trust, and of several copies heeds the first.
	OpenSSL bool
	GnuTLS  bool // wget, too
	Node    bool
	Go      bool
}

// All reports whether no program passes over the certificate.
func (r Readers) All() bool { return r.OpenSSL && r.GnuTLS && r.Node && r.Go }

// Any reports whether some program sees the certificate.
func (r Readers) Any() bool { return r.OpenSSL || r.GnuTLS || r.Node || r.Go }

// Have reports whether a program, such as "curl", is among them.
func (r Readers) Have(program string) bool {
	switch {
	case HeedsFirst(program):
		return r.OpenSSL
	case program == "go":
		return r.Go
	case program == "node":
		return r.Node
	}
	return r.GnuTLS
}

// HeedsFirst reports whether a program loads its anchors by OpenSSL's own way, in
// which the first copy of a certificate says whether it is one.
func HeedsFirst(program string) bool {
	return program == "openssl" || program == "curl" || program == "python"
}

// readers are those of a certificate that stands alone. GnuTLS looks for the older
// name only where no other certificate is left (gnutls_x509_crt_list_import).
func (b block) readers() Readers {
	return Readers{
		OpenSSL: b.trust == nil || b.trust.allows(x509.ExtKeyUsageServerAuth),
		GnuTLS:  b.label == labelPlain || b.label == labelX509 && !b.early,
		Node:    b.label != labelTrusted,
		Go:      b.label == labelPlain && !b.marked,
	}
}

// after are the readers of a certificate of which a file had copies before this.
func (b block) after(before Readers) Readers {
	alone := b.readers()
	return Readers{
		OpenSSL: before.OpenSSL,
		GnuTLS:  before.GnuTLS || alone.GnuTLS,
		Node:    before.Node || alone.Node,
		Go:      before.Go || alone.Go,
	}
}

// Seen is a certificate in a file, and who makes it an anchor.
type Seen struct {
	DER     []byte
	Readers Readers
}

// InBundle lists, each once, the certificates in a file that programs load their
// anchors from. Where something is damaged, it ends.
func InBundle(data []byte) []Seen {
	blocks, _ := certificates(data)
	var out []Seen
	at := map[string]int{}
	for _, b := range blocks {
		if i, again := at[string(b.der)]; again {
			out[i].Readers = b.after(out[i].Readers)
			continue
		}
		at[string(b.der)] = len(out)
		out = append(out, Seen{b.der, b.readers()})
	}
	return out
}

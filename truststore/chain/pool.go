package chain

// Pool is a set of certificates that can be asked by a name. The zero value is
// an empty set that compares names byte for byte.
type Pool struct {
	// Fold brings a name to the form in which the program compares names;
	// nil means its bytes. Set before the first Add.
	Fold func(raw []byte, name Name) string

	named map[string][]*Certificate
	known map[[32]byte]bool
}

// Add adds certificates, each once.
func (p *Pool) Add(certificates ...*Certificate) {
	if p.known == nil {
		p.known = map[[32]byte]bool{}
		p.named = map[string][]*Certificate{}
	}
	for _, c := range certificates {
		if p.known[c.Fingerprint] {
			continue
		}
		p.known[c.Fingerprint] = true
		key := p.fold(c.RawSubject, c.Subject)
		p.named[key] = append(p.named[key], c)
	}
}

// Has reports whether the very certificate is in the pool.
func (p *Pool) Has(c *Certificate) bool { return p.known[c.Fingerprint] }

// IssuersOf lists the certificates whose subject is c's issuer, in the order
// in which they were added.
func (p *Pool) IssuersOf(c *Certificate) []*Certificate {
	return p.named[p.fold(c.RawIssuer, c.Issuer)]
}

func (p *Pool) fold(raw []byte, name Name) string {
	if p.Fold == nil {
		return string(raw)
	}
	return p.Fold(raw, name)
}

package truststore

import (
	"crypto/x509"
	"slices"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// nssReaders is the program that a database belongs to; one of which that is
// not known is judged as NSS itself does, without built-in roots.
func nssReaders(m *Machine, snap *Snapshot) ([]reader, error) {
	program := "nss"
	switch {
	case snap.Info.Product == "chromium":
		program = "chromium"
	case mozillaBased(snap.Info.Product):
		program = "firefox"
	}
	r := nssReader(program, snap)
	if program == "firefox" && snap.Info.Owner == nil {
		overrides, err := overridesOf(m.host(), snap.Info.Path)
		if err != nil {
			return nil, err
		}
		r = excepted(r, overrides)
	}
	if program == "chromium" && snap.profiles != nil {
		return profileReaders(r, snap), nil
	}
	if program == "nss" {
		r.assumed = because(ReasonUnknownReader)
	}
	return []reader{r}, nil
}

// mozillaBased reports whether a product judges as Firefox does.
func mozillaBased(product string) bool {
	carrier, ok := carriers[product]
	return ok && carrier != hkpost.ChromeLinux || slices.Contains(ownNumbering, product)
}

func nssReader(program string, snap *Snapshot) reader {
	r := reader{program: program, version: snap.Info.Version}
	judged, hints := nss.Classic(), []*chain.Certificate(nil)
	switch program {
	case "nss":
		r.assumed = because(ReasonOldNSS)
	case "firefox":
		judged, hints = nss.Firefox(), preloaded()
	case "chromium":
		judged, r.follows = nss.Chromium(), true
	}
	contents, builtin := nssContents(snap)
	if program != "nss" {
		r.among = func(roots, presented [][]byte, q chain.Query) chain.Verdict {
			more := slices.Concat(builtin, parsedAll(roots))
			return judgeBy(judged.Rules, contents.TrustStore(judged, x509.ExtKeyUsageServerAuth, more, hints), presented, q)
		}
	}
	servers := contents.TrustStore(judged, x509.ExtKeyUsageServerAuth, builtin, hints)
	clients := contents.TrustStore(judged, x509.ExtKeyUsageClientAuth, builtin, hints)
	r.judge = func(presented [][]byte, q chain.Query) chain.Verdict {
		if q.Purpose == chain.Client {
			if judged.Rules.Clients == nil {
				return chain.Verdict{Code: chain.Undecided, Why: because(ReasonClients, "program", program)}
			}
			return judgeBy(judged.Rules, clients, presented, q)
		}
		return judgeBy(judged.Rules, servers, presented, q)
	}
	return r
}

// nssContents is a database as a snapshot has it, and the roots that its owner
// brings.
func nssContents(snap *Snapshot) (*nss.Contents, []*chain.Certificate) {
	contents := &nss.Contents{}
	var builtin [][]byte
	for _, e := range snap.Entries {
		if e.Trust.For(ServerAuth) == Builtin && e.DER != nil {
			builtin = append(builtin, e.DER)
		}
		if !e.Trust.Present {
			continue
		}
		trust, err := nss.ParseTrust(e.Trust.Native)
		if err != nil { // a store of another kind
			trust, _ = nss.ParseTrust(map[Level]string{Explicit: "C,,", Distrusted: "p,,"}[e.Trust.For(ServerAuth)])
		}
		contents.Entries = append(contents.Entries, nss.Entry{DER: e.DER, Trust: trust})
	}
	for _, g := range snap.Ghosts {
		if trust, err := nss.ParseTrust(g.Trust.Native); err == nil {
			contents.Ghosts = append(contents.Ghosts, nss.Ghost{Issuer: g.Issuer, Serial: g.Serial, Trust: trust})
		}
	}
	return contents, parsedAll(builtin)
}

// preloaded are the issuing CAs of Hongkong Post that Firefox knows.
func preloaded() []*chain.Certificate {
	return slices.DeleteFunc(slices.Clone(catalogueChain()), func(c *chain.Certificate) bool { return !hkpost.Preloaded(c.Fingerprint) })
}

func parsedAll(ders [][]byte) []*chain.Certificate {
	var out []*chain.Certificate
	for _, der := range ders {
		if c, err := chain.Parse(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// judgeBy judges certificates as a server sends them.
func judgeBy(rules *chain.Rules, store chain.Store, presented [][]byte, q chain.Query) chain.Verdict {
	var parsed []*chain.Certificate
	for i, der := range presented {
		c, err := chain.Parse(der)
		if err != nil {
			if i == 0 {
				return chain.Verdict{Code: chain.ChainUnreadable, Words: err.Error()}
			}
			return chain.Verdict{Code: chain.Undecided, Why: because(ReasonUnreadable)}
		}
		parsed = append(parsed, c)
	}
	return rules.Judge(store, parsed, q)
}

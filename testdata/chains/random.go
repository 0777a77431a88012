package chains

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// Profile says what random chains may hold.
type Profile struct {
	// Plain leaves out what only a few programs read alike: names in other
	// encodings, versions 1 and 2, weak keys and hashes, policies.
	Plain bool
	// NoNames leaves names of hosts alone: no host is asked for.
	NoNames bool
	// Client is for chains of clients: what is for servers is for clients, and
	// the other way round.
	Client bool
	// Now is when the chains are to be judged; the zero time is [Now]. The same
	// seed and time make the same octets, for ever.
	Now time.Time
}

// Random makes the chain of a seed. Most have a fault or two.
func Random(seed uint64, profile Profile) Chain {
	if profile.Now.IsZero() {
		profile.Now = Now
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 20261125)), profile: profile, seed: seed}
	return g.chain()
}

type generator struct {
	*rand.Rand
	profile Profile
	seed    uint64
	serials byte
	faults  float64 // how likely each fault is
	host    string
}

// node is a CA of the random hierarchy.
type node struct {
	name   Name
	key    *Key
	der    []byte
	serial []byte
	keyID  string
}

func (g *generator) p(likely float64) bool { return g.Float64() < likely }

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

func (g *generator) chain() Chain {
	g.faults = pick(g, 0, 0.01, 0.03, 0.06, 0.12)
	g.host = "www.a.test"
	depth := 1 + g.IntN(4) // CAs above the leaf
	if g.p(0.05) {
		depth = 5 + g.IntN(4)
	}
	var path []node
	root := g.ca(nil, 0)
	path = append(path, root)
	all := []node{root}
	for level := 1; level < depth; level++ {
		issuer := path[level-1]
		path = append(path, g.ca(&issuer, level))
		all = append(all, path[level])
	}
	all = append(all, g.relatives(path)...)
	leaf := g.leaf(path[depth-1])
	c := Chain{Name: fmt.Sprintf("seed-%d", g.seed), Host: g.hostAsked(), Time: g.time(), LeafKey: leaf.key}
	c.Anchors = g.anchors(path, all, leaf)
	c.Presented = g.presented(path, all, leaf)
	return c
}

func (g *generator) time() time.Time {
	if g.p(0.03) {
		return g.profile.Now.AddDate(pick(g, -3, -1, 1, 4), 0, 0)
	}
	return g.profile.Now
}

// relatives are more certificates of the CAs of the path: cross-signed, issued
// again, twins with another key.
func (g *generator) relatives(path []node) []node {
	var out []node
	for range pick(g, 0, 0, 0, 1, 1, 2, 3) {
		of := g.IntN(len(path))
		like := path[of]
		var issuer *node
		switch g.IntN(4) {
		case 0: // self-signed twin
		case 1: // of another CA of the path
			issuer = &path[g.IntN(len(path))]
		case 2: // of a CA not on the path
			other := g.ca(nil, 9)
			out = append(out, other)
			issuer = &other
		case 3: // issued again by the same
			if of > 0 {
				issuer = &path[of-1]
			}
		}
		twin := g.certificate(like.name, g.keyOf(like), issuer, of)
		out = append(out, twin)
	}
	return out
}

func (g *generator) keyOf(n node) *Key {
	if g.p(0.15) {
		return g.key()
	}
	return n.key
}

func (g *generator) key() *Key {
	if g.profile.Plain || g.p(0.9) {
		return KeyNamed(fmt.Sprintf("p256-%d", g.IntN(8)))
	}
	return KeyNamed(pick(g, "p384-1", "p521-1", "ed25519-1", "rsa2048-1", "rsa2048-2", "rsa1024-1", "p224-1", "rsa512-1"))
}

func (g *generator) ca(issuer *node, level int) node {
	name := CN(fmt.Sprintf("CA %d", level))
	if g.p(0.04) {
		name = CN("CA 0")
	}
	if g.p(0.05) {
		name = append(name[:1:1], Attribute{OID: "2.5.4.11", Tag: asn1.UTF8String, Value: "Unit"}, name[1])
	}
	return g.certificate(name, g.key(), issuer, level)
}

// certificate makes a CA certificate; a nil issuer makes it self-signed.
func (g *generator) certificate(name Name, key *Key, issuer *node, level int) node {
	n := node{name: name, key: key, keyID: key.Name}
	g.serials++
	n.serial = []byte{1, byte(g.seed), byte(g.seed >> 8), byte(g.seed >> 16), g.serials}
	self := node{name: name, key: key, serial: n.serial, keyID: n.keyID}
	if issuer == nil {
		issuer = &self
	}
	t := Template{Serial: n.serial, Subject: g.respell(name), Issuer: g.respell(issuer.name), Key: key, Signer: issuer.key}
	g.dates(&t)
	g.signature(&t)
	if !g.profile.Plain && g.p(g.faults/2) {
		t.Version = 1
		n.der = Make(t)
		return n
	}
	t.Extensions = g.caExtensions(level)
	t.Extensions = append(t.Extensions, g.keyIDs(n, *issuer)...)
	t.Extensions = append(t.Extensions, g.policies()...)
	t.Extensions = append(t.Extensions, g.odd()...)
	n.der = Make(t)
	return n
}

func (g *generator) dates(t *Template) {
	t.NotBefore, t.NotAfter = g.profile.Now.AddDate(-2, 0, 0), g.profile.Now.AddDate(3, 0, 0)
	switch {
	case g.p(g.faults / 2):
		t.NotAfter = g.profile.Now.AddDate(0, 0, -5)
	case g.p(g.faults / 4):
		t.NotBefore = g.profile.Now.AddDate(0, 0, 5)
	case g.p(g.faults / 8):
		t.NotAfter = g.profile.Now
	case g.p(g.faults / 8):
		t.NotBefore = g.profile.Now
	}
}

func (g *generator) signature(t *Template) {
	switch {
	case g.p(g.faults / 2):
		t.Spoiled = true
	case g.profile.Plain:
	case g.p(g.faults / 2):
		t.Hash = pick(g, "SHA1", "MD5", "SHA224")
	case g.p(0.1):
		t.Hash = pick(g, "SHA384", "SHA512", "PSS")
	}
	if strings.HasPrefix(t.Signer.Name, "rsa512") || strings.HasPrefix(t.Signer.Name, "rsa1024") && t.Hash == "PSS" {
		t.Hash = "" // too short for more
	}
	if t.Hash == "MD5" && strings.HasPrefix(t.Signer.Name, "p") {
		t.Hash = "SHA1"
	}
}

func (g *generator) caExtensions(level int) []Extension {
	var list []Extension
	switch {
	case g.p(g.faults / 2):
	case g.p(g.faults / 2):
		list = append(list, BasicConstraints(false, -1))
	case g.p(0.15):
		list = append(list, BasicConstraints(true, g.IntN(4)))
	default:
		list = append(list, BasicConstraints(true, -1))
	}
	switch {
	case g.p(g.faults / 2):
		list = append(list, KeyUsage(pick[uint16](g, 1, 1<<6, 0, 5, 1<<7)))
	case g.p(0.8):
		list = append(list, KeyUsage(1<<5|1<<6))
	}
	if g.p(0.06) {
		list = append(list, g.purposes(pick(g, "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.3.6.1.5.5.7.3.4")))
	}
	if g.p(g.faults) || g.p(0.03) {
		list = append(list, g.constraints())
	}
	return list
}

func (g *generator) constraints() Extension {
	var lists [2][][]byte
	for range 1 + g.IntN(3) {
		to := g.IntN(2)
		lists[to] = append(lists[to], g.constraint())
	}
	e := NameConstraints(lists[0], lists[1])
	e.Critical = g.p(0.7)
	return e
}

func (g *generator) constraint() []byte {
	switch g.IntN(9) {
	case 0, 1, 2, 3:
		return DNS(pick(g, "a.test", "test", "b.test", ".a.test", "www.a.test", "w.a.test", "A.test", "x.www.a.test"))
	case 4:
		return Email(pick(g, "a.test", ".a.test", "u@a.test", "b.test"))
	case 5:
		return IP(pick(g, []byte{10, 0, 0, 0, 255, 0, 0, 0}, []byte{10, 1, 0, 0, 255, 255, 0, 0}, []byte{192, 168, 1, 1, 255, 255, 255, 255})...)
	case 6:
		return URI(pick(g, "a.test", ".a.test", "b.test"))
	case 7:
		if g.profile.Plain {
			return DNS("a.test")
		}
		return Directory(pick(g, CN("x")[:1], CN("www.a.test"), Name{}, Name{{OID: "2.5.4.10", Tag: asn1.PrintableString, Value: "TEST"}}))
	}
	return DNS("test")
}

func (g *generator) keyIDs(n, issuer node) []Extension {
	var list []Extension
	id, own := issuer.keyID, n.keyID
	if g.p(g.faults / 2) {
		id = "other"
	}
	if g.p(g.faults / 4) {
		own = "other"
	}
	if g.p(0.7) {
		list = append(list, SubjectKeyID(own))
	}
	switch {
	case g.p(0.6):
		list = append(list, AuthorityKeyID(id, nil, nil))
	case g.p(0.1):
		serial := issuer.serial
		if g.p(g.faults) {
			serial = []byte{7}
		}
		list = append(list, AuthorityKeyID(pick(g, id, ""), issuer.name, serial))
	}
	return list
}

// respell writes a name in another way that some programs take for the same.
func (g *generator) respell(n Name) Name {
	if g.profile.Plain || !g.p(g.faults) {
		return n
	}
	out := append(Name(nil), n...)
	a := &out[g.IntN(len(out))]
	switch g.IntN(6) {
	case 0:
		a.Tag = asn1.PrintableString
	case 1:
		a.Value = strings.ToUpper(a.Value)
	case 2:
		a.Value = strings.Replace(a.Value, " ", "  ", 1)
	case 3:
		a.Tag = asn1.T61String
	case 4:
		a.Value = " " + a.Value + " "
	case 5:
		a.Tag = asn1.IA5String
	}
	return out
}

const policyBase = "1.3.6.1.4.1.99999."

func (g *generator) policies() []Extension {
	if g.profile.Plain || !g.p(0.08+g.faults) {
		return nil
	}
	var list []Extension
	if g.p(0.8) {
		oids := map[string]bool{}
		for range 1 + g.IntN(3) {
			oids[pick(g, "2.5.29.32.0", policyBase+"1", policyBase+"2", policyBase+"3", policyBase+"1+")] = true
		}
		var names []string
		for _, oid := range []string{"2.5.29.32.0", policyBase + "1", policyBase + "2", policyBase + "3", policyBase + "1+"} {
			if oids[oid] && !(oid == policyBase+"1+" && oids[policyBase+"1"]) {
				names = append(names, oid)
			}
		}
		list = append(list, Policies(g.p(0.3), names...))
	}
	if g.p(0.3) {
		list = append(list, PolicyConstraints(g.IntN(4)-1, g.IntN(4)-1))
		if list[len(list)-1].Value[1] == 0 {
			list = list[:len(list)-1]
		}
	}
	if g.p(0.2) {
		list = append(list, PolicyMappings([2]string{
			pick(g, policyBase+"1", policyBase+"2", "2.5.29.32.0"), pick(g, policyBase+"3", policyBase+"2"),
		}))
	}
	if g.p(0.15) {
		list = append(list, InhibitAnyPolicy(g.IntN(3)))
	}
	return list
}

func (g *generator) odd() []Extension {
	var list []Extension
	if g.p(g.faults / 3) {
		list = append(list, Extension{"1.3.6.1.4.1.99999.9.1", g.p(0.6), []byte{5, 0}})
	}
	return list
}

func (g *generator) leaf(issuer node) node {
	n := node{name: CN(pick(g, "www.a.test", "leaf", "w.a.test")), key: g.key()}
	n.keyID = n.key.Name
	g.serials++
	n.serial = []byte{1, byte(g.seed), byte(g.seed >> 8), byte(g.seed >> 16), g.serials}
	t := Template{Serial: n.serial, Subject: n.name, Issuer: g.respell(issuer.name), Key: n.key, Signer: issuer.key}
	if g.p(g.faults / 3) {
		t.Signer, t.Issuer = n.key, n.name // self-signed
	}
	g.dates(&t)
	g.signature(&t)
	if !g.profile.Plain && g.p(g.faults/3) {
		t.Version = 1
		n.der = Make(t)
		return n
	}
	t.Extensions = g.leafExtensions()
	t.Extensions = append(t.Extensions, g.keyIDs(n, issuer)...)
	t.Extensions = append(t.Extensions, g.policies()...)
	t.Extensions = append(t.Extensions, g.odd()...)
	n.der = Make(t)
	return n
}

func (g *generator) leafExtensions() []Extension {
	var list []Extension
	if g.p(0.3) {
		list = append(list, BasicConstraints(g.p(g.faults), -1))
	}
	if g.p(0.6) {
		bits := uint16(1)
		if g.p(g.faults) {
			bits = pick[uint16](g, 1<<2, 1|1<<2, 1<<5, 0, 1<<4, 1<<7)
		}
		list = append(list, KeyUsage(bits))
	}
	if g.p(0.7) {
		purposes := []string{"1.3.6.1.5.5.7.3.1"}
		if g.p(g.faults) {
			purposes = pick(g, []string{"1.3.6.1.5.5.7.3.2"}, []string{"2.5.29.37.0"}, []string{"1.3.6.1.4.1.311.10.3.3"},
				[]string{"2.16.840.1.113730.4.1"}, []string{"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"})
		}
		list = append(list, g.purposes(purposes...))
	}
	if g.p(g.faults / 2) {
		list = append(list, NetscapeCertType(pick[byte](g, 0x40, 0x80, 0xc0)))
	}
	if g.p(g.faults / 3) {
		list = append(list, g.constraints())
	}
	if !g.p(0.04 + g.faults/2) {
		list = append(list, SubjectAltName(false, g.names()...))
	}
	return list
}

func (g *generator) names() [][]byte {
	names := [][]byte{DNS("www.a.test")}
	if g.p(g.faults) {
		names = nil
	}
	for range pick(g, 0, 0, 0, 1, 2) {
		switch g.IntN(6) {
		case 0, 1:
			names = append(names, DNS(pick(g, "*.a.test", "b.test", "*.b.test", "w*.a.test", "www.*.test", "WWW.A.TEST", "a_b.test", "www.a.test.")))
		case 2:
			names = append(names, Email(pick(g, "u@a.test", "v@x.a.test", "w@b.test")))
		case 3:
			names = append(names, IP(10, byte(g.IntN(2)), 2, 3))
		case 4:
			names = append(names, URI(pick(g, "http://www.a.test/x", "https://b.test:8443/", "ldap://x.a.test/")))
		case 5:
			if g.profile.Plain {
				continue
			}
			names = append(names, pick(g, Directory(CN("www.a.test")), RegisteredID("1.2.3.4"), OtherName("1.2.3.5", "x")))
		}
	}
	if len(names) == 0 {
		names = append(names, DNS("w.a.test"))
	}
	return names
}

func (g *generator) hostAsked() string {
	if g.profile.NoNames {
		return ""
	}
	if g.p(0.1) {
		return pick(g, "w.a.test", "b.test", "WWW.A.TEST", "10.0.2.3", "10.1.2.3", "www.a.test.", "a_b.test", "x.www.a.test")
	}
	return g.host
}

func (g *generator) anchors(path, all []node, leaf node) [][]byte {
	var out [][]byte
	if !g.p(0.08) {
		out = append(out, path[0].der)
	}
	for _, n := range all[1:] {
		if g.p(0.15) {
			out = append(out, n.der)
		}
	}
	if g.p(0.03) {
		out = append(out, leaf.der)
	}
	if len(out) == 0 {
		out = append(out, g.ca(nil, 8).der)
	}
	return unique(out)
}

// presented is what the server sends: mostly the path in order, with and
// without its root.
func (g *generator) presented(path, all []node, leaf node) [][]byte {
	out := [][]byte{leaf.der}
	for i := len(path) - 1; i > 0; i-- {
		if !g.p(0.04) {
			out = append(out, path[i].der)
		}
	}
	if g.p(0.3) {
		out = append(out, path[0].der)
	}
	for _, n := range all[len(path):] {
		if g.p(0.5) {
			at := 1 + g.IntN(len(out))
			out = append(out[:at], append([][]byte{n.der}, out[at:]...)...)
		}
	}
	if g.p(0.25) {
		rest := out[1:]
		g.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	}
	if len(out) > 10 && !g.p(0.1) {
		out = out[:10]
	}
	return out
}

func unique(list [][]byte) [][]byte {
	seen := map[string]bool{}
	var out [][]byte
	for _, der := range list {
		if !seen[string(der)] {
			seen[string(der)] = true
			out = append(out, der)
		}
	}
	return out
}

// purposes is the extension, for clients with their purpose in the place of the
// servers'.
func (g *generator) purposes(oids ...string) Extension {
	const server, client = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
	for i, oid := range oids {
		switch {
		case g.profile.Client && oid == server:
			oids[i] = client
		case g.profile.Client && oid == client:
			oids[i] = server
		}
	}
	return ExtKeyUsage(oids...)
}

package javaks

import (
	"bytes"
	"crypto/x509"
	"math/rand/v2"
	"slices"
)

// node is an element of DER, or of what a mutation has made of it.
type node struct {
	tag     byte
	content []byte  // before kids: all of a primitive one, or the unused bits of a BIT STRING
	kids    []*node // what it holds, also within OCTET STRINGs and BIT STRINGs
	tail    []byte  // raw bytes after kids
	length  lengthForm
}

// lengthForm is how a node's length is written.
type lengthForm int

const (
	shortest lengthForm = iota
	padded              // one octet more than needed
	indefinite
	tooLong
	tooShort
	fiveOctets
	negative
	lengthForms
)

func (n *node) encode() []byte {
	content := slices.Clone(n.content)
	for _, kid := range n.kids {
		content = append(content, kid.encode()...)
	}
	content = append(content, n.tail...)
	size := len(content)
	switch n.length {
	case tooLong:
		size++
	case tooShort:
		size = max(0, size-1)
	case indefinite:
		return append(append([]byte{n.tag, 0x80}, content...), 0, 0)
	case negative:
		return append([]byte{n.tag, 0x84, 0xff, 0xff, 0xff, 0xff}, content...)
	}
	var octets []byte
	for s := size; s > 0; s >>= 8 {
		octets = append([]byte{byte(s)}, octets...)
	}
	switch n.length {
	case padded:
		octets = append([]byte{0}, octets...)
	case fiveOctets:
		octets = append(make([]byte, 5-min(5, len(octets))), octets...)
	default:
		if size < 0x80 {
			return append([]byte{n.tag, byte(size)}, content...)
		}
	}
	return append(append([]byte{n.tag, 0x80 | byte(len(octets))}, octets...), content...)
}

// parseNodes reads DER into nodes, also within OCTET STRINGs and BIT STRINGs.
func parseNodes(der []byte) ([]*node, bool) {
	var list []*node
	j := jvm{}
	for len(der) > 0 {
		v, err := j.next(&der)
		if err != nil {
			return nil, false
		}
		n := &node{tag: v.tag, content: v.content}
		inner := v.content
		if v.tag == 3 && len(inner) > 0 && inner[0] == 0 {
			inner = inner[1:]
		}
		if kids, ok := parseNodes(inner); ok && len(kids) > 0 && (v.constructed() || v.tag == 3 || v.tag == 4) {
			n.kids, n.content = kids, v.content[:len(v.content)-len(inner)]
		}
		list = append(list, n)
	}
	return list, true
}

func (n *node) clone() *node {
	c := *n
	c.kids = nil
	for _, kid := range n.kids {
		c.kids = append(c.kids, kid.clone())
	}
	return &c
}

func prim(tag byte, content ...byte) *node { return &node{tag: tag, content: content} }
func cons(tag byte, kids ...*node) *node   { return &node{tag: tag, kids: kids} }
func seqOf(kids ...*node) *node            { return cons(0x30, kids...) }
func text(tag byte, s string) *node        { return prim(tag, []byte(s)...) }
func bitsOf(kids ...*node) *node           { return &node{tag: 3, content: []byte{0}, kids: kids} }
func bitsRaw(unused byte, b ...byte) *node { return prim(3, append([]byte{unused}, b...)...) }
func numberOf(b ...byte) *node             { return prim(2, b...) }

func id(s string) *node {
	o, err := x509.ParseOID(s)
	if err != nil {
		panic(err)
	}
	der, _ := o.MarshalBinary()
	return prim(6, der...)
}

// generator makes certificates, most of them a little wrong: first by the
// grammar of all that JDKs read, then by changes to the tree.
type generator struct {
	*rand.Rand
	// calm divides how often something odd is made; a calm certificate has
	// a good chance to be taken.
	calm int
	// real are certificates of the world, for mutations.
	real []*node
}

func newGenerator(seed uint64) generator {
	return generator{Rand: rand.New(rand.NewPCG(seed, 0x6a61766163657274))}
}

// certificate returns the next certificate, after as many mutations.
func (g generator) certificate(mutations int) []byte {
	g.calm = pick(g, []int{1, 4, 20, 20, 100})
	root := g.whole()
	if len(g.real) > 0 && g.odds(3) {
		root = pick(g, g.real).clone()
		mutations = max(1, mutations)
	}
	for range mutations {
		g.mutate(root)
	}
	der := root.encode()
	if g.wild(400) {
		der = append(der, g.octets(3)...)
	}
	if g.wild(400) && len(der) > 2 {
		der[g.IntN(len(der))] ^= 1 << g.IntN(8)
	}
	return der
}

// odds is true once in n times.
func (g generator) odds(n int) bool { return g.IntN(n) == 0 }

// wild is true once in n times, for what is odd.
func (g generator) wild(n int) bool { return g.odds(n * g.calm) }

func pick[T any](g generator, of []T) T { return of[g.IntN(len(of))] }

func (g generator) octets(most int) []byte {
	b := make([]byte, g.IntN(most+1))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

func (g generator) fill(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

// whole is a certificate by the grammar.
func (g generator) whole() *node {
	algorithm := g.signatureAlgorithm()
	other := algorithm.clone()
	if g.wild(60) {
		other = g.signatureAlgorithm()
	}
	issuer := g.name()
	subject := issuer.clone()
	switch {
	case g.wild(20):
		subject = seqOf()
	case g.odds(15):
		subject = g.name()
	case g.wild(30):
		issuer = seqOf()
	}
	tbs := seqOf()
	version := byte(2)
	if g.wild(25) {
		version = pick(g, []byte{0, 1, 3, 4, 0x7f, 0xff})
	}
	if !g.wild(30) {
		tbs.kids = append(tbs.kids, cons(0xa0, numberOf(version)))
	}
	tbs.kids = append(tbs.kids, g.integer(), algorithm, issuer, seqOf(g.time(), g.time()), subject, g.publicKey())
	if g.wild(20) {
		tbs.kids = append(tbs.kids, prim(0x81, g.bitContent(4)...))
	}
	if g.wild(20) {
		tbs.kids = append(tbs.kids, prim(0x82, g.bitContent(4)...))
	}
	if !g.wild(15) {
		list := seqOf()
		for range g.IntN(6) {
			list.kids = append(list.kids, g.extension())
		}
		if len(subject.kids) == 0 && !g.odds(4) {
			list.kids = append(list.kids, g.extensionOf("2.5.29.17", !g.odds(3)))
		}
		tbs.kids = append(tbs.kids, cons(0xa3, list))
	}
	if g.wild(60) {
		tbs.kids = append(tbs.kids, g.junk())
	}
	return seqOf(tbs, other, bitsRaw(0, g.fill(8)...))
}

func (g generator) integer() *node {
	if g.wild(3) {
		return pick(g, []*node{
			numberOf(), numberOf(0), numberOf(0xff), numberOf(0x80), numberOf(0, 0, 1), numberOf(0, 0x80),
			numberOf(0x7f, 0xff, 0xff, 0xff), numberOf(0x80, 0, 0, 0), numberOf(0, 0x80, 0, 0, 0), numberOf(0xff, 0x7f, 0xff, 0xff, 0xff),
			numberOf(1, 0, 0, 0, 0), numberOf(0xff, 0xff, 0xff, 0xff, 0xff), numberOf(0xff, 0, 0, 0, 0, 0), numberOf(0, 0, 0, 0, 0, 0x7f),
			numberOf(0xfe), numberOf(1), numberOf(2), prim(0x0a, 1),
		}).clone()
	}
	return numberOf(append([]byte{1}, g.octets(3+5/g.calm)...)...)
}

var timeTexts = []string{
	"200101000000Z", "2001010000Z", "200101000000+0800", "200101000000-2359", "200101000000+2400", "200101000000+0060", "2001010000+0800",
	"000229000000Z", "010229000000Z", "200231000000Z", "201301000000Z", "200001000000Z", "200132000000Z", "200101240000Z", "200101006000Z",
	"200101000060Z", "20010100000Z", "200101000000", "200101000000z", "200101000000.5Z", "2001010000001Z", "200101000000 Z", "2001010000000Z",
}

var longTimeTexts = []string{
	"20200101000000Z", "202001010000Z", "20200101000000.1Z", "20200101000000,123456Z", "20200101000000.Z", "20200101000000.5", "20200101000000.5+0800",
	"20200101000000+0800", "20200101000000-0800", "20200101000000+2400", "202001010000+0800", "00000101000000Z", "99991231235959Z", "20200231000000Z",
	"16000101000000Z", "20201301000000Z", "2020010100Z", "20200101000000", "20200101000000ZZ", "20200101000000.5.5Z", "20200101000000.12Z5",
	"20200101000000.123456789012345678901234567890Z", "-0010101000000Z", "20200101000060Z", "202001010000.5Z", "20200101000000.+0800",
}

func (g generator) time() *node {
	if !g.wild(6) {
		return pick(g, []*node{text(0x17, "200101000000Z"), text(0x18, "20600101000000Z")}).clone()
	}
	tag := pick(g, []byte{0x17, 0x17, 0x18, 0x18, 0x17, 0x18, 0x13, 0x1a})
	s := pick(g, timeTexts)
	if tag == 0x18 && !g.wild(10) {
		s = pick(g, longTimeTexts)
	}
	if g.wild(6) {
		b := []byte(s)
		b[g.IntN(len(b))] = pick(g, []byte("0123456789Z+-.,"))
		s = string(b)
	}
	return text(tag, s)
}

var oidPool = []string{
	"2.5.4.3", "2.5.4.6", "1.2.3", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25", "2.999", "1.3.6.1.4.1.99999999999999999999",
	"2.5.29.17", "2.5.29.14", "2.5.29.37.0", "1.3.6.1.5.5.7.3.1", "2.5.29.15", "1.3.6.1.5.5.7.48.1", "2.5.29.32.0", "2.5.29.19", "1.3.6.1.4.1.311.20.2.3",
}

func (g generator) oid() *node {
	switch {
	case g.wild(25):
		return prim(6, g.octets(6)...)
	case g.wild(25):
		return prim(6, pick(g, [][]byte{{}, {0x80}, {0x80, 1}, {0x2a, 0x80}, {0x2a, 0x80, 1}, {0x2a, 0x83}, {0x2a, 0x81, 0x80, 1}, {0xff, 0xff, 0x7f}})...)
	case g.wild(100):
		return prim(6, append([]byte{0x2a}, bytes.Repeat([]byte{1}, pick(g, []int{4094, 4095, 4096, 5000}))...)...)
	}
	return id(pick(g, oidPool))
}

func (g generator) name() *node {
	n := seqOf()
	for range 1 + g.IntN(3) {
		set := cons(0x31)
		for range 1 + g.IntN(8)/6 {
			set.kids = append(set.kids, seqOf(g.oid(), g.string()))
		}
		if g.wild(80) {
			set.kids = nil
		}
		n.kids = append(n.kids, set)
	}
	return n
}

func (g generator) string() *node {
	switch {
	case g.wild(12):
		return prim(0x1e, pick(g, [][]byte{
			{0, 'a'}, {0}, {}, {0xd8, 0, 0xdc, 0}, {0xd8, 0}, {0xdc, 0, 0xd8, 0}, {0xd8, 0, 0xd8, 0, 0xdc, 0}, {0xd8, 0, 0xdc, 0, 0},
			{0, 'a', 0xdb, 0xff, 0xdf, 0xff}, {0xd8, 0, 0, 'a', 0xdc, 0}, {0xd8, 0, 0xd8, 0, 0xd8, 0, 0xdc, 0}, {0xd8, 0, 0xdc},
		})...)
	case g.odds(12):
		return prim(pick(g, []byte{0x14, 0x16, 0x1b, 0x1c, 0x12, 0x1a, 0x19, 4, 3, 2, 5, 1, 0x17}), g.octets(5)...)
	case g.odds(12):
		return g.junk()
	}
	return text(pick(g, []byte{0x0c, 0x13, 0x16}), pick(g, []string{"HK", "A", "", "é", "\xff", " a  b "}))
}

// bitContent is the content of a BIT STRING.
func (g generator) bitContent(most int) []byte {
	b := g.octets(most)
	if g.wild(6) {
		return g.octets(most)
	}
	if len(b) == 0 {
		return []byte{0}
	}
	return append([]byte{byte(g.IntN(8))}, b...)
}

// junk is some element.
func (g generator) junk() *node {
	switch g.IntN(14) {
	case 0:
		return prim(5)
	case 1:
		return seqOf()
	case 2:
		return g.oid()
	case 3:
		return g.integer()
	case 4:
		return prim(1, g.octets(2)...)
	case 5:
		return prim(3, g.octets(3)...)
	case 6:
		return prim(4, g.octets(5)...)
	case 7:
		return prim(0x80|byte(g.IntN(32)), g.octets(3)...)
	case 8:
		return cons(0xa0|byte(g.IntN(32)), g.junk())
	case 9:
		return seqOf(g.junk(), g.junk())
	case 10:
		return cons(0x31, g.junk())
	case 11:
		return g.time()
	case 12:
		return prim(byte(g.Uint32()), g.octets(4)...)
	}
	return text(0x0c, "x")
}

// most takes the first, mostly.
func (g generator) most(usual *node, odd ...*node) *node {
	if g.wild(8) && len(odd) > 0 {
		return pick(g, odd)
	}
	return usual
}

package javaks

import "bytes"

func (g generator) digest() *node {
	oids := []string{"1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3", "2.16.840.1.101.3.4.2.6", "2.16.840.1.101.3.4.2.10",
		"2.16.840.1.101.3.4.2.4", "2.16.840.1.101.3.4.2.11", "1.2.840.113549.2.5", "1.2.3"}
	a := seqOf(id(pick(g, oids)))
	if g.odds(2) {
		a.kids = append(a.kids, prim(5))
	}
	if g.wild(20) {
		a.kids = append(a.kids, g.junk())
	}
	return a
}

func (g generator) pssParameters() *node {
	n := seqOf()
	if !g.odds(4) {
		n.kids = append(n.kids, cons(0xa0, g.digest()))
	}
	if !g.odds(4) {
		mgf := seqOf(id(pick(g, []string{"1.2.840.113549.1.1.8", "1.2.840.113549.1.1.8", "1.2.840.113549.1.1.8", "1.2.3"})))
		if !g.wild(8) {
			mgf.kids = append(mgf.kids, g.most(g.digest(), prim(5), g.junk()))
		}
		n.kids = append(n.kids, cons(0xa1, mgf))
	}
	if !g.odds(4) {
		n.kids = append(n.kids, cons(0xa2, g.most(numberOf(32), g.integer())))
	}
	if !g.odds(3) {
		n.kids = append(n.kids, cons(0xa3, g.most(numberOf(1), g.integer())))
	}
	if g.wild(15) {
		n.kids = append(n.kids, g.junk())
	}
	if g.wild(15) && len(n.kids) > 0 {
		n.kids = append(n.kids, pick(g, n.kids).clone())
	}
	return n
}

var signatures = []string{
	"1.2.840.113549.1.1.11", "1.2.840.113549.1.1.5", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3", "1.3.101.112", "1.2.840.113549.1.1.10", "1.2.840.10040.4.3",
	"1.2.840.10040.4.1", "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.2.840.113549.1.3.1", "2.16.840.1.101.3.4.3.17", "1.2.3.4", "1.2.840.113549.1.1.8",
	"1.2.840.113549.1.5.13", "2.16.840.1.101.3.4.1", "2.16.840.1.101.3.4.1.2", "1.2.840.113549.1.1.7", "1.2.840.113549.3.7",
}

func (g generator) signatureAlgorithm() *node {
	switch g.IntN(10) {
	case 0, 1:
		return seqOf(id("1.2.840.113549.1.1.10"), g.pssParameters())
	case 2:
		return g.anyAlgorithm()
	case 3:
		return seqOf(id("1.2.840.113549.1.1.11"))
	}
	return seqOf(id("1.2.840.113549.1.1.11"), prim(5))
}

// anyAlgorithm is an algorithm of any kind, with parameters of any kind.
func (g generator) anyAlgorithm() *node {
	a := seqOf(id(pick(g, signatures)))
	if g.wild(20) {
		a.kids[0] = g.oid()
	}
	switch g.IntN(8) {
	case 0, 1:
		a.kids = append(a.kids, prim(5))
	case 2:
		a.kids = append(a.kids, g.pssParameters())
	case 3:
		a.kids = append(a.kids, g.curve())
	case 4:
		a.kids = append(a.kids, g.numbers(3))
	case 5:
		a.kids = append(a.kids, g.junk())
	case 6:
		a.kids = append(a.kids, g.anyAlgorithm())
	}
	return a
}

func (g generator) numbers(n int) *node {
	s := seqOf()
	for range n + g.IntN(8+g.calm)/(7+g.calm) {
		s.kids = append(s.kids, g.integer())
	}
	return s
}

var curves = []string{
	"1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.3.132.0.10", "1.3.36.3.3.2.8.1.1.7", "1.3.36.3.3.2.8.1.1.8", "1.3.36.3.3.2.8.1.1.14",
	"1.3.132.0.33", "1.2.840.10045.3.1.1", "1.3.132.0.1", "1.2.840.10045.3.0.1", "1.2.840.10045.3.0.4", "1.2.156.10197.1.301", "1.3.132.0.11", "1.2.3",
	"1.3.132.0.23", "1.2.840.10045.3.0.20", "1.3.132.0.39", "1.3.101.112", "1.2.840.10045.3.1.2", "1.2.840.10045.3.0.10",
}

func (g generator) curve() *node {
	if g.wild(20) {
		return pick(g, []*node{prim(5), seqOf(), g.oid(), g.integer()})
	}
	return id(pick(g, curves))
}

func (g generator) publicKey() *node {
	switch g.IntN(14) {
	case 0, 1:
		return g.rsaPublicKey()
	case 2, 3:
		size := 32
		if g.wild(3) {
			size = pick(g, []int{48, 66, 33, 20, 28})
		}
		return g.ecPublicKey(id("1.2.840.10045.3.1.7"), size)
	case 4:
		curve := g.curve()
		size := pick(g, []int{32, 48, 66, 24, 30, 21, 14, 54, 72, 20, 40, 64})
		if bits, known := javaCurves()[oid(curve.content)]; known && !g.wild(5) {
			size = (bits + 7) / 8
		}
		return g.ecPublicKey(curve, size)
	case 5:
		return g.rsaWith(seqOf(id("1.2.840.113549.1.1.10"), g.pssParameters()))
	case 6:
		a := seqOf(id(pick(g, []string{"1.2.840.10040.4.1", "1.3.14.3.2.12"})))
		if !g.odds(5) {
			a.kids = append(a.kids, g.numbers(3))
		}
		return seqOf(a, bitsOf(g.integer()))
	case 7:
		a := seqOf(id(pick(g, []string{"1.2.840.113549.1.3.1", "1.2.840.10046.2.1"})))
		if !g.odds(5) {
			a.kids = append(a.kids, g.numbers(pick(g, []int{2, 3})))
		}
		return seqOf(a, bitsOf(g.integer()))
	case 8:
		k := pick(g, []struct {
			id   string
			size int
		}{{"1.3.101.110", 32}, {"1.3.101.111", 56}, {"1.3.101.112", 32}, {"1.3.101.113", 57}})
		if g.wild(4) {
			k.size = pick(g, []int{0, 1, 31, 32, 33, 56, 57, 64})
		}
		a := seqOf(id(k.id))
		if g.wild(6) {
			a.kids = append(a.kids, g.junk())
		}
		return seqOf(a, bitsRaw(byte(g.IntN(20)/19), g.fill(k.size)...))
	case 9:
		a := seqOf(id(pick(g, []string{"2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.4.2", "1.2.840.113549.1.9.16.3.17", "1.2.3.4"})))
		if g.odds(5) {
			a.kids = append(a.kids, g.junk())
		}
		return seqOf(a, bitsRaw(0, g.octets(70)...))
	case 10:
		return seqOf(g.anyAlgorithm(), prim(3, g.bitContent(40)...))
	}
	return seqOf(seqOf(id("1.3.101.112")), bitsRaw(0, g.fill(32)...))
}

func (g generator) ecPublicKey(curve *node, size int) *node {
	point := append([]byte{4}, g.fill(2*size)...)
	switch {
	case g.wild(20):
		point[0] = byte(g.IntN(8))
	case g.wild(20):
		point = append(point, 0)
	case g.wild(20):
		point = point[:len(point)-1]
	case g.wild(20):
		point = nil
	}
	a := seqOf(id("1.2.840.10045.2.1"))
	if !g.wild(20) {
		a.kids = append(a.kids, curve)
	}
	return seqOf(a, bitsRaw(byte(g.IntN(30)/29), point...))
}

func (g generator) rsaPublicKey() *node {
	a := seqOf(id(pick(g, []string{"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.1", "2.5.8.1.1", "1.2.840.113549.1.1"})))
	if !g.odds(4) {
		a.kids = append(a.kids, g.most(prim(5), g.junk()))
	}
	return g.rsaWith(a)
}

func (g generator) rsaWith(algorithm *node) *node {
	size := pick(g, []int{64, 65, 256, 383, 384, 385, 512})
	if g.wild(3) {
		size = pick(g, []int{63, 10, 0, 1, 2048, 2049})
	}
	modulus := append([]byte{0, 0x80}, g.fill(max(0, size-1))...)
	if size == 0 {
		modulus = []byte{0}
	}
	if g.wild(6) {
		modulus = modulus[1:]
	}
	if g.wild(8) && len(modulus) > 1 {
		modulus[1] = byte(1 << g.IntN(8))
	}
	exponent := g.most(numberOf(1, 0, 1), numberOf(0), numberOf(1), numberOf(2), numberOf(3), numberOf(0xff), numberOf(), numberOf(0, 0, 3),
		numberOf(g.fill(8)...), numberOf(append([]byte{0, 0x80}, g.fill(7)...)...), numberOf(append([]byte{1}, g.fill(8)...)...),
		numberOf(modulus...), numberOf(append([]byte{0, 0xff}, bytes.Repeat([]byte{0xff}, 300)...)...), g.integer())
	key := seqOf(numberOf(modulus...), exponent)
	if g.wild(25) {
		key.kids = append(key.kids, g.junk())
	}
	bits := bitsOf(key)
	if g.wild(40) {
		bits.content[0] = byte(g.IntN(9))
	}
	if g.wild(40) {
		bits.tail = g.octets(3)
	}
	return seqOf(algorithm, bits)
}

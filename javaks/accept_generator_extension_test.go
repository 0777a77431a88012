package javaks

var extensionIDs = []string{
	"2.5.29.14", "2.5.29.15", "2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.20", "2.5.29.21", "2.5.29.27", "2.5.29.28", "2.5.29.29",
	"2.5.29.30", "2.5.29.30", "2.5.29.31", "2.5.29.32", "2.5.29.33", "2.5.29.35", "2.5.29.36", "2.5.29.37", "2.5.29.46", "2.5.29.54",
	"1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11", "1.3.6.1.5.5.7.48.1.5", "2.16.840.1.113730.1.1",
	"2.5.29.23", "2.5.29.24", "2.5.29.9", "1.3.6.1.5.5.7.1.3", "1.3.6.1.5.5.7.1.24", "2.16.840.1.113730.1.13", "1.2.3.4", "2.5.29.1",
}

func (g generator) extension() *node {
	return g.extensionOf(pick(g, extensionIDs), !g.odds(4))
}

// extensionOf is an extension of the type, mostly as its grammar wants it.
func (g generator) extensionOf(oid string, critical bool) *node {
	e := seqOf(id(oid))
	if critical {
		e.kids = append(e.kids, g.most(prim(1, 0xff), prim(1, 1), prim(1, 0xff), prim(1, 0x80)))
	} else if g.wild(10) {
		e.kids = append(e.kids, prim(1, 0))
	}
	value := &node{tag: 4}
	if content := g.extensionContent(oid); content != nil {
		value.kids = []*node{content}
	}
	if g.wild(50) {
		value.tail = g.octets(3)
	}
	switch {
	case g.wild(60): // in segments
		whole := value.encode()
		value = cons(pick(g, []byte{0x24, 0xa4, 0x64, 0xe4}), &node{tag: 4, content: value.content, kids: value.kids, tail: value.tail})
		if g.odds(3) && len(whole) > 4 {
			value = cons(0x24, prim(4, whole[2:3]...), prim(4, whole[3:]...))
		}
	case g.wild(60):
		for range g.IntN(34) {
			value = cons(0x24, value)
		}
	case g.wild(60):
		value = &node{tag: 4, kids: []*node{value}}
	}
	e.kids = append(e.kids, value)
	if g.wild(60) {
		e.kids = append(e.kids, g.junk())
	}
	return e
}

func (g generator) extensionContent(oid string) *node {
	if g.wild(40) {
		return g.junk()
	}
	if g.wild(80) {
		return nil
	}
	switch oid {
	case "2.5.29.14":
		return prim(pick(g, []byte{4, 4, 4, 0x24}), g.octets(20)...)
	case "2.5.29.15", "2.16.840.1.113730.1.1":
		return prim(3, g.bitContent(3)...)
	case "2.5.29.16":
		s := seqOf()
		for range g.IntN(3) + g.IntN(5)/4 {
			t := text(0, "20200101000000Z")
			if g.wild(2) {
				t = pick(g, []*node{text(0, pick(g, longTimeTexts)), g.time()})
			}
			t.tag = 0x80 | byte(len(s.kids))
			if g.wild(3) {
				t.tag = pick(g, []byte{0x80, 0x81, 0x82, 0xa0})
			}
			s.kids = append(s.kids, t)
		}
		return s
	case "2.5.29.17", "2.5.29.18", "2.5.29.29":
		return g.generalNames(0x30)
	case "2.5.29.19":
		return g.basic()
	case "2.5.29.20", "2.5.29.27", "2.5.29.54":
		return g.integer()
	case "2.5.29.21":
		n := g.integer()
		n.tag = 0x0a
		return n
	case "2.5.29.28":
		return g.issuingPoint()
	case "2.5.29.30":
		return g.constraints()
	case "2.5.29.31", "2.5.29.46":
		s := seqOf()
		for range g.IntN(3) {
			s.kids = append(s.kids, g.point())
		}
		return s
	case "2.5.29.32":
		return g.policies()
	case "2.5.29.33":
		s := seqOf()
		for range g.IntN(3) {
			s.kids = append(s.kids, seqOf(g.oid(), g.oid()))
		}
		return s
	case "2.5.29.35":
		return g.authorityKey()
	case "2.5.29.36":
		s := seqOf()
		for range g.IntN(4) {
			n := g.integer()
			n.tag = 0x80 | byte(len(s.kids))
			if g.wild(3) {
				n.tag = pick(g, []byte{0x80, 0x81, 0x82, 0xa0})
			}
			s.kids = append(s.kids, n)
		}
		return s
	case "2.5.29.37":
		s := seqOf()
		for range g.IntN(3) {
			s.kids = append(s.kids, g.oid())
		}
		return s
	case "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11":
		s := seqOf()
		for range g.IntN(3) {
			d := seqOf(g.oid(), g.generalName(false))
			d.tag = pick(g, []byte{0x30, 0x30, 0x30, 0x31, 0xa0, 0x04})
			s.kids = append(s.kids, d)
		}
		return s
	}
	return g.junk()
}

func (g generator) basic() *node {
	s := seqOf()
	if !g.odds(5) {
		s.kids = append(s.kids, g.most(prim(1, 0xff), prim(1, 0), prim(1), prim(1, 1, 1), g.junk()))
	}
	if g.odds(2) {
		s.kids = append(s.kids, g.integer())
	}
	if g.wild(12) {
		s.kids = append(s.kids, g.junk())
	}
	return s
}

func (g generator) authorityKey() *node {
	s := seqOf()
	if !g.odds(3) {
		s.kids = append(s.kids, prim(0x80, g.octets(20)...))
	}
	if g.odds(3) {
		s.kids = append(s.kids, g.generalNames(0xa1))
	}
	if g.odds(3) {
		n := g.integer()
		n.tag = 0x82
		s.kids = append(s.kids, n)
	}
	if g.wild(10) {
		s.kids = append(s.kids, g.junk())
	}
	if g.wild(10) && len(s.kids) > 0 {
		s.kids = append(s.kids, pick(g, s.kids).clone())
	}
	return s
}

func (g generator) point() *node {
	s := seqOf()
	if !g.odds(4) {
		s.kids = append(s.kids, cons(0xa0, g.pointName()))
	}
	if g.odds(3) {
		s.kids = append(s.kids, prim(0x81, g.bitContent(2)...))
	}
	if g.odds(3) {
		s.kids = append(s.kids, g.generalNames(0xa2))
	}
	if g.wild(12) {
		s.kids = append(s.kids, g.junk())
	}
	return s
}

func (g generator) pointName() *node {
	if g.odds(4) {
		rdn := cons(0xa1, seqOf(g.oid(), g.string()))
		if g.odds(5) {
			rdn.kids = append(rdn.kids, seqOf(g.oid(), g.string()))
		}
		return rdn
	}
	return g.most(g.generalNames(0xa0), g.junk())
}

func (g generator) issuingPoint() *node {
	s := seqOf()
	if g.odds(2) {
		s.kids = append(s.kids, cons(0xa0, g.pointName()))
	}
	for range g.IntN(4) {
		n := prim(pick(g, []byte{0x81, 0x82, 0x84, 0x85, 0x83}), 0xff)
		if g.wild(4) {
			n.tag = pick(g, []byte{0x86, 0xa1})
		}
		if n.tag == 0x83 || g.wild(8) {
			n.content = g.bitContent(2)
		}
		s.kids = append(s.kids, n)
	}
	return s
}

func (g generator) policies() *node {
	s := seqOf()
	for range g.IntN(3) {
		p := seqOf(g.oid())
		if g.odds(2) {
			q := seqOf()
			for range g.IntN(3) + min(1, g.calm/2) {
				q.kids = append(q.kids, g.most(seqOf(id("1.3.6.1.5.5.7.2.1"), text(0x16, "http://x y")), seqOf(g.oid()), seqOf(), g.junk()))
			}
			p.kids = append(p.kids, q)
		}
		if g.wild(12) {
			p.kids = append(p.kids, g.junk())
		}
		s.kids = append(s.kids, p)
	}
	return s
}

func (g generator) constraints() *node {
	s := seqOf()
	for range g.IntN(3) + g.IntN(12)/11 {
		list := cons(0xa0 | byte(len(s.kids)))
		if g.wild(2) {
			list.tag = pick(g, []byte{0xa0, 0xa1, 0xa2, 0x80})
		}
		for range g.IntN(3) {
			t := seqOf(g.generalName(true))
			for range g.IntN(8) / 6 {
				n := g.integer()
				n.tag = g.most(prim(0x80), prim(0x81), prim(0x82), prim(0xa0)).tag
				t.kids = append(t.kids, n)
			}
			list.kids = append(list.kids, t)
		}
		s.kids = append(s.kids, list)
	}
	return s
}

func (g generator) generalNames(tag byte) *node {
	n := cons(tag)
	for range 1 + g.IntN(3) - g.IntN(10)/9 {
		n.kids = append(n.kids, g.generalName(false))
	}
	return n
}

func (g generator) generalName(constraint bool) *node {
	if g.calm > 1 && !g.wild(1) {
		return pick(g, []*node{text(0x81, "a@b"), text(0x82, "example.com"), text(0x86, pick(g, goodURIs(constraint))), prim(0x87, g.fill(4<<g.IntN(4))...),
			cons(0xa4, g.name()), prim(0x88, g.oid().content...), cons(0xa0, id("1.2.3"), cons(0xa0, g.string())), cons(0xa3, g.junk())})
	}
	switch g.IntN(16) {
	case 0:
		value := cons(0xa0, g.string())
		if g.odds(4) {
			value = g.junk()
		}
		n := cons(0xa0, g.oid(), value)
		if g.wild(10) {
			n.kids = append(n.kids, g.junk())
		}
		return n
	case 1:
		return text(0x81, pick(g, []string{"a@b", "", "@", "a@", "@b", "a@.", "a@.b", "host", ".host", "a@b@", "a@@", "a@b@c", ".", "\xff", "a b", "@.", ".."}))
	case 2:
		return text(0x82, pick(g, []string{"example.com", "", "*.x", "-", "\xff", " "}))
	case 3:
		return cons(0xa3, g.junk())
	case 4:
		n := cons(0xa4, g.name())
		if g.odds(4) {
			n.kids = n.kids[0].kids
		}
		if g.wild(10) {
			n.kids = append(n.kids, g.junk())
		}
		if g.wild(20) {
			n.kids = nil
		}
		return n
	case 5:
		n := cons(0xa5)
		for range 1 + g.IntN(2) + g.IntN(8)/7 {
			part := cons(pick(g, []byte{0x80, 0x81, 0x81, 0x80, 0xa0, 0xa1, 0x82}), g.string())
			if g.odds(5) {
				part.kids = []*node{cons(0x81, g.string())}
			}
			n.kids = append(n.kids, part)
		}
		return n
	case 6, 7:
		b := g.fill(pick(g, []int{4, 8, 16, 32, 32, 32, 0, 5, 15, 33}))
		if len(b) >= 16 && g.odds(2) {
			copy(b, []byte{10: 0xff, 11: 0xff})
			clear(b[:10])
			if len(b) == 32 && g.odds(2) {
				copy(b[16:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
			}
		}
		return prim(0x87, b...)
	case 8:
		n := g.oid()
		n.tag = 0x88
		return n
	case 9:
		n := g.junk()
		n.tag = n.tag&0x20 | 0x80 | byte(g.IntN(10))
		return n
	}
	if constraint && !g.odds(4) {
		return text(0x86, g.hostName())
	}
	return text(0x86, g.uri())
}

package javaks

import "slices"

// walk lists the nodes of a tree with their parents.
func walk(n, parent *node, visit func(n, parent *node)) {
	visit(n, parent)
	for _, kid := range n.kids {
		walk(kid, n, visit)
	}
}

// mutate changes one place of the tree.
func (g generator) mutate(root *node) {
	type place struct{ n, parent *node }
	var places []place
	walk(root, nil, func(n, parent *node) { places = append(places, place{n, parent}) })
	p := pick(g, places)
	if p.parent == nil || g.odds(3) {
		g.mutateNode(p.n)
		return
	}
	g.mutateAmong(p.parent, slices.Index(p.parent.kids, p.n), pick(g, places).n)
}

// mutateAmong changes which nodes a parent has.
func (g generator) mutateAmong(parent *node, at int, other *node) {
	kids := parent.kids
	switch g.IntN(9) {
	case 0:
		parent.kids = slices.Delete(slices.Clone(kids), at, at+1)
	case 1:
		parent.kids = slices.Insert(slices.Clone(kids), at, kids[at].clone())
	case 2:
		with := g.IntN(len(kids))
		kids[at], kids[with] = kids[with], kids[at]
	case 3, 4:
		kids[at] = g.junk()
	case 5:
		parent.kids = slices.Insert(slices.Clone(kids), at, g.junk())
	case 6:
		parent.kids = append(slices.Clone(kids), g.junk())
	case 7:
		kids[at] = other.clone()
	case 8:
		kids[at] = cons(pick(g, []byte{0x30, 0x31, 0xa0, 0xa1, 0x24}), kids[at])
	}
}

// mutateNode changes a node itself.
func (g generator) mutateNode(n *node) {
	switch g.IntN(12) {
	case 0:
		n.tag ^= 1 << g.IntN(8)
	case 1:
		n.tag = pick(g, []byte{1, 2, 3, 4, 5, 6, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1b, 0x1c, 0x1e, 0x1f, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0})
	case 2:
		n.length = lengthForm(g.IntN(int(lengthForms)))
	case 3:
		n.tail = append(n.tail, g.octets(4)...)
	case 4:
		n.kids, n.content, n.tail = nil, nil, nil
	case 5:
		n.tail = append(n.tail, g.junk().encode()...)
	case 6:
		if n.tag == 6 {
			n.content = g.oid().content
			return
		}
		n.content = append(slices.Clone(n.content), g.octets(3)...)
	default:
		b := slices.Clone(n.content)
		switch {
		case len(b) == 0:
			n.content = g.octets(3)
		case g.odds(3):
			n.content = b[:len(b)-1]
		case g.odds(2):
			b[g.IntN(len(b))] = byte(g.Uint32())
			n.content = b
		default:
			b[g.IntN(len(b))] ^= 1 << g.IntN(8)
			n.content = b
		}
	}
}

package javaks

// treeSet is java.util.TreeSet as far as it shows which elements it compares
// with a new one: under an order that never says "equal" for two elements,
// whether an element is found again depends on the shape of the red-black tree.
type treeSet[T any] struct{ root *treeNode[T] }

type treeNode[T any] struct {
	value  T
	child  [2]*treeNode[T] // before, after
	parent *treeNode[T]
	red    bool
}

// add adds a value unless it meets an equal one on its way down.
func (s *treeSet[T]) add(value T, compare func(a, b T) int) {
	var parent *treeNode[T]
	side := 0
	for at := s.root; at != nil; at = at.child[side] {
		order := compare(value, at.value)
		if order == 0 {
			return
		}
		parent, side = at, 0
		if order > 0 {
			side = 1
		}
	}
	node := &treeNode[T]{value: value, parent: parent, red: true}
	if parent == nil {
		s.root = node
	} else {
		parent.child[side] = node
	}
	s.balance(node)
}

// balance lifts a red node's conflict with a red parent towards the root.
func (s *treeSet[T]) balance(node *treeNode[T]) {
	for node.parent != nil && node.parent.red {
		parent := node.parent
		above := parent.parent // not nil: the root is black
		side := parent.side()
		if uncle := above.child[1-side]; uncle != nil && uncle.red {
			parent.red, uncle.red, above.red = false, false, true
			node = above
			continue
		}
		if node.side() != side {
			s.rotate(parent, side)
			node, parent = parent, node
		}
		parent.red, above.red = false, true
		s.rotate(above, 1-side)
	}
	s.root.red = false
}

func (n *treeNode[T]) side() int {
	if n.parent.child[1] == n {
		return 1
	}
	return 0
}

// rotate moves a node down to the side, and its child of the other side up.
func (s *treeSet[T]) rotate(node *treeNode[T], side int) {
	up := node.child[1-side]
	node.child[1-side] = up.child[side]
	if up.child[side] != nil {
		up.child[side].parent = node
	}
	up.parent = node.parent
	if node.parent == nil {
		s.root = up
	} else {
		node.parent.child[node.side()] = up
	}
	up.child[side], node.parent = node, up
}

// list lists the values in order.
func (s *treeSet[T]) list() []T {
	var out []T
	var visit func(*treeNode[T])
	visit = func(n *treeNode[T]) {
		if n == nil {
			return
		}
		visit(n.child[0])
		out = append(out, n.value)
		visit(n.child[1])
	}
	visit(s.root)
	return out
}

package javaks

import (
	"bytes"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// order puts candidates for the issuer of prev in the order in which the JVM
// tries them. It is a verdict's matter, for a candidate may end the search at
// its level or make the JVM throw.
//
// ForwardBuilder adds the anchors and then the certificates sent, each list as
// a HashSet yields it, to a TreeSet sorted by PKIXCertComparator. That never
// calls two certificates equally good, so that a certificate that is both
// anchor and sent may be in the set twice.
func (b *builder) order(prev *certificate, anchors, sent []*certificate) []*certificate {
	if len(anchors)+len(sent) < 2 {
		return append(anchors, sent...)
	}
	var set treeSet[*certificate]
	compare := func(x, y *certificate) int { return b.prefer(prev, x, y) }
	if b.reversed {
		anchors = slices.Clone(anchors)
		slices.Reverse(anchors)
	}
	fromStore, shared := hashOrder(anchors, hashCapacity(len(b.anchors)))
	b.chance = b.chance || shared
	fromPeer, _ := hashOrder(sent, 16)
	for _, c := range slices.Concat(fromStore, fromPeer) {
		set.add(c, compare)
	}
	return set.list()
}

// prefer is PKIXCertComparator.compare: negative if x goes before y.
func (b *builder) prefer(prev, x, y *certificate) int {
	if x.Fingerprint == y.Fingerprint {
		return 0
	}
	if prev.keyID != nil {
		switch {
		case bytes.Equal(prev.keyID, x.ownKeyID):
			return -1
		case bytes.Equal(prev.keyID, y.ownKeyID):
			return 1
		}
	}
	switch {
	case len(b.named[x.issuer]) > 0:
		return -1
	case len(b.named[y.issuer]) > 0:
		return 1
	}
	return b.nearer(x, y)
}

// nearer prefers the certificate whose issuer's name shares more with that of
// an anchor. The first anchor that shares anything with either decides.
func (b *builder) nearer(x, y *certificate) int {
	for _, anchor := range b.anchors {
		dx, dy := distance(anchor.Subject, x.Issuer), distance(anchor.Subject, y.Issuer)
		switch {
		case dx < 0 && dy < 0:
			continue
		case dx < 0, dy >= 0 && dx > dy:
			return 1
		}
		return -1
	}
	return -1
}

// distance is how many parts of an issuer's name lie below what it shares with
// an anchor's; -1 if that is nothing, or ends in a place.
func distance(anchor, issuer chain.Name) int {
	shared := 0
	for shared < min(len(anchor), len(issuer)) && foldRDN(anchor[shared]) == foldRDN(issuer[shared]) {
		shared++
	}
	if shared == 0 || slices.ContainsFunc(anchor[shared-1], geographical) {
		return -1
	}
	return len(issuer) - shared
}

func geographical(a chain.Attribute) bool {
	switch a.Type {
	case "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9": // country, locality, state, street
		return true
	}
	return false
}

// hashOrder lists certificates as a HashSet of a capacity, a power of two,
// yields them: by the hash of the bytes and, where some share a bucket, by which
// was added first.
func hashOrder(list []*certificate, capacity int32) (out []*certificate, shared bool) {
	type member struct {
		*certificate
		bucket int32
	}
	var members []member
	for _, c := range list {
		if !slices.ContainsFunc(members, func(m member) bool { return m.Fingerprint == c.Fingerprint }) {
			h := javaHash(c.Raw)
			members = append(members, member{c, (h ^ int32(uint32(h)>>16)) & (capacity - 1)})
		}
	}
	slices.SortStableFunc(members, func(x, y member) int { return int(x.bucket - y.bucket) })
	for i, m := range members {
		out = append(out, m.certificate)
		shared = shared || i > 0 && members[i-1].bucket == m.bucket
	}
	return out, shared
}

// javaHash is java.util.Arrays.hashCode.
func javaHash(octets []byte) int32 {
	h := int32(1)
	for _, octet := range octets {
		h = 31*h + int32(int8(octet))
	}
	return h
}

// hashCapacity is the capacity of a HashSet made for a number of elements.
func hashCapacity(elements int) int32 {
	capacity := int32(1)
	for elements > int(capacity)*3/4 {
		capacity *= 2
	}
	return capacity
}

// Package chains makes certificate chains for tests: by hand, one fault at a
// time ([Hand]), and at random from a seed ([Random]). Nothing here is compiled
// into the product.
//
// Certificates are written octet by octet, so that they can be wrong in every
// way; the same seed makes the same octets.
package chains

import "time"

// Now is the time at which the chains are to be judged: the present, for the
// programs that cannot be told another.
var Now = time.Now().UTC().Truncate(time.Hour)

// Chain is a question for whoever judges chains.
type Chain struct {
	Name      string
	Anchors   [][]byte // DER, what the store trusts
	Presented [][]byte // DER, as the server sends it
	Host      string   // "" for no check of the name
	Time      time.Time
	LeafKey   *Key // for servers that present the chain
}

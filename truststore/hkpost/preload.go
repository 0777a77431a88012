package hkpost

import "slices"

// preloaded are the certificates in the list of intermediates that Firefox
// brings (security-state "intermediates", read out of Firefox ESR 153.7 on
// 2026-11-02), so that it completes chains whose server omits them.
var preloaded = []string{
	"root-ca-3-cross-by-globalsign-r3-2022", "ecert-ssl-ca-3-17-2025", "ecert-ev-ssl-ca-3-17-2025",
}

// Preloaded reports whether Firefox, and what is built on it, knows the
// certificate as an intermediate without any store's help.
func Preloaded(f Fingerprint) bool {
	c, ok := Lookup(f)
	return ok && slices.Contains(preloaded, c.Slug)
}

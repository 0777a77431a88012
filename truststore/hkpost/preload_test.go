package hkpost

import "testing"

func TestPreloadedAreRowsOfTheCatalogue(t *testing.T) {
	for _, slug := range preloaded {
		c, ok := BySlug(slug)
		if !ok || !Preloaded(c.SHA256) || c.Role == RoleRoot {
			t.Errorf("%s is no intermediate of the catalogue", slug)
		}
	}
	root, _ := BySlug("root-ca-3")
	if Preloaded(root.SHA256) {
		t.Error("a root is not preloaded")
	}
}

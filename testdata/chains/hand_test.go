package chains

import "testing"

func TestHandMadeChainsDiffer(t *testing.T) {
	names, seen := map[string]bool{}, map[string]string{}
	for _, c := range Hand() {
		if names[c.Name] {
			t.Errorf("two chains are called %s", c.Name)
		}
		names[c.Name] = true
		for _, der := range c.Anchors {
			if other := seen[string(der)]; other != "" && other != c.Name {
				t.Errorf("%s and %s share an anchor", other, c.Name)
			}
			seen[string(der)] = c.Name
		}
	}
	if len(names) < 60 {
		t.Errorf("only %d chains", len(names))
	}
}

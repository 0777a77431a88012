package javaks

import (
	"iter"
	"strconv"
)

// name gives each entry the name that Java looks it up by. Nameless ones are
// numbered, and of equal names the last entry hides the others
// (PKCS12KeyStore.loadSafeContents).
func (s *pkcs12Store) name() {
	nameless := 0
	visible := make(map[string]*bag)
	for b := range s.entryBags() {
		b.name = lowerAlias(b.alias)
		if !b.named {
			nameless++
			b.name = strconv.Itoa(nameless)
		}
		if earlier := visible[b.name]; earlier != nil {
			earlier.hidden = true
		}
		visible[b.name] = b
	}
}

// entryBags iterates over what Java takes for entries, in the order of the file.
func (s *pkcs12Store) entryBags() iter.Seq[*bag] {
	return func(yield func(*bag) bool) {
		for i := range s.contents {
			for j := range s.contents[i].bags {
				b := &s.contents[i].bags[j]
				if b.isEntry() && !yield(b) {
					return
				}
			}
		}
	}
}

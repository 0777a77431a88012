package javaks

import (
	"iter"
	"strconv"
)

// nameEntries gives each entry the name that Java looks it up by. Nameless ones are
// numbered, and of equal names the last entry hides the others
// (PKCS12KeyStore.loadSafeContents).
func nameEntries(contents []content) {
	nameless := 0
	visible := make(map[string]*bag)
	for b := range entryBags(contents) {
		b.name, b.hidden = lowerAlias(b.alias), false
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
func entryBags(contents []content) iter.Seq[*bag] {
	return func(yield func(*bag) bool) {
		for i := range contents {
			for j := range contents[i].bags {
				b := &contents[i].bags[j]
				if b.isEntry() && !yield(b) {
					return
				}
			}
		}
	}
}

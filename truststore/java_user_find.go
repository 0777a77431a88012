package truststore

import (
	"context"

	"github.com/hktrust/hktrust/javaks"
)

// findJavaUser finds the stores of Web Start's products that the user has.
func findJavaUser(ctx context.Context, s search) discovery {
	var d discovery
	if s.user == nil {
		return d
	}
	found := javaks.FindUserStores(ctx, s.host, *s.user)
	d.places = found.Places
	for _, u := range found.Stores {
		resolved, err := s.host.ResolveNew(u.Path) // the directory need not be there yet
		if err != nil {
			d.problem(KindJavaUser, u.Path, err)
			continue
		}
		d.add(newJavaStore(s.machine, Info{
			Kind: KindJavaUser, Path: resolved, Scope: ScopeUser, Label: productLabel(u),
			Product: string(u.Product), Missing: !u.Exists, Links: linksTo(resolved, u.Path),
		}))
	}
	for _, p := range found.Problems {
		d.problem(KindJavaUser, p.Path, p.Err)
	}
	return d
}

// productNames are the products' names for people.
var productNames = map[javaks.Product]string{
	javaks.JavaControlPanel: "Java Control Panel",
	javaks.IcedTeaWeb:       "IcedTea-Web",
	javaks.OpenWebStart:     "OpenWebStart",
}

func productLabel(u javaks.UserStore) string {
	label := productNames[u.Product]
	if u.SharedWith != "" {
		label += ", " + productNames[u.SharedWith]
	}
	return label
}

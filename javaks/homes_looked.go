package javaks

// lookedAt lists the places of a search.
func (f *finder) lookedAt() []string {
	var all []string
	for _, p := range places() {
		if !f.covers(p.scope, p.goos) {
			continue
		}
		switch p.what {
		case pathVariable:
			all = append(all, "$PATH")
		case versionedVariables:
			all = append(all, "$JAVA_HOME_*_*")
		case runningJVMs:
			all = append(all, "/proc/*/exe", "/proc/*/maps")
		}
		for _, pattern := range p.patterns {
			if path, ok := f.env.expand(pattern); ok {
				all = append(all, path)
			} else if p.scope == eitherScope {
				all = append(all, pattern)
			}
		}
	}
	for _, k := range registryKeys {
		for _, r := range registryHives {
			if f.searchesRegistry(r.hive, r.scope) {
				all = append(all, string(r.hive)+`\`+k.key)
			}
		}
	}
	return append(all, f.Dirs...)
}

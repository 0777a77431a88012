package javaks

import (
	"context"

	"github.com/hktrust/hktrust/truststore/host"
)

// Places lists where [FindHomes] looks on a machine: variables and directories
// as patterns in which "*" stands for any name, in the order of the search. It
// touches no file. A nil host is this machine.
func (s HomeSearch) Places(h *host.Host) ([]string, error) {
	f, err := newFinder(context.Background(), orThisMachine(h), s)
	if err != nil {
		return nil, err
	}
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
	return append(all, s.Dirs...), nil
}

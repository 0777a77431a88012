package truststore

import (
	"context"
	"strings"
)

func nssServes(string) []string { return []string{servesBrowsers} }

// examineNSS notes browsers that a sandbox gives stores of their own.
func examineNSS(_ context.Context, d *diagnosis) {
	for _, s := range d.stores(KindNSS) {
		path := strings.ReplaceAll(s.Info.Path, `\`, "/")
		for _, mark := range []string{"/snap/", "/.var/app/", "/Packages/Mozilla."} {
			if strings.Contains(path, mark) {
				d.problems = append(d.problems, d.at(s, finding(CodeProgramConfined, "path", s.Info.Path, "program", s.Info.Label)))
			}
		}
	}
}

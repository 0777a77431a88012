package truststore

import (
	"maps"
	"regexp"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

// Every sentence about a verdict is found again by its code, with what stands in
// it, also those of the packages below.
func TestReasonsHaveCodes(t *testing.T) {
	for _, r := range reasons {
		var args []string
		want := map[string]string{}
		for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(r.text, -1) {
			want[name[1]] = "the " + name[1] + " /x: y"
			args = append(args, name[1], want[name[1]])
		}
		got := reasonOf(because(r.code, args...), nil)
		if got == nil || got.Code != r.code || !maps.Equal(got.Args, want) {
			t.Errorf("%s: %+v", r.code, got)
		}
	}
	for _, version := range []string{"17.0.9", "21.0.1", "26", "strange"} {
		if assumed := javaks.RulesOf(version).Assumed; reasonOf(assumed, nil) == nil {
			t.Errorf("%q has no code", assumed)
		}
	}
	if got := reasonOf("", ErrPasswordRequired); got == nil || got.Code != CodePasswordRequired {
		t.Errorf("%+v", got)
	}
	if got := reasonOf("something else", nil); got != nil {
		t.Errorf("%+v", got)
	}
}

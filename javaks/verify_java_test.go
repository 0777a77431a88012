package javaks

import (
	"flag"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/host"
)

var (
	verifySeed  = flag.Uint64("verify.seed", 1, "first seed of the random chains")
	verifyWords = flag.Bool("verify.words", false, "tell where our words are not the JVM's")
	verifyCount = flag.Int("verify.count", 2000, "how many random chains each JVM judges")
)

// rulesOf reads the rules of an installed JDK.
func rulesOf(t *testing.T, j javatest.JDK) *Rules {
	t.Helper()
	r, err := ReadRules(&host.Host{}, Home{Dir: j.Home, Version: j.Version}, TrustOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every verdict equals the JVM's, chain by chain.
func TestVerdictEqualsJVMOnRandomChains(t *testing.T) {
	javatest.Each(t, func(t *testing.T, j javatest.JDK) {
		rules, judge := rulesOf(t, j), j.Judge(t)
		counts := map[chain.Code]int{}
		wrong := 0
		for seed := *verifySeed; seed < *verifySeed+uint64(*verifyCount); seed++ {
			c := chains.Random(seed, chains.Profile{})
			if !compare(t, rules, judge, c, counts) {
				if wrong++; wrong > 20 {
					t.Fatal("too many")
				}
			}
		}
		t.Logf("Java %s, %d chains, %d disagreements: %v", j.Version, *verifyCount, wrong, counts)
	})
}

// compare reports whether our verdict is the JVM's.
func compare(t *testing.T, rules *Rules, judge *javatest.Judge, c chains.Chain, counts map[chain.Code]int) bool {
	t.Helper()
	ours := rules.Verify(c.Anchors, c.Presented, chain.Query{ServerName: c.Host, Time: c.Time})
	counts[ours.Code]++
	if !ours.Code.Known() || ours.Code == chain.ChainTooLong { // JSSE refuses that itself, before it asks the trust manager
		return true
	}
	theirs, err := judge.Ask(javatest.Case{Anchors: c.Anchors, Presented: c.Presented, Time: c.Time, Host: c.Host})
	if err != nil {
		t.Fatal(err)
	}
	if ours.OK() != (theirs.Yes == theirs.Tries) {
		t.Errorf("%s: ours %s (%s), Java %d of %d: %s\n%s", c.Name, ours.Code, ours.Words, theirs.Yes, theirs.Tries, theirs.Words, chains.Describe(c))
		return false
	}
	if _, said, _ := strings.Cut(theirs.Words, ": "); *verifyWords && said != ours.Words {
		t.Logf("%s: ours %q, Java %q", c.Name, ours.Words, said)
	}
	return true
}

func TestVerdictEqualsJVMOnHandMadeChains(t *testing.T) {
	javatest.Each(t, func(t *testing.T, j javatest.JDK) {
		rules, judge := rulesOf(t, j), j.Judge(t)
		counts := map[chain.Code]int{}
		for _, c := range chains.Hand() {
			compare(t, rules, judge, c, counts)
		}
		t.Logf("Java %s: %v", j.Version, counts)
	})
}

func TestVerdictEqualsJVMOnPKITS(t *testing.T) {
	list := chains.PKITS(t)
	javatest.Each(t, func(t *testing.T, j javatest.JDK) {
		rules, judge := rulesOf(t, j), j.Judge(t)
		counts := map[chain.Code]int{}
		for _, c := range list {
			compare(t, rules, judge, c, counts)
		}
		t.Logf("Java %s, %d chains: %v", j.Version, len(list), counts)
	})
}

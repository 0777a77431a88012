package clients_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/internal/clients"
)

var update = flag.Bool("update", false, "write the golden tables anew")

// column is a program of the table.
type column struct {
	name   string
	judged func(c chains.Chain) chain.Verdict
	live   func(t *testing.T) live
	// nameless: the program checks no names of hosts.
	nameless bool
	// release is what the program's answer to "version" begins with where the program has the
	// words of the table; "" for all that are looked for by their release.
	release string
}

// openSSLWords is the release whose words the table of OpenSSL has.
const openSSLWords = "OpenSSL 3.0."

func columns() []column {
	byRules := func(r *chain.Rules) func(chains.Chain) chain.Verdict {
		return func(c chains.Chain) chain.Verdict { return judge(r, c, chain.Server) }
	}
	java := func(r *javaks.Rules) func(chains.Chain) chain.Verdict {
		return func(c chains.Chain) chain.Verdict {
			return r.Verify(c.Anchors, c.Presented, chain.Query{ServerName: c.Host, Time: c.Time})
		}
	}
	jdk := func(major int) func(*testing.T) live {
		return func(t *testing.T) live { return liveJava(t, major) }
	}
	python := func(version string) func(*testing.T) live {
		return func(t *testing.T) live { return livePython(t, version) }
	}
	return []column{
		{name: "java-17", judged: java(javaks.RulesOf("17.0.21.1")), live: jdk(17)},
		{name: "java-25", judged: java(javaks.RulesOf("25.0.3")), live: jdk(25)},
		{name: "firefox", judged: byRules(nss.Firefox().Rules), live: liveFirefox},
		{name: "chromium", judged: byRules(nss.Chromium().Rules), live: liveChromium},
		{name: "nss", judged: byRules(nss.Classic().Rules), live: liveNSS, nameless: true},
		{name: "openssl", judged: byRules(clients.OpenSSL()), live: liveOpenSSL, release: openSSLWords},
		{name: "curl", judged: byRules(clients.Curl()), live: liveCurl, release: "curl 7.88."},
		{name: "python-3.13", judged: byRules(clients.Python(3, 13)), live: python("3.13")},
		{name: "python-3.11", judged: byRules(clients.Python(3, 11)), live: python("3.11")},
		{name: "node-20", judged: byRules(clients.Node(20)), live: liveNode},
		{name: "gnutls", judged: byRules(clients.GnuTLS()), live: liveGnuTLS},
		{name: "wget", judged: byRules(clients.Wget()), live: liveWget},
		{name: "go", judged: func(c chains.Chain) chain.Verdict {
			return clients.GoVerify(c.Anchors, c.Presented, chain.Query{ServerName: c.Host, Time: c.Time})
		}, live: liveGo},
	}
}

// verdict is ours.
func (p column) verdict(c chains.Chain) chain.Verdict {
	if p.nameless {
		c.Host = ""
	}
	return p.judged(c)
}

// The golden tables: a code of ours for each chain and program, and, line by
// line, the words of the programs that refuse.
const (
	goldenCodes = "testdata/matrix.txt"
	goldenWords = "testdata/words.txt"
)

// The tables of what each program makes of each hand-made chain.
// TestMatrixIsThePrograms holds them against the programs.
func TestMatrix(t *testing.T) {
	var codes, words strings.Builder
	list := columns()
	fmt.Fprintf(&codes, "%-30s", "chain")
	for _, p := range list {
		fmt.Fprintf(&codes, " %-19s", p.name)
	}
	codes.WriteString("\n")
	for _, c := range chains.Hand() {
		fmt.Fprintf(&codes, "%-30s", c.Name)
		for _, p := range list {
			v := p.verdict(c)
			fmt.Fprintf(&codes, " %-19s", v.Code)
			if !v.OK() {
				fmt.Fprintf(&words, "%s\t%s\t%s\n", c.Name, p.name, timeless(v.Words))
			}
		}
		codes.WriteString("\n")
	}
	golden(t, goldenCodes, regexp.MustCompile(` +\n`).ReplaceAllString(codes.String(), "\n"))
	golden(t, goldenWords, words.String())
}

// moments are in the words of some programs; the chains are made for today.
var moments = regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [0-9 ]\d \d\d:\d\d:\d\d [A-Z]+ \d{4}|\d{4}-\d\d-\d\dT[0-9:]+Z`)

func timeless(words string) string { return moments.ReplaceAllString(words, "(then)") }

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not up to date; with -update the test writes:\n%s", file, got)
	}
}

// Cell by cell, the tables are what the programs do and say.
func TestMatrixIsThePrograms(t *testing.T) {
	for _, p := range columns() {
		t.Run(p.name, func(t *testing.T) {
			if p.name != "go" && runtime.GOOS != "linux" {
				oracle.Optional(t, "the programs as Linux builds them")
			}
			ask := p.live(t)
			list := chains.Hand()
			slices.SortStableFunc(list, func(a, b chains.Chain) int {
				return cmp.Compare(strings.Index(b.Name, policyAware), strings.Index(a.Name, policyAware))
			})
			reworded := p.reworded(t)
			wrong, words := 0, 0
			for _, c := range list {
				ours, theirs := p.verdict(c), ask(c)
				if p.name == "nss" && c.Name == policyAware && theirs == accepted {
					oracle.Optional(t, "a vfychain of an NSS that does not verify by libpkix")
				}
				switch {
				case !ours.Code.Known():
				case ours.OK() != (theirs == accepted):
					wrong++
					t.Errorf("%s: ours %s (%s), theirs: %.600s", c.Name, ours.Code, ours.Words, theirs)
				case !reworded && !sameWords(p.name, ours.Words, theirs):
					words++
					t.Errorf("%s: our words for %s: %s; theirs: %.300s", c.Name, ours.Code, ours.Words, theirs)
				}
			}
			t.Logf("%s: %d chains, %d other verdicts, %d other words", p.name, len(list), wrong, words)
			if reworded && !t.Failed() {
				oracle.Optional(t, p.release+", whose words the table has")
			}
		})
	}
}

// policyAware is a chain that libpkix accepts, and classic NSS does not.
const policyAware = "policy-required-met"

// reworded reports whether the program is of a release with other words than
// those of the table.
func (p column) reworded(t *testing.T) bool {
	t.Helper()
	if p.release == "" {
		return false
	}
	ask := "--version"
	if p.name == "openssl" {
		ask = "version"
	}
	out, err := exec.Command(p.name, ask).Output()
	if err != nil {
		t.Fatal(err)
	}
	return !strings.HasPrefix(string(out), p.release)
}

// sameWords reports whether ours are the words of a program.
func sameWords(program, ours, theirs string) bool {
	if ours == "" {
		return theirs == accepted
	}
	switch program {
	case "chromium":
		return strings.TrimPrefix(ours, "NET::") == theirs
	case "gnutls", "wget": // which say more around it
		return strings.Contains(theirs, ours)
	case "python-3.11", "python-3.13":
		where := strings.LastIndex(theirs, " (_ssl.c:")
		return where >= 0 && ours == theirs[:where]
	}
	return ours == theirs
}

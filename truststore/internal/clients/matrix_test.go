package clients_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/internal/clients"
)

var update = flag.Bool("update", false, "write the golden table anew")

// column is a program of the table.
type column struct {
	name   string
	judged func(c chains.Chain) chain.Verdict
}

func columns() []column {
	byRules := func(r *chain.Rules) func(chains.Chain) chain.Verdict {
		return func(c chains.Chain) chain.Verdict { return judge(r, c) }
	}
	java := func(r *javaks.Rules) func(chains.Chain) chain.Verdict {
		return func(c chains.Chain) chain.Verdict {
			return r.Verify(c.Anchors, c.Presented, chain.Query{ServerName: c.Host, Time: c.Time})
		}
	}
	return []column{
		{"java-17", java(javaks.RulesOf("17.0.21.1"))}, {"java-25", java(javaks.RulesOf("25.0.3"))},
		{"firefox", byRules(nss.Firefox().Rules)}, {"chromium", byRules(nss.Chromium().Rules)}, {"nss", byRules(nss.Classic().Rules)},
		{"openssl", byRules(clients.OpenSSL())}, {"curl", byRules(clients.Curl())}, {"python-3.13", byRules(clients.Python(3, 13))},
		{"python-3.11", byRules(clients.Python(3, 11))}, {"node-20", byRules(clients.Node(20))}, {"gnutls", byRules(clients.GnuTLS())},
		{"go", func(c chains.Chain) chain.Verdict {
			return clients.GoVerify(c.Anchors, c.Presented, chain.Query{ServerName: c.Host, Time: c.Time})
		}},
	}
}

const golden = "testdata/matrix.txt"

// The table of what each program makes of each hand-made chain. Where a
// program is installed, another test holds its column against the program.
func TestMatrix(t *testing.T) {
	var out strings.Builder
	list := columns()
	fmt.Fprintf(&out, "%-30s", "chain")
	for _, c := range list {
		fmt.Fprintf(&out, " %-19s", c.name)
	}
	out.WriteString("\n")
	for _, c := range chains.Hand() {
		fmt.Fprintf(&out, "%-30s", c.Name)
		for _, program := range list {
			fmt.Fprintf(&out, " %-19s", program.judged(c).Code)
		}
		out.WriteString("\n")
	}
	got := strings.ReplaceAll(out.String(), " \n", "\n")
	for strings.Contains(got, " \n") {
		got = strings.ReplaceAll(got, " \n", "\n")
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not up to date; with -update the test writes:\n%s", golden, got)
	}
}

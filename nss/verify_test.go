package nss_test

import (
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/chain"
)

var (
	verifySeed  = flag.Uint64("verify.seed", 1, "first seed of the random chains")
	verifyCount = flag.Int("verify.count", 2000, "how many random chains each program judges")
)

// storeAnchors puts a chain's anchors into a database as trusted CAs.
func storeAnchors(t *testing.T, db *nss.DB, trust string, list ...chains.Chain) {
	t.Helper()
	anchor, err := nss.ParseTrust(trust)
	if err != nil {
		t.Fatal(err)
	}
	var changes []nss.Change
	seen := map[string]bool{}
	for _, c := range list {
		for i, der := range c.Anchors {
			if seen[string(der)] {
				continue
			}
			seen[string(der)] = true
			changes = append(changes, nss.Change{Op: nss.Add, DER: der, Nickname: fmt.Sprintf("%s %d", c.Name, i), Trust: &anchor})
		}
	}
	for _, one := range changes {
		if _, err := db.Apply(context.Background(), []nss.Change{one}); err != nil {
			t.Logf("%s: %v", one.Nickname, err)
		}
	}
}

// verdict is ours about a chain, by a database.
func verdict(t *testing.T, db *nss.DB, r nss.Reader, c chains.Chain, purpose chain.Purpose) chain.Verdict {
	t.Helper()
	contents, err := db.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var presented []*chain.Certificate
	for _, der := range c.Presented {
		p, err := chain.Parse(der)
		if err != nil {
			return chain.Verdict{Code: chain.ChainUnreadable}
		}
		presented = append(presented, p)
	}
	usage := x509.ExtKeyUsageServerAuth
	if purpose == chain.Client {
		usage = x509.ExtKeyUsageClientAuth
	}
	return r.Rules.Judge(contents.TrustStore(r, usage, nil, nil), presented, chain.Query{ServerName: c.Host, Time: c.Time, Purpose: purpose})
}

func report(t *testing.T, c chains.Chain, ours chain.Verdict, theirs string) {
	t.Helper()
	at := ""
	if ours.At != nil {
		at = ours.At.Subject.String()
	}
	t.Errorf("%s: ours %s (%s) at %s; the program: %s\n%s", c.Name, ours.Code, ours.Words, at, theirs, chains.Describe(c))
}

// vfychain asks classic NSS; it checks no names.
func vfychain(t *testing.T, dir string, c chains.Chain, purpose chain.Purpose) (ok bool, said string) {
	t.Helper()
	usage := map[chain.Purpose]string{chain.Client: "0", chain.Server: "1"}[purpose]
	args := []string{"-d", "sql:" + dir, "-u", usage, "-b", c.Time.UTC().Format("0601021504Z")}
	for i, der := range c.Presented {
		path := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.WriteFile(path, der, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.Command("vfychain", args...).CombinedOutput()
	return err == nil && strings.Contains(string(out), "Chain is good"), string(out)
}

func TestVerdictEqualsVfychain(t *testing.T) {
	oracle.Need(t, "vfychain")
	needClassicVerifier(t)
	reader := nss.Classic()
	list := chains.Hand()
	for _, seed := range []uint64{500150, 500166, 500240, 500260, 500288, 500336} { // that we had wrong
		list = append(list, chains.Random(seed, chains.Profile{Plain: true, NoNames: true, Now: time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)}))
	}
	for s := *verifySeed; s < *verifySeed+uint64(*verifyCount)/10; s++ { // a process each
		list = append(list, chains.Random(s, chains.Profile{Plain: true, NoNames: true}))
	}
	list = append(list, chains.PKITS(t)...)
	equalVfychain(t, list, reader, chain.Server)
}

func TestVerdictOnClientsEqualsVfychain(t *testing.T) {
	oracle.Need(t, "vfychain")
	needClassicVerifier(t)
	var list []chains.Chain
	for s := *verifySeed; s < *verifySeed+uint64(*verifyCount)/20; s++ {
		list = append(list, chains.Random(s, chains.Profile{Plain: true, NoNames: true, Client: true}))
	}
	equalVfychain(t, append(list, chains.Hand()[0]), nss.Classic(), chain.Client)
}

// needClassicVerifier skips where vfychain is of an NSS that verifies by libpkix:
// that one accepts a chain which classic NSS refuses.
func needClassicVerifier(t *testing.T) {
	t.Helper()
	list := chains.Hand()
	i := slices.IndexFunc(list, func(c chains.Chain) bool { return c.Name == "policy-required-met" })
	_, dir := anchorsIn(t, "C,,", list[i])
	if ok, _ := vfychain(t, dir, list[i], chain.Server); ok {
		oracle.Optional(t, "a vfychain of an NSS that does not verify by libpkix")
	}
}

// anchorsIn is a new database with a chain's anchors.
func anchorsIn(t *testing.T, trust string, c chains.Chain) (*nss.DB, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "db")
	if err := nss.Create(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	db := database(t, dir, nss.Options{})
	storeAnchors(t, db, trust, c)
	return db, dir
}

func equalVfychain(t *testing.T, list []chains.Chain, reader nss.Reader, purpose chain.Purpose) {
	t.Helper()
	trust := map[chain.Purpose]string{chain.Client: "T,,", chain.Server: "C,,"}[purpose]
	wrong := 0
	counts := map[chain.Code]int{}
	for _, c := range list {
		db, dir := anchorsIn(t, trust, c)
		c.Host = ""
		ours := verdict(t, db, reader, c, purpose)
		counts[ours.Code]++
		ok, said := vfychain(t, dir, c, purpose)
		if ours.Code.Known() && ours.OK() != ok {
			wrong++
			report(t, c, ours, said)
		}
	}
	t.Logf("classic NSS: %d chains, %d disagreements: %v", len(list), wrong, counts)
}

func TestVerdictEqualsFirefoxOnRandomChains(t *testing.T) {
	reader := nss.Firefox()
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm") // databases that need not outlive a power failure
	}
	session := browser.NewProfile(t).Start(t)
	session.Local("www.a.test", "w.a.test", "b.test", "a_b.test", "x.www.a.test")
	wrongCode, wrong, asked := 0, 0, 0
	for s := *verifySeed; s < *verifySeed+uint64(*verifyCount); s++ {
		c := chains.Random(s, chains.Profile{Plain: true})
		if !c.Time.Equal(chains.Now) || strings.HasSuffix(c.Host, ".") {
			continue // Firefox knows no other time than the present
		}
		asked++
		c.Host = strings.ToLower(c.Host)
		if strings.HasPrefix(c.Host, "10.") {
			c.Host = "www.a.test"
		}
		var presented []*chain.Certificate
		for _, der := range c.Presented {
			p, err := chain.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			presented = append(presented, p)
		}
		var anchors []*chain.Certificate
		for _, der := range c.Anchors {
			p, _ := chain.Parse(der)
			anchors = append(anchors, p)
		}
		ours := reader.Rules.Judge(chain.AnchorStore(anchors), presented, chain.Query{ServerName: c.Host, Time: time.Now()})
		page := session.FetchTrusting(c.Serve(t), c.Anchors...)
		if ours.Code.Known() && ours.OK() != (page == browser.Served) {
			wrong++
			report(t, c, ours, page.Error)
		} else if ours.Words != page.Error {
			wrongCode++
			t.Logf("%s: ours %s, Firefox %s", c.Name, ours.Words, page.Error)
		}
	}
	t.Logf("Firefox: %d random chains, %d disagreements, %d other codes", asked, wrong, wrongCode)
}

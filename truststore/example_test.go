package truststore_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// exampleImage makes a file tree with one Java installation, so that the
// examples change no machine. Its caller removes it.
func exampleImage() string {
	root, err := os.MkdirTemp("", "hktrust-example-")
	if err != nil {
		log.Fatal(err)
	}
	home := filepath.Join(root, "usr", "lib", "jvm", "java-17")
	other, _ := hkpost.BySlug("globalsign-root-r3")
	cacerts, err := javaks.New(javaks.JKS, "changeit", []javaks.Addition{{Alias: "globalsign", DER: other.DER()}})
	for path, content := range map[string][]byte{"bin/java": nil, "lib/security/cacerts": cacerts} {
		file := filepath.Join(home, path)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o644))
	}
	if err != nil {
		log.Fatal(err)
	}
	return root
}

// One call makes a machine's stores trust Hongkong Post's chain. Without
// WithMachine, that is the machine that the program runs on.
func ExampleEnsureHongkongPostChain() {
	root := exampleImage()
	defer os.RemoveAll(root)
	image := &truststore.Machine{Host: &host.Host{Root: root}, Owner: "example.org/setup"}

	for range 2 {
		report, err := truststore.EnsureHongkongPostChain(truststore.WithMachine(image))
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, store := range report.Stores {
			fmt.Println(store.Status, store.Info.Kind, store.Info.Path)
			for _, change := range store.Changes {
				fmt.Println(" ", change.Sign(), change.Name)
			}
		}
	}
	// Output:
	// changed java /usr/lib/jvm/java-17/lib/security/cacerts
	//   + Hongkong Post Root CA 3
	//   + Hongkong Post e-Cert SSL CA 3 - 17
	//   + Hongkong Post e-Cert EV SSL CA 3 - 17
	// ok java /usr/lib/jvm/java-17/lib/security/cacerts
	//   = Hongkong Post Root CA 3
	//   = Hongkong Post e-Cert SSL CA 3 - 17
	//   = Hongkong Post e-Cert EV SSL CA 3 - 17
}

// A plan can be shown to somebody before it is carried out, and what was done
// can be undone.
func ExampleMachine_Plan() {
	root := exampleImage()
	defer os.RemoveAll(root)
	ctx := context.Background()
	m := &truststore.Machine{Host: &host.Host{Root: root}, Owner: "example.org/setup"}

	goal, err := truststore.HongkongPost(hkpost.Server, m.Host.Now())
	if err != nil {
		log.Fatal(err)
	}
	plan, err := m.Plan(ctx, goal)
	if err != nil {
		log.Fatal(err)
	}
	for _, store := range plan.Stores {
		for _, change := range store.Changes {
			fmt.Println(change.Sign(), change.Name, "because", change.Reason)
		}
	}
	report, err := m.Apply(ctx, plan)
	fmt.Println("applied:", report.Changed, err)
	report, err = m.Undo(ctx, truststore.UndoOptions{Runs: []string{report.Run}})
	fmt.Println("undone:", report.Changed, err)
	// Output:
	// + Hongkong Post Root CA 3 because absent
	// + Hongkong Post e-Cert SSL CA 3 - 17 because absent
	// + Hongkong Post e-Cert EV SSL CA 3 - 17 because absent
	// applied: true <nil>
	// undone: true <nil>
}

// A goal of one's own names certificates and what they are for. Check changes
// nothing.
func ExampleMachine_Check() {
	root := exampleImage()
	defer os.RemoveAll(root)
	m := &truststore.Machine{
		Host:   &host.Host{Root: root},
		Select: []truststore.Selector{{Path: "/usr/lib/jvm/java-17/lib/security/cacerts"}},
	}

	goal := truststore.Goal{Name: "our-servers"}
	for _, slug := range []string{"globalsign-root-r3", "root-ca-3"} {
		known, _ := hkpost.BySlug(slug)
		cert, err := known.X509()
		if err != nil {
			log.Fatal(err)
		}
		goal.Want = append(goal.Want, wantForServers(cert))
	}
	report, err := m.Check(context.Background(), goal)
	for _, change := range report.Stores[0].Changes {
		fmt.Println(change.Sign(), change.Name, change.Reason)
	}
	fmt.Println("exit code", report.Exit)
	var problem *truststore.StoreError
	fmt.Println(errors.As(err, &problem) && problem.Info.Kind == truststore.KindJava)
	// Output:
	// = GlobalSign trusted
	// + Hongkong Post Root CA 3 absent
	// exit code 3
	// true
}

func wantForServers(cert *x509.Certificate) truststore.Want {
	return truststore.Want{Certificate: cert, Purposes: []truststore.Purpose{truststore.ServerAuth}}
}

// What a goal asks for may be refused: expired, revoked, weak.
func ExampleGoal_Refusals() {
	goal, err := truststore.HongkongPost(hkpost.FAQ2021, (&host.Host{}).Now())
	if err != nil {
		log.Fatal(err)
	}
	for _, refused := range goal.Refusals((&host.Host{}).Now()) {
		fmt.Println(refused.Certificate.Subject.CommonName)
		for _, c := range refused.Conditions {
			fmt.Println(" ", c.Date, c.Code)
		}
	}
	goal.Accept.Expired, goal.Accept.Revoked = true, true
	fmt.Println(len(goal.Refusals((&host.Host{}).Now())), "once accepted")
	// Output:
	// Hongkong Post Root CA 1
	//   2023-07-19 known-bad
	//   2023-05-15 expired
	// Hongkong Post e-Cert CA 1 - 10
	//   2016-11 known-bad
	//   2023-05-15 expired
	// Hongkong Post e-Cert CA 1 - 14
	//   2023-05-15 expired
	// 0 once accepted
}

// memory is a trust store of the program's own: a list of certificates.
type memory struct{ entries []truststore.Entry }

func (m *memory) Info() truststore.Info {
	return truststore.Info{Kind: "acme", Path: "/etc/acme", Scope: truststore.ScopeMachine, Intermediates: truststore.IntermediatesAnchor}
}

func (m *memory) Read(context.Context) (*truststore.Snapshot, error) {
	return &truststore.Snapshot{Info: m.Info(), Entries: m.entries}, nil
}

func (m *memory) Apply(ctx context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	now, err := m.Read(ctx)
	if err != nil {
		return nil, err
	}
	results, err := now.Reconcile(changes)
	for _, r := range results {
		switch {
		case !r.Changed:
		case r.Action == truststore.Remove:
			m.entries = slices.DeleteFunc(slices.Clone(m.entries), func(e truststore.Entry) bool { return e.SHA256 == r.SHA256 })
		default:
			m.entries = append(slices.Clone(m.entries), truststore.NewEntry(r.DER, truststore.AnchorTrust(r.After.Name)))
		}
	}
	return results, err
}

// A program gives a store of its own to the engine, which plans, proves, writes
// receipts and undoes. See examples/customstore for one with a file and a lock.
func ExampleMachine_extra() {
	root := exampleImage()
	defer os.RemoveAll(root)
	ctx := context.Background()
	store := &memory{}
	m := &truststore.Machine{
		Host: &host.Host{Root: root}, Owner: "example.org/acme",
		Extra: []truststore.Store{store}, Select: []truststore.Selector{{Kind: "acme"}},
	}

	goal, err := truststore.HongkongPost(hkpost.Server, m.Host.Now())
	if err != nil {
		log.Fatal(err)
	}
	report, err := m.Ensure(ctx, goal)
	fmt.Println("ensured:", report.Changed, len(store.entries), err)

	without := &truststore.Machine{Host: m.Host, Owner: m.Owner}
	_, err = without.Undo(ctx, truststore.UndoOptions{})
	fmt.Println(errors.Is(err, truststore.ErrKindUnsupported))

	report, err = m.Undo(ctx, truststore.UndoOptions{})
	fmt.Println("undone:", report.Changed, len(store.entries), err)
	// Output:
	// ensured: true 3 <nil>
	// true
	// undone: true 0 <nil>
}

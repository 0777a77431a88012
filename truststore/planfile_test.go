package truststore_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// savedPlan plans and returns the plan as a file would hold it.
func savedPlan(t *testing.T, m *truststore.Machine, goal truststore.Goal) []byte {
	t.Helper()
	plan, err := m.Plan(context.Background(), goal)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func confirm(t *testing.T, m *truststore.Machine, goal truststore.Goal, file []byte, exit truststore.Exit) *truststore.Report {
	t.Helper()
	saved, err := truststore.ParsePlan(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Confirm(context.Background(), goal, saved)
	return wantExit(t, sound(t, r, err), exit)
}

// object and array are JSON as somebody edits it.
type (
	object = map[string]any
	array  = []any
)

// edited returns the plan after somebody changed it.
func edited(t *testing.T, file []byte, edit func(plan object)) []byte {
	t.Helper()
	var plan object
	if err := json.Unmarshal(file, &plan); err != nil {
		t.Fatal(err)
	}
	edit(plan)
	out, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func store0(plan object) object  { return plan["stores"].(array)[0].(object) }
func changes0(plan object) array { return store0(plan)["changes"].(array) }
func copied(o object) object {
	data, _ := json.Marshal(o)
	var out object
	json.Unmarshal(data, &out)
	return out
}

func TestSavedPlanIsCarriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.keystore("cacerts")
	original := read(t, store)
	m := w.machine("test", store)
	file := savedPlan(t, m, serverGoal(t))
	wantBytes(t, store, original)
	if r := confirm(t, m, serverGoal(t), file, truststore.ExitOK); !r.Changed {
		t.Error("nothing was changed")
	}
	check(t, m, serverGoal(t), truststore.ExitOK)
	// What is done already is fewer changes than planned.
	if r := confirm(t, m, serverGoal(t), file, truststore.ExitOK); r.Changed {
		t.Error("the second time changed something")
	}
	undo(t, m, truststore.ExitOK)
	wantBytes(t, store, original)
}

// A plan is evidence of what was shown to somebody. One that shows anything
// else than what follows from the goal is refused, and nothing is written.
func TestTamperedPlanIsRefused(t *testing.T) {
	t.Parallel()
	pki, stranger := javatest.NewPKI(t), javatest.NewPKI(t)
	goal := ownGoal(pki.Root, pki.Issuing)
	strangeID := truststore.Fingerprint(stranger.Root.SHA256()).String()
	rootID := truststore.Fingerprint(pki.Root.SHA256()).String()

	listed, err := newWorld(t).machine("test", newWorld(t).keystore("cacerts")).List(context.Background(), truststore.ListOptions{All: true})
	sound(t, listed, err)
	present := listed.Stores[0].Entries[0] // a certificate that the store has
	presentID := present.SHA256.String()
	removal := object{
		"action": "remove", "sha256": presentID, "name": present.CommonName, "reason": "unwanted",
		"before": object{"present": true, "name": present.Trust.Name, "levels": object{"any": "explicit"}},
		"after":  object{"present": false},
	}

	tests := map[string]func(plan object, other string){
		"another certificate in a change": func(p object, _ string) { changes0(p)[0].(object)["sha256"] = strangeID },
		"another certificate in the goal": func(p object, _ string) {
			p["goal"].(object)["want"].(array)[0].(object)["sha256"] = strangeID
		},
		"another certificate in both": func(p object, _ string) {
			p["goal"].(object)["want"].(array)[0].(object)["sha256"] = strangeID
			changes0(p)[0].(object)["sha256"] = strangeID
		},
		"another name for a certificate": func(p object, _ string) { changes0(p)[0].(object)["name"] = "Hongkong Post Root CA 3" },
		"another store":                  func(p object, other string) { store0(p)["store"].(object)["path"] = other },
		"another kind of store":          func(p object, _ string) { store0(p)["store"].(object)["kind"] = "system" },
		"one more store": func(p object, other string) {
			more := copied(store0(p))
			more["store"].(object)["path"] = other
			p["stores"] = append(p["stores"].(array), more)
		},
		"a store twice": func(p object, _ string) { p["stores"] = append(p["stores"].(array), copied(store0(p))) },
		"one more addition": func(p object, _ string) {
			more := copied(changes0(p)[0].(object))
			more["sha256"] = strangeID
			store0(p)["changes"] = append(changes0(p), more)
		},
		"one more removal": func(p object, _ string) { store0(p)["changes"] = append(changes0(p), removal) },
		"one more certificate kept": func(p object, _ string) {
			more := copied(removal)
			more["action"], more["after"] = "keep", more["before"]
			store0(p)["changes"] = append(changes0(p), more)
		},
		"a removal in place of an addition": func(p object, _ string) {
			c := changes0(p)[0].(object)
			c["action"], c["before"], c["after"] = "remove", c["after"], c["before"]
		},
		"other purposes in a change": func(p object, _ string) {
			changes0(p)[0].(object)["after"].(object)["levels"] = object{"code-signing": "explicit"}
		},
		"other purposes in the goal": func(p object, _ string) {
			p["goal"].(object)["want"].(array)[0].(object)["purposes"] = array{"email-protection"}
		},
		"an anchor where none was": func(p object, _ string) { delete(p["goal"].(object)["want"].(array)[1].(object), "chainOnly") },
		"any purpose accepted":     func(p object, _ string) { p["goal"].(object)["anyPurpose"] = true },
		"expiry accepted":          func(p object, _ string) { p["goal"].(object)["accept"] = object{"expired": true} },
		"explicit":                 func(p object, _ string) { p["goal"].(object)["explicit"] = true },
		"one more certificate wanted gone": func(p object, _ string) {
			p["goal"].(object)["absent"] = array{presentID}
			store0(p)["changes"] = append(changes0(p), removal)
		},
		"one more certificate retired": func(p object, _ string) { p["goal"].(object)["retired"] = array{rootID} },
		"another goal":                 func(p object, _ string) { p["goal"].(object)["name"] = "server" },
	}
	for name, tamper := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			store, other := w.keystore("cacerts"), w.keystore("other")
			original := read(t, store)
			m := w.machine("test", store)
			file := edited(t, savedPlan(t, m, goal), func(plan object) { tamper(plan, other) })
			r := confirm(t, m, goal, file, truststore.ExitUsage)
			if !errors.Is(r.Err, truststore.ErrPlanRefused) {
				t.Errorf("error %v", r.Err)
			}
			wantBytes(t, store, original)
			if exists(w.ledger()) {
				t.Error("a refused plan made a ledger")
			}
		})
	}
}

// A plan for a machine, a store or a goal other than what is given.
func TestForeignPlanIsRefused(t *testing.T) {
	t.Parallel()
	pki := javatest.NewPKI(t)
	goal := ownGoal(pki.Root)
	here, elsewhere := newWorld(t), newWorld(t)
	store := here.keystore("cacerts")
	original := read(t, store)
	m := here.machine("test", store)
	foreign := savedPlan(t, elsewhere.machine("test", elsewhere.keystore("cacerts")), goal)
	confirm(t, m, goal, foreign, truststore.ExitUsage)
	confirm(t, m, ownGoal(pki.Root, pki.Issuing), savedPlan(t, m, goal), truststore.ExitUsage)
	confirm(t, m, serverGoal(t), savedPlan(t, m, goal), truststore.ExitUsage)
	wantBytes(t, store, original)
}

func TestUnreadablePlanIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "[]", "{}", `{"format":"hktrust.plan/2"}`, `{"format":"hktrust.report/1"}`, `{"format":"hktrust.plan/1","stores":3}`} {
		if _, err := truststore.ParsePlan([]byte(text)); !errors.Is(err, truststore.ErrPlanRefused) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A store that needs more than the plan shows makes the plan stale; one that
// needs less is served.
func TestStoreChangedSincePlan(t *testing.T) {
	t.Parallel()
	pki := javatest.NewPKI(t)
	w := newWorld(t)
	store := w.keystore("cacerts")
	jdk := keytool(t)
	add := func(alias string, c javatest.Certificate) {
		jdk.Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit", "-alias", alias, "-file", c.File(t))
	}
	m := w.machine("test", store)
	goal := ownGoal(pki.Root, pki.Issuing)

	add("theirs", pki.Root)
	file := savedPlan(t, m, goal) // = root, + issuing CA
	jdk.Keytool(t, "-delete", "-keystore", store, "-storepass", "changeit", "-alias", "theirs")
	changed := read(t, store)
	r := confirm(t, m, goal, file, truststore.ExitBusy)
	if !errors.Is(r.Err, truststore.ErrStale) {
		t.Errorf("error %v", r.Err)
	}
	wantBytes(t, store, changed)

	file = savedPlan(t, m, goal) // + root, + issuing CA
	add("theirs", pki.Root)
	r = confirm(t, m, goal, file, truststore.ExitOK)
	for _, c := range r.Stores[0].Changes {
		if want := c.Name == pki.Issuing.Subject.CommonName; c.Changed != want {
			t.Errorf("%s: changed=%v", c.Name, c.Changed)
		}
	}
	undo(t, m, truststore.ExitOK)
	if seen := view(t, store, "changeit"); !holds(seen, pki.Root) || holds(seen, pki.Issuing) {
		t.Errorf("after undo Java sees\n%s", seen)
	}
}

// The stores that a plan does not show are left alone.
func TestPlanOfFewerStores(t *testing.T) {
	t.Parallel()
	pki := javatest.NewPKI(t)
	goal := ownGoal(pki.Root)
	w := newWorld(t)
	a, b := w.keystore("a"), w.keystore("b")
	original := read(t, b)
	file := savedPlan(t, w.machine("test", a), goal)
	confirm(t, w.machine("test", a, b), goal, file, truststore.ExitOK)
	if !holds(view(t, a, "changeit"), pki.Root) {
		t.Error("the store of the plan was not served")
	}
	wantBytes(t, b, original)

	nowhere := w.machine("test")
	nowhere.Select = []truststore.Selector{{Kind: truststore.KindChromium}}
	confirm(t, w.machine("test", b), goal, savedPlan(t, nowhere, goal), truststore.ExitBusy)
	wantBytes(t, b, original)
}

// A store that could not be read when the plan was made is not in the plan.
func TestPlanOfAnUnreadableStore(t *testing.T) {
	t.Parallel()
	pki := javatest.NewPKI(t)
	goal := ownGoal(pki.Root)
	w := newWorld(t)
	store := filepath.Join(w.dir, "cacerts")
	write(t, store, []byte("no keystore"))
	m := w.machine("test", store)
	file := savedPlan(t, m, goal)
	confirm(t, m, goal, file, truststore.ExitFailed)
	if err := os.Remove(store); err != nil {
		t.Fatal(err)
	}
	original := read(t, w.keystore("cacerts"))
	r := confirm(t, m, goal, file, truststore.ExitBusy)
	if !slices.ContainsFunc(r.Stores, func(s truststore.StoreReport) bool { return errors.Is(s.Err, truststore.ErrStale) }) && !errors.Is(r.Err, truststore.ErrStale) {
		t.Errorf("error %v", r.Err)
	}
	wantBytes(t, store, original)
}

package truststore_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// liar is a store of an embedding program that does nothing and says it did
// more than it was asked.
type liar struct{ path string }

func (l liar) Info() truststore.Info {
	return truststore.Info{Kind: "own", Path: l.path, LimitsPurposes: true, Intermediates: truststore.IntermediatesNone}
}

func (l liar) Read(context.Context) (*truststore.Snapshot, error) {
	return &truststore.Snapshot{Info: l.Info()}, nil
}

func (l liar) Apply(_ context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	var results []truststore.Result
	for _, c := range append(changes, changes...) {
		results = append(results, truststore.Result{Change: c, Changed: true})
	}
	return results, nil
}

func TestStoreThatSaysTooMuch(t *testing.T) {
	w := newWorld(t)
	m := &truststore.Machine{
		Host: w.host(), Owner: "test", Scope: truststore.ScopeUser, Extra: []truststore.Store{liar{filepath.Join(w.dir, "none")}},
		Select: []truststore.Selector{{Kind: "own"}},
	}
	r := ensure(t, m, derGoal([][]byte{javatest.NewPKI(t).Root.Raw}), truststore.ExitFailed)
	if r.Changed {
		t.Error("it is believed")
	}
	w.wantReceipts(0)
}

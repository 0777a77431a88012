package truststore_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// A user who takes over the child cannot have a store of the machine taken for
// the user's own: its receipts would be about what was never done.
func TestChildClaimsTheMachinesStore(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	i.java("/home/amy/jdk")
	machines := i.java("/opt/jdk")
	i.give("/home/amy")
	before := read(t, machines)
	m := i.machine(javaHomeAt("/home/amy/jdk"))
	m.Host.AsUser = func(ctx context.Context, u host.User, request []byte) ([]byte, error) {
		theirs, ours := []byte("/home/amy/jdk/lib/"), []byte("/opt/jdk/lib/")
		answer, err := asUser(ctx, u, bytes.ReplaceAll(request, ours, theirs))
		return bytes.ReplaceAll(answer, theirs, ours), err
	}
	r := ensure(t, m, serverGoal(t), truststore.ExitFailed)
	if got := i.receipts(); r.Changed || len(got) != 0 {
		t.Errorf("changed=%v, %d receipts", r.Changed, len(got))
	}
	if !bytes.Equal(read(t, machines), before) {
		t.Error("the store was changed")
	}
}

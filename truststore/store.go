package truststore

import "context"

// Store is one place that programs trust certificates from. Programs can give
// stores of their own in [Machine.Extra]; those take part in every call.
//
// An implementation reads, and edits what it is told to. It decides nothing,
// writes no receipts and need not prove its work: the engine reads the store
// again after every Apply and compares. The engine calls the methods of one
// store one after the other; it works on several stores at a time.
//
//   - Info.Kind is a word of one's own ("acme"), Info.Path with it the store's
//     identity, also in receipts. Stores of such a kind hold a certificate
//     once: what a removal means is every copy.
//   - Read lists the certificates as [Entry] values; [NewEntry] with
//     [AnchorTrust] is one that is trusted for everything. Its name is ""
//     where entries have none.
//   - Apply takes the store's lock, reads, and calls [Snapshot.Reconcile],
//     which knows what is done already and what is stale. It then edits for
//     the results that are marked as changed, in one write, and returns them
//     all, in their order: one for each change. Results that are not
//     Reconcile's are not believed.
//   - [Snapshot.Exact], where it is set, tells how to put an entry back as it
//     was. The engine asks for it when it plans a removal, and keeps it in the
//     receipt; the undo is then an Add whose After.Exact it is. An Add without
//     is a new entry, and After.Name the name that it should have.
//   - [Settler] is for those that keep something beside the store while there
//     are changes of ours in it, [Mender] for those whose changes take effect
//     only when another program has run.
//
// A later run that is to undo needs the store in [Machine.Extra] as well. See
// examples/customstore for a whole one.
type Store interface {
	// Info describes the store. It does no I/O.
	Info() Info
	// Read returns the store's present content. It never prompts and never
	// writes. A store that does not exist is [fs.ErrNotExist].
	Read(context.Context) (*Snapshot, error)
	// Apply makes all changes or none. Each is checked, under the store's
	// lock, against the present content: one that is made already is a
	// Result that did not change anything, one whose Before is no longer
	// true fails all with [ErrStale]. It returns when the context ends: the
	// engine waits for it.
	Apply(context.Context, []Change) ([]Result, error)
}

// Settler is a [Store] that tidies up when the last of our changes in it was
// undone: it removes a backup, say, or the store itself where made tells that
// it did not exist before them and nobody else has put anything in. A Settler
// whose store is gone answers [fs.ErrNotExist].
type Settler interface {
	Settled(ctx context.Context, made bool) error
}

// Mender is a [Store] in which a change counts only when some other program,
// such as a distribution's updater, has carried it to where programs look. Its
// Apply sees to that; Mend does so for what a run that was killed, or a program
// that failed, left behind, and does nothing where nothing waits. It is called
// once the receipts of such a run are settled, before an undo ends, and in a
// run that may write where [Snapshot.Waiting] says so. It writes no entry and
// removes none.
type Mender interface {
	Mend(ctx context.Context) error
}

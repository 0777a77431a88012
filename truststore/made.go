package truststore

import (
	"maps"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// detailStore marks, in what was there before a change, that the store itself
// was not there; detailFile, which file was made then, or has taken its place by
// our own edits since.
const (
	detailStore, storeMissing = "store", "missing"
	detailFile                = "file"
)

func markMissing(e *ledger.Entry) { mark(e, detailStore, storeMissing) }

// mark leaves the map alone that the entry may share with others.
func mark(e *ledger.Entry, key, value string) {
	e.Detail = maps.Clone(e.Detail)
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail[key] = value
}

// madeStore reports whether the change of a receipt made the store.
func madeStore(r ledger.Receipt) bool { return r.Before.Detail[detailStore] == storeMissing }

func anyMadeStore(receipts []ledger.Receipt) bool { return slices.ContainsFunc(receipts, madeStore) }

// madeFile reports whether the change of a receipt made the store that has this
// file: what others have put in its place is theirs. Receipts of versions that
// noted no file are believed.
func madeFile(r ledger.Receipt, file string) bool {
	noted := r.Before.Detail[detailFile]
	return madeStore(r) && (noted == "" || file == "" || noted == file)
}

func anyMadeFile(receipts []ledger.Receipt, file string) bool {
	return slices.ContainsFunc(receipts, func(r ledger.Receipt) bool { return madeFile(r, file) })
}

// replaced is an edit of ours, which may have put another file in the place of
// the store's.
type replaced struct{ before, after string }

// follow notes, in what is concluded, that the store which we made has another
// file now.
func (w *work) follow(o *outcome) {
	if w.edited.after == "" {
		return
	}
	for i, r := range o.kept {
		if madeFile(r, w.edited.before) {
			mark(&o.kept[i].Before, detailFile, w.edited.after)
		}
	}
	concluded := append(idsOf(o.kept), o.closed...)
	for _, r := range w.open(concluded) {
		if madeFile(r, w.edited.before) && r.Before.Detail[detailFile] != w.edited.after {
			mark(&r.Before, detailFile, w.edited.after)
			o.kept = append(o.kept, r)
		}
	}
}

// fileOf tells a file from any other that takes its name later.
func fileOf(h *host.Host, path string) string {
	info, err := h.Stat(path)
	if err != nil {
		return ""
	}
	return fileIdentity(h.Real(path), info)
}

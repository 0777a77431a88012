package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// keyOf names the files of what a path leads to, for a kind of store.
func keyOf(kind, path string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + path))
	return hex.EncodeToString(sum[:16])
}

func nameKeys(kind string, paths []string) []string {
	var keys []string
	for _, p := range paths {
		if key := keyOf(kind, p); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// accountsOf lists the accounts that exist of what the paths are, or led to.
func (l *Ledger) accountsOf(kind string, paths []string) ([]string, error) {
	stores, err := l.sub(storesDir)
	if stores == nil {
		return nil, err
	}
	var keys []string
	add := func(key string) {
		if _, err := stores.Lstat(key + accountSuffix); err == nil && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, name := range nameKeys(kind, paths) {
		add(name)
		led, err := l.ledTo(name)
		if err != nil {
			return nil, err
		}
		for _, key := range led {
			add(key)
		}
	}
	return keys, nil
}

// ledTo reads which accounts have a name.
func (l *Ledger) ledTo(name string) ([]string, error) {
	root, err := l.sub(namesDir)
	if err != nil {
		return nil, err
	}
	data, err := readFile(root, name, maxNames*64)
	if err != nil {
		return nil, err
	}
	var keys []string
	for key := range strings.FieldsSeq(string(data)) {
		if len(key) == 32 && strings.Trim(key, "0123456789abcdef") == "" {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// nameAll notes an account under every name that its receipts have for the
// store. The names are locked by whoever writes the account.
func (l *Ledger) nameAll(key string, f *accountFile) error {
	for _, name := range f.otherNames(key) {
		keys, err := l.ledTo(name)
		if err != nil || slices.Contains(keys, key) {
			return err
		}
		if err := l.writeName(name, append(keys, key)); err != nil {
			return err
		}
	}
	return nil
}

// unname takes an account that is gone from its names. One that stays behind
// leads to nothing and does no harm.
func (l *Ledger) unname(key string, f *accountFile) {
	if f == nil {
		return
	}
	for _, name := range f.otherNames(key) {
		if keys, err := l.ledTo(name); err == nil && slices.Contains(keys, key) {
			_ = l.writeName(name, slices.DeleteFunc(keys, func(k string) bool { return k == key }))
		}
	}
}

// pruneName takes accounts that do not exist from a name: their writer was
// killed before it got to them. The name is locked.
func (l *Ledger) pruneName(name string) {
	led, err := l.ledTo(name)
	if err != nil || len(led) == 0 {
		return
	}
	stores, err := l.sub(storesDir)
	if err != nil {
		return
	}
	left := slices.DeleteFunc(slices.Clone(led), func(key string) bool {
		if stores == nil {
			return true
		}
		_, err := stores.Lstat(key + accountSuffix)
		return errors.Is(err, fs.ErrNotExist)
	})
	if len(left) < len(led) {
		_ = l.writeName(name, left)
	}
}

func (f *accountFile) otherNames(key string) []string {
	var out []string
	for _, r := range f.receipts {
		for _, name := range nameKeys(r.Store.Kind, r.Store.Paths()) {
			if name != key && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (l *Ledger) writeName(name string, keys []string) error {
	root, err := l.needSub(namesDir)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		err = removeFile(root, name)
	} else {
		var text bytes.Buffer
		for _, key := range keys {
			text.WriteString(key + "\n")
		}
		err = writeFile(root, name, text.Bytes())
	}
	if err != nil {
		return err
	}
	return syncRoot(root)
}

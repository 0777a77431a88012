package javaks

import (
	"bytes"
	"fmt"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
)

const recheckMax = 16 << 20

// recheckJKS reads a file that parseJKS has passed with keystore-go too, an
// implementation that shares no code with ours, and compares digest, number of
// entries, aliases, kinds, dates and certificates.
//
// keystore-go must not see other bytes: a false count or length of 40 bytes
// makes it allocate gigabytes. Left to our own proof are files whose password
// goes beyond Latin-1, which it cannot express, and those far larger than any
// real one, which it would copy.
func recheckJKS(f *jksFile, password string) error {
	secret, ok := latin1(password)
	if !ok || len(f.data) > recheckMax {
		return nil
	}
	store := keystore.New(keystore.WithCaseExactAliases())
	if err := store.Load(bytes.NewReader(f.data), secret); err != nil {
		return fmt.Errorf("keystore-go: %w", err)
	}
	// It knows aliases as octets, and keeps the last entry of each.
	last := make(map[string]jksEntry, len(f.list))
	for _, e := range f.list {
		last[e.octets()] = e
	}
	if n := len(store.Aliases()); n != len(last) {
		return fmt.Errorf("keystore-go: %d aliases instead of %d", n, len(last))
	}
	for alias, e := range last {
		if !sameEntry(store, alias, e) {
			return fmt.Errorf("keystore-go: entry %q differs", e.Alias)
		}
	}
	return nil
}

func sameEntry(store keystore.KeyStore, alias string, want jksEntry) bool {
	var chain []keystore.Certificate
	if want.tag == tagKey {
		var err error
		if chain, err = store.GetPrivateKeyEntryCertificateChain(alias); err != nil {
			return false
		}
	} else {
		got, err := store.GetTrustedCertificateEntry(alias)
		if err != nil || !got.CreationTime.Equal(want.Created) {
			return false
		}
		chain = []keystore.Certificate{got.Certificate}
	}
	if len(chain) != len(want.Chain) {
		return false
	}
	for i, c := range chain {
		if !bytes.Equal(c.Content, want.Chain[i]) {
			return false
		}
	}
	return true
}

// octets returns the entry's alias as it is in the file, after the tag and the
// length.
func (e jksEntry) octets() string {
	const start = 4 + 2
	length := int(e.raw[4])<<8 | int(e.raw[5])
	return string(e.raw[start : start+length])
}

// latin1 encodes s with one byte a character; false if it has others.
func latin1(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

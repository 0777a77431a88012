package javaks

import (
	"fmt"
	"slices"
	"strings"
)

// Keystore is a parsed keystore. It does not change: Edit returns the bytes of
// a new one. Its methods may be called by several goroutines at once.
type Keystore struct {
	format Format
	body   body
}

// body is a parsed file of one format.
type body interface {
	entries() []Entry
	// misread lists the entries that keep JVMs from loading the file for
	// another reason than their certificates.
	misread() []Unloadable
	protection() Protection
	// editError says why edit would refuse every edit; nil if it would not.
	editError() error
	// removed returns what each of the removals takes out.
	removed([]Removal) ([]Removed, error)
	// edit returns the file with the change made, as it reads back, and the
	// entries that were added.
	edit(Edit) (body, []Entry, error)
	// bytes is the file.
	bytes() []byte
}

// Open parses a keystore. The given passwords are tried first and then
// DefaultPasswords; if none is right, the error is ErrWrongPassword where one
// was given and ErrPasswordRequired where none was. That one is right does not
// tell which: [LoadedWith] tests a password. A JKS whose password is not
// known can still be listed; the error then comes with Edit, and beforehand from
// [Keystore.EditError]. A PKCS#12 whose certificates are encrypted needs its
// password to be opened at all.
//
// A file of another format is a [*FormatError]; ErrEmpty and ErrTruncated may
// mean that another program is writing it at the moment.
//
// The keystore keeps data, which must not be changed afterwards.
func Open(data []byte, passwords ...string) (*Keystore, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	format := Detect(data)
	var b body
	var err error
	switch format {
	case JKS, JCEKS:
		b, err = openJKS(data, passwords)
	case PKCS12:
		b, err = openPKCS12(data, passwords)
	default:
		return nil, notKeystore(data, format)
	}
	if err != nil {
		return nil, err
	}
	return &Keystore{format: format, body: b}, nil
}

// notKeystore is the error for a file that is neither JKS nor PKCS#12.
func notKeystore(data []byte, format Format) error {
	const shortest = 8 // bytes in which every format shows
	switch {
	case len(data) == 0:
		return ErrEmpty
	case format != Unknown:
		return &FormatError{format}
	case len(data) < shortest && (strings.HasPrefix(jksMagic, string(data)) || data[0] == 0x30):
		return fmt.Errorf("%w: %d bytes", ErrTruncated, len(data))
	}
	return &FormatError{Unknown}
}

// candidates returns the passwords to try: the caller's first.
func candidates(given []string) []string {
	all := slices.Clone(given)
	for _, p := range DefaultPasswords {
		if !slices.Contains(given, p) {
			all = append(all, p)
		}
	}
	return all
}

// locked is the error where none of the candidates is right.
func locked(given []string) error {
	if len(given) > 0 {
		return ErrWrongPassword
	}
	return ErrPasswordRequired
}

// Format returns the keystore's format.
func (k *Keystore) Format() Format { return k.format }

// Entries lists the entries in the order of the file.
func (k *Keystore) Entries() []Entry { return k.body.entries() }

// Protection says what the keystore's password protects.
func (k *Keystore) Protection() Protection { return k.body.protection() }

// EditError says why Edit would refuse every edit; nil if it would not.
func (k *Keystore) EditError() error { return k.body.editError() }

// Edit returns the bytes of the keystore with the change made, and the entries
// it added with the aliases they got. An edit that changes nothing returns the
// original bytes.
//
// The result has been parsed again and compared before it is returned, by this
// package and, where they can read such a file, by keystore-go or go-pkcs12.
func (k *Keystore) Edit(e Edit) ([]byte, []Entry, error) {
	next, added, err := k.With(e)
	if err != nil {
		return nil, nil, err
	}
	return next.Bytes(), added, nil
}

// With is [Keystore.Edit] for those who go on with the result: it returns the
// keystore as it was parsed again.
func (k *Keystore) With(e Edit) (*Keystore, []Entry, error) {
	if err := k.EditError(); err != nil {
		return nil, nil, err
	}
	next, added, err := k.body.edit(e)
	if err != nil {
		return nil, nil, err
	}
	return &Keystore{format: k.format, body: next}, added, nil
}

// Removed returns what an Edit with these removals takes out, a record for each
// of them: what two of them name is in the first one's.
func (k *Keystore) Removed(removals []Removal) ([]Removed, error) { return k.body.removed(removals) }

// Bytes returns the keystore's file. It must not be changed.
func (k *Keystore) Bytes() []byte { return k.body.bytes() }

// edited is edit for those who want the new file alone.
func edited(b body, e Edit) ([]byte, []Entry, error) {
	next, added, err := b.edit(e)
	if err != nil {
		return nil, nil, err
	}
	return next.bytes(), added, nil
}

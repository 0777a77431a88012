package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxReceipt bounds one receipt, in bytes. A certificate of the chain makes
// one of about 4 KiB.
const maxReceipt = 256 << 10

// decode reads a receipt. Its errors match ErrDamaged or ErrNewer.
func decode(data []byte) (Receipt, error) {
	if len(data) > maxReceipt {
		return Receipt{}, fmt.Errorf("%w: more than %d bytes", ErrDamaged, maxReceipt)
	}
	if !utf8.Valid(data) {
		return Receipt{}, fmt.Errorf("%w: not UTF-8", ErrDamaged)
	}
	var r Receipt
	err := json.Unmarshal(data, &r)
	if format := formatOf(data, r); isNewer(format, formatPrefix) {
		return Receipt{}, fmt.Errorf("%w: %s", ErrNewer, format)
	} else if err == nil && format != Format {
		return Receipt{}, fmt.Errorf("%w: format %q", ErrDamaged, format)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := r.validate(); err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, nil
}

// formatOf finds the format also of what could not be read as a receipt.
func formatOf(data []byte, r Receipt) string {
	head := struct {
		Format string `json:"format"`
	}{r.Format}
	if head.Format == "" {
		json.Unmarshal(data, &head) // what is not JSON has no format
	}
	return head.Format
}

// encode is the inverse of decode; it also brings r into the form in which it
// will be read back.
func encode(r *Receipt) ([]byte, error) {
	r.Format = Format
	r.Time = r.Time.UTC().Round(0)
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(data) >= maxReceipt {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrInvalid, maxReceipt)
	}
	return append(data, '\n'), nil
}

// octets is a string that need not be UTF-8. It is a JSON string where it can
// be, else {"base64": "…"}.
type octets string

func (o octets) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(o)) {
		return json.Marshal(string(o))
	}
	return json.Marshal(map[string][]byte{"base64": []byte(o)})
}

func (o *octets) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(o))
	}
	var wrapped struct {
		Base64 []byte `json:"base64"`
	}
	if err := json.Unmarshal(data, &wrapped); err != nil {
		return err
	}
	if len(wrapped.Base64) == 0 {
		return errors.New("neither a string nor base64")
	}
	*o = octets(wrapped.Base64)
	return nil
}

// The types below give their fields of octets precedence over the fields of
// the same names that they embed.

type plainReceipt Receipt

type wireReceipt struct {
	plainReceipt
	Name octets `json:"name,omitempty"`
}

// MarshalJSON writes the receipt so that a Name of any bytes survives.
func (r Receipt) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireReceipt{plainReceipt(r), octets(r.Name)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Receipt) UnmarshalJSON(data []byte) error {
	var w wireReceipt
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*r = Receipt(w.plainReceipt)
	r.Name = string(w.Name)
	return nil
}

type plainStore StoreRef

type wireStore struct {
	plainStore
	Path  octets   `json:"path"`
	Names []octets `json:"names,omitempty"`
	Mount octets   `json:"mount,omitempty"`
}

// MarshalJSON writes the reference so that paths of any bytes survive.
func (s StoreRef) MarshalJSON() ([]byte, error) {
	w := wireStore{plainStore: plainStore(s), Path: octets(s.Path), Mount: octets(s.Mount)}
	for _, name := range s.Names {
		w.Names = append(w.Names, octets(name))
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *StoreRef) UnmarshalJSON(data []byte) error {
	var w wireStore
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*s = StoreRef(w.plainStore)
	s.Path, s.Mount, s.Names = string(w.Path), string(w.Mount), nil
	for _, name := range w.Names {
		s.Names = append(s.Names, string(name))
	}
	return nil
}

type plainEntry Entry

type wireEntry struct {
	plainEntry
	Name octets `json:"name,omitempty"`
}

// MarshalJSON writes the entry so that a Name of any bytes survives.
func (e Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireEntry{plainEntry(e), octets(e.Name)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var w wireEntry
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*e = Entry(w.plainEntry)
	e.Name = string(w.Name)
	return nil
}

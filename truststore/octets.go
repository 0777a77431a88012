package truststore

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Paths are any bytes on most systems, and JSON knows text alone. A path that
// is no UTF-8 is written twice: as well as text can say it, for people, and as
// its bytes, for programs.

type plainInfo Info

type wireInfo struct {
	plainInfo
	PathBytes []byte   `json:"pathBytes,omitempty"`
	LinkBytes [][]byte `json:"linkBytes,omitempty"`
}

// MarshalJSON writes the description so that paths of any bytes survive.
func (i Info) MarshalJSON() ([]byte, error) {
	w := wireInfo{plainInfo: plainInfo(i), PathBytes: bytesOf(i.Path)}
	if slices.ContainsFunc(i.Links, func(l string) bool { return !utf8.ValidString(l) }) {
		for _, l := range i.Links {
			w.LinkBytes = append(w.LinkBytes, []byte(l))
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Info) UnmarshalJSON(data []byte) error {
	var w wireInfo
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*i = Info(w.plainInfo)
	if w.PathBytes != nil {
		i.Path = string(w.PathBytes)
	}
	if w.LinkBytes != nil {
		i.Links = nil
		for _, l := range w.LinkBytes {
			i.Links = append(i.Links, string(l))
		}
	}
	return nil
}

type plainSelector Selector

type wireSelector struct {
	plainSelector
	PathBytes []byte `json:"pathBytes,omitempty"`
}

// MarshalJSON writes the selector so that a path of any bytes survives.
func (s Selector) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireSelector{plainSelector(s), bytesOf(s.Path)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Selector) UnmarshalJSON(data []byte) error {
	var w wireSelector
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*s = Selector(w.plainSelector)
	if w.PathBytes != nil {
		s.Path = string(w.PathBytes)
	}
	return nil
}

// bytesOf are the bytes of what text cannot say; nil where it can.
func bytesOf(path string) []byte {
	if utf8.ValidString(path) {
		return nil
	}
	return []byte(path)
}

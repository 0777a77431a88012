package truststore

import (
	"slices"
	"strings"
)

// Selector names stores: all of a kind, or those at one place.
type Selector struct {
	// Kind is the kind meant; "" is any, or where a place is given, what
	// the content shows.
	Kind Kind `json:"kind,omitempty"`
	// Path is the absolute path of a store's file or directory, or of a
	// directory in which a program keeps its stores: a Java installation, a
	// browser's profile.
	Path string `json:"path,omitempty"`
	// Dir tells that Path must be such a directory.
	Dir bool `json:"dir,omitempty"`
}

// ParseSelector reads "java", "/path/to/cacerts" or "java:/path/to/cacerts". A
// value without a path separator must be a kind. A path is taken as it is: one
// that is relative has to be made absolute before a Machine can use it.
func ParseSelector(s string) (Selector, error) {
	if word, path, ok := strings.Cut(s, ":"); ok && path != "" {
		if kind, known := kindNamed(word); known {
			return Selector{Kind: kind, Path: path}, nil
		}
	}
	switch {
	case slices.Contains(Kinds(), Kind(s)):
		return Selector{Kind: Kind(s)}, nil
	case strings.ContainsAny(s, `/\`):
		return Selector{Path: s}, nil
	}
	return Selector{}, &UnknownKindError{Value: s}
}

// UnknownKindError means that a store was named by a kind that does not exist.
type UnknownKindError struct{ Value string }

func (e *UnknownKindError) Error() string {
	return "unknown kind of store " + e.Value + " (a path needs a separator, as in ./" + e.Value + ")"
}

// admits reports whether a store is among those that selectors mean.
func admits(selectors []Selector, info Info) bool {
	return len(selectors) == 0 || slices.ContainsFunc(selectors, func(s Selector) bool {
		return (s.Kind == "" || s.Kind == info.Kind) && (s.Path == "" || slices.Contains(pathsOf(info), s.Path))
	})
}

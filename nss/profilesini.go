package nss

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Bounds on profiles.ini, installs.ini and compatibility.ini. A profile takes
// about a hundred bytes.
const (
	maxINI      = 1 << 20
	maxSections = 4096
)

// errManySections means that an INI file holds more than maxSections sections.
var errManySections = errors.New("more sections than any profile list has")

// listedProfile is what profiles.ini or installs.ini says of one profile.
type listedProfile struct {
	name     string // "" in an [Install...] section
	path     string
	relative relativeness
}

// relativeness is the IsRelative value of a profile.
type relativeness int

const (
	unstated relativeness = iota
	isRelative
	isAbsolute
)

// parseProfiles reads profiles.ini: a [ProfileN] section for each profile with
// its Name, Path and IsRelative, and an [Install<hash>] section for each
// installation with its Default profile. In installs.ini, which backs up the
// latter, the section is named by the hash alone.
//
// Of a file with too many sections it returns the first profiles and an error.
func parseProfiles(data []byte) ([]listedProfile, error) {
	sections, err := parseINI(data)
	var profiles []listedProfile
	for _, s := range sections {
		if p, ok := s.profile(); ok {
			profiles = append(profiles, p)
		}
	}
	return profiles, err
}

func (s iniSection) profile() (listedProfile, bool) {
	if strings.HasPrefix(s.name, "Profile") {
		p := listedProfile{name: s.values["Name"], path: s.values["Path"], relative: isAbsolute}
		switch s.values["IsRelative"] {
		case "1":
			p.relative = isRelative
		case "":
			p.relative = unstated
		}
		return p, p.path != ""
	}
	path := s.values["Default"] // of an installation
	return listedProfile{path: path}, path != ""
}

// iniSection is one [section] of an INI file.
type iniSection struct {
	name   string
	values map[string]string
}

// parseINI reads an INI file as Mozilla's nsINIParser does: lines end in CR or
// LF, "#" and ";" in the first column begin a comment, a value is everything
// after the first "=" with no blanks trimmed, a later value of the same key
// wins, and lines that are none of this are passed over. UTF-8 may begin with
// a byte order mark; UTF-16 must.
func parseINI(data []byte) ([]iniSection, error) {
	var sections []iniSection
	index := make(map[string]int)
	current := -1
	for line := range strings.FieldsFuncSeq(decodeINI(data), isLineEnd) {
		if line[0] == '#' || line[0] == ';' {
			continue
		}
		line = strings.TrimLeft(line, " \t")
		if strings.HasPrefix(line, "[") {
			name, ok := sectionName(line)
			if current = -1; !ok {
				continue // what follows belongs to nothing
			}
			at, known := index[name]
			if !known {
				if len(sections) == maxSections {
					return sections, fmt.Errorf("%w (%d)", errManySections, maxSections)
				}
				at = len(sections)
				index[name] = at
				sections = append(sections, iniSection{name: name, values: make(map[string]string)})
			}
			current = at
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && key != "" && current >= 0 {
			sections[current].values[key] = value
		}
	}
	return sections, nil
}

func isLineEnd(r rune) bool { return r == '\r' || r == '\n' }

// sectionName reads "[name]" with nothing but blanks behind it.
func sectionName(line string) (string, bool) {
	name, rest, ok := strings.Cut(line[1:], "]")
	return name, ok && name != "" && strings.Trim(rest, " \t") == ""
}

// decodeINI returns the text of an INI file without its byte order mark.
func decodeINI(data []byte) string {
	if utf8, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		return string(utf8)
	}
	wide, ok := bytes.CutPrefix(data, []byte("\xff\xfe"))
	if !ok {
		return string(data)
	}
	units := make([]uint16, len(wide)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(wide[2*i:])
	}
	return string(utf16.Decode(units))
}

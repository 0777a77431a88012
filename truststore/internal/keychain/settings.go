package keychain

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/micromdm/plist"
)

// Bounds of an exported list, in bytes, nested elements and entries.
const (
	maxExport  = 16 << 20
	maxDepth   = 32
	maxEntries = 20_000
)

// defaultEntry is not a certificate's: it says how others are treated.
const defaultEntry = "kSecTrustRecordDefaultRootCert"

// Settings are the trust settings of a domain, by the SHA-1 of the certificate
// in capital hexadecimal digits. A certificate that is not in it has none.
type Settings map[string][]Setting

// Setting is one thing said about a certificate. The zero Setting trusts a root
// for everything.
type Setting struct {
	Policy  string // object identifier, dotted; "" for every policy
	Result  TrustResult
	Limited bool // to an application, a host or a use of the key
}

// TrustResult is what a setting says (kSecTrustSettingsResult).
type TrustResult int

// The results of SecTrustSettings.h. One that is left out is TrustRoot.
const (
	Invalid     TrustResult = 0
	TrustRoot   TrustResult = 1 // anchor, for a self-signed certificate
	TrustAsRoot TrustResult = 2 // anchor, for any other
	Deny        TrustResult = 3
	Unspecified TrustResult = 4 // nothing is said
)

// parseSettings reads what trust-settings-export writes: a property list in
// XML. An entry without settings, or with an empty list of them, trusts the
// certificate for everything.
func parseSettings(data []byte) (Settings, error) {
	if len(data) > maxExport {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrDamaged, maxExport)
	}
	data = withoutNUL(data)
	if err := checkDepth(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var document map[string]any
	if err := plist.NewXMLDecoder(bytes.NewReader(data)).Decode(&document); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	list, ok := document["trustList"].(map[string]any)
	if !ok || len(list) > maxEntries {
		return nil, fmt.Errorf("%w: no list of trust settings, or more than %d", ErrDamaged, maxEntries)
	}
	settings := Settings{}
	for key, value := range list {
		if key == defaultEntry {
			continue
		}
		entry, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%w: entry %s", ErrDamaged, key)
		}
		said, err := parseEntry(entry)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %s: %w", ErrDamaged, key, err)
		}
		settings[strings.ToUpper(key)] = said
	}
	return settings, nil
}

// withoutNUL replaces the character U+0000, which Apple writes into names of
// policies, raw or as a reference, and XML does not allow.
func withoutNUL(data []byte) []byte {
	for _, nul := range []string{"\x00", "&#0;", "&#x0;", "&#00;"} {
		data = bytes.ReplaceAll(data, []byte(nul), []byte("\uFFFD"))
	}
	return data
}

// checkDepth keeps the decoder, which calls itself, from a deep document.
func checkDepth(data []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for depth := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errors.New("nested too deeply")
			}
		case xml.EndElement:
			depth--
		}
	}
}

func parseEntry(entry map[string]any) ([]Setting, error) {
	value, ok := entry["trustSettings"]
	if !ok {
		return []Setting{{Result: TrustRoot}}, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("settings are no list")
	}
	if len(list) == 0 {
		return []Setting{{Result: TrustRoot}}, nil
	}
	var settings []Setting
	for _, item := range list {
		said, ok := item.(map[string]any)
		if !ok {
			return nil, errors.New("a setting is no dictionary")
		}
		s, err := parseSetting(said)
		if err != nil {
			return nil, err
		}
		settings = append(settings, s)
	}
	return settings, nil
}

func parseSetting(said map[string]any) (Setting, error) {
	s := Setting{Result: TrustRoot}
	if value, ok := said["kSecTrustSettingsResult"]; ok {
		n, ok := number(value)
		if !ok {
			return s, errors.New("a result is no number")
		}
		s.Result = TrustResult(n)
	}
	switch policy := said["kSecTrustSettingsPolicy"].(type) {
	case nil:
	case string:
		s.Policy = policy
	case []byte:
		s.Policy = dotted(policy)
	default:
		return s, errors.New("a policy is neither bytes nor text")
	}
	for _, limit := range []string{"kSecTrustSettingsPolicyString", "kSecTrustSettingsApplication"} {
		if _, ok := said[limit]; ok {
			s.Limited = true
		}
	}
	// -1 is every use of the key.
	if use, ok := number(said["kSecTrustSettingsKeyUsage"]); ok && uint32(use) != 0xffffffff {
		s.Limited = true
	}
	return s, nil
}

func number(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), true
	}
	return 0, false
}

// dotted reads the body of an object identifier. What is none has no name that
// any policy has.
func dotted(body []byte) string {
	var out strings.Builder
	arc, first, open := uint64(0), true, false
	for _, b := range body {
		if arc >= 1<<50 {
			return "?"
		}
		arc, open = arc<<7|uint64(b&0x7f), b&0x80 != 0
		if open {
			continue
		}
		if first {
			top := min(arc/40, 2)
			fmt.Fprintf(&out, "%d.%d", top, arc-40*top)
			first = false
		} else {
			fmt.Fprintf(&out, ".%d", arc)
		}
		arc = 0
	}
	if open || first {
		return "?"
	}
	return out.String()
}

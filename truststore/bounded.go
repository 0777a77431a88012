package truststore

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Bounds of JSON that others wrote: a child that runs as another user, or a
// file. A few bytes of it can take a hundred times as much memory, so that
// values are counted before they are decoded.
const (
	maxJSONValues = 200_000
	maxJSONDepth  = 32
)

var errTooManyValues = errors.New("it holds more values, or deeper ones, than anybody means")

// decodeBounded is json.Unmarshal for what others wrote.
func decodeBounded(data []byte, v any) error {
	values, depth := 0, 0
	inString := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if values > maxJSONValues || depth > maxJSONDepth {
			return errTooManyValues
		}
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("it is not understood: %w", err)
	}
	return nil
}

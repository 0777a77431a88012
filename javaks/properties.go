package javaks

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
)

// maxProperties bounds a .properties file, in bytes.
const maxProperties = 1 << 20

// errProperties means that Java would refuse a .properties file.
var errProperties = errors.New("malformed .properties file")

// parseProperties reads a .properties file as java.util.Properties.load does:
// ISO 8859-1, with \uXXXX and the other escapes, continued lines, and "=",
// ":" or white space between key and value. The last of equal keys counts.
func parseProperties(data []byte) (map[string]string, error) {
	out := map[string]string{}
	err := eachProperty(data, func(key, value string) error {
		out[key] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachProperty goes through the properties of such a file in their order.
func eachProperty(data []byte, each func(key, value string) error) error {
	if len(data) > maxProperties {
		return fmt.Errorf("%w: more than %d bytes", errProperties, maxProperties)
	}
	for len(data) > 0 {
		var line []byte
		line, data = logicalLine(data)
		if len(line) == 0 {
			continue
		}
		key, value := cutProperty(line)
		k, err := unescapeProperty(key)
		if err != nil {
			return err
		}
		v, err := unescapeProperty(value)
		if err != nil {
			return err
		}
		if err := each(k, v); err != nil {
			return err
		}
	}
	return nil
}

// logicalLine returns the first line of data with its continuations joined,
// and what follows. Comments and blank lines come back empty.
func logicalLine(data []byte) (line, rest []byte) {
	natural, rest := naturalLine(data)
	natural = trimPropertySpace(natural)
	if len(natural) == 0 || natural[0] == '#' || natural[0] == '!' {
		return nil, rest
	}
	if !continues(natural) {
		return natural, rest
	}
	joined := append([]byte(nil), natural[:len(natural)-1]...)
	for len(rest) > 0 {
		natural, rest = naturalLine(rest)
		natural = trimPropertySpace(natural)
		if !continues(natural) {
			return append(joined, natural...), rest
		}
		joined = append(joined, natural[:len(natural)-1]...)
	}
	return joined, nil
}

// naturalLine cuts data after its first line, which ends with CR, LF, both,
// or the data.
func naturalLine(data []byte) (line, rest []byte) {
	for i, c := range data {
		switch {
		case c == '\n':
			return data[:i], data[i+1:]
		case c == '\r' && i+1 < len(data) && data[i+1] == '\n':
			return data[:i], data[i+2:]
		case c == '\r':
			return data[:i], data[i+1:]
		}
	}
	return data, nil
}

// continues reports whether a line ends with an unescaped backslash.
func continues(line []byte) bool {
	n := 0
	for n < len(line) && line[len(line)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func isPropertySpace(c byte) bool { return c == ' ' || c == '\t' || c == '\f' }

func trimPropertySpace(b []byte) []byte {
	for len(b) > 0 && isPropertySpace(b[0]) {
		b = b[1:]
	}
	return b
}

// cutProperty splits a logical line at its first unescaped separator.
func cutProperty(line []byte) (key, value []byte) {
	i := 0
	for i < len(line) && line[i] != '=' && line[i] != ':' && !isPropertySpace(line[i]) {
		if line[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(line) {
		return line, nil
	}
	value = trimPropertySpace(line[i:])
	if len(value) > 0 && (value[0] == '=' || value[0] == ':') {
		value = trimPropertySpace(value[1:])
	}
	return line[:i], value
}

// unescapeProperty decodes a key or value; \u escapes are UTF-16 units.
func unescapeProperty(b []byte) (string, error) {
	units := make([]uint16, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			if b[i] != '\\' {
				units = append(units, uint16(b[i]))
			}
			continue
		}
		i++
		switch b[i] {
		case 'u':
			if len(b) < i+5 {
				return "", fmt.Errorf("%w: incomplete \\u escape", errProperties)
			}
			unit, err := strconv.ParseUint(string(b[i+1:i+5]), 16, 16)
			if err != nil {
				return "", fmt.Errorf("%w: \\u escape with other than four hexadecimal digits", errProperties)
			}
			units = append(units, uint16(unit))
			i += 4
		case 't':
			units = append(units, '\t')
		case 'n':
			units = append(units, '\n')
		case 'r':
			units = append(units, '\r')
		case 'f':
			units = append(units, '\f')
		default:
			units = append(units, uint16(b[i]))
		}
	}
	return string(utf16.Decode(units)), nil
}

package truststore

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

// What others wrote takes no more memory than a run may: neither by more values
// than anybody means, which are counted first, nor by as many as are let in.
func TestBoundedMemory(t *testing.T) {
	list := func(before, value string, n int, after string) []byte {
		return []byte(before + strings.Repeat(value+",", n-1) + value + after)
	}
	for name, tt := range map[string]struct {
		data   []byte
		into   any
		refuse bool
	}{
		"stores":           {list(`{"stores":[`, `{}`, 4_000_000, `]}`), &planJSON{}, true},
		"nested":           {[]byte(strings.Repeat("[", 12_000_000)), &planJSON{}, true},
		"unknown fields":   {list(`{"x":[`, `{"a":[]}`, 1_300_000, `]}`), &planJSON{}, true},
		"an answer":        {list(`{"snapshot":{"entries":[`, `{}`, 10_000_000, `]}}`), &asUserAnswer{}, true},
		"as many as it is": {list(`{"stores":[`, `{}`, maxJSONValues/2-10, `]}`), &planJSON{}, false},
		"as many entries":  {list(`{"snapshot":{"entries":[`, `{}`, maxJSONValues/2-10, `]}}`), &asUserAnswer{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := decodeBounded(tt.data, tt.into)
			runtime.ReadMemStats(&after)
			if errors.Is(err, errTooManyValues) != tt.refuse {
				t.Error(err)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 256 {
				t.Errorf("it took %d MiB", took)
			} else {
				t.Logf("%d MiB", took)
			}
		})
	}
}

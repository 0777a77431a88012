package main

import (
	"bytes"
	"fmt"
	"testing"
)

func TestNamesDoNotSteerTheTerminal(t *testing.T) {
	var out bytes.Buffer
	fmt.Fprintf(plain{&out}, "香港\t%s\n", "a\x1b[2Jb\rc\u009bd\x7f\x00")
	if got, want := out.String(), "香港\ta\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFD\uFFFD\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

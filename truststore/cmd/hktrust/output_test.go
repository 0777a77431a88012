package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/truststore"
)

// full is a disk without room.
type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAnswerThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"certs"}, {"certs", "--json"}, {"version"}, {"help"}} {
		var stderr bytes.Buffer
		exit := run(context.Background(), args, strings.NewReader(""), full{}, &stderr)
		if got := stderr.String(); exit != truststore.ExitFailed || strings.Count(got, errFull.Error()) != 1 {
			t.Errorf("%v: exit %d, %q", args, exit, got)
		}
	}
}

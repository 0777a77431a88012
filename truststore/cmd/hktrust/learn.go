package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/hktrust/hktrust/truststore"
)

// learn adds to a goal the issuing CAs that its roots signed, from what files
// hold and servers present. Such a certificate proves itself: who could write
// the file does not matter.
func (g *goalFlags) learn(ctx context.Context, m *truststore.Machine, goal truststore.Goal) (truststore.Goal, error) {
	if g.aia && len(g.learnFrom) == 0 {
		return goal, usagef("usage.aia-alone")
	}
	for _, from := range g.learnFrom {
		ders, err := g.presented(ctx, m, from)
		if err != nil {
			return goal, err
		}
		goal = goal.Learn(ders)
	}
	return goal, nil
}

// presented reads a file, or asks a server: what has a separator, or is there,
// is a file.
func (g *goalFlags) presented(ctx context.Context, m *truststore.Machine, from string) ([][]byte, error) {
	_, err := os.Stat(from)
	if strings.ContainsAny(from, `/\`) || !errors.Is(err, fs.ErrNotExist) {
		return readChain(from)
	}
	ders, err := m.Presented(ctx, truststore.Server{Address: from}, g.aia)
	var failed *truststore.ServerError
	if errors.As(err, &failed) && !errors.Is(err, truststore.ErrOptions) {
		return nil, &inputError{from, failed}
	}
	if err != nil {
		return nil, usageError{err: err}
	}
	return ders, nil
}

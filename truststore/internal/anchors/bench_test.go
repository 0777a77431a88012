//go:build linux

package anchors_test

import (
	"os"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// BenchmarkNothingToDo is reading a store that is as it should be.
func BenchmarkNothingToDo(b *testing.B) {
	var certs []javatest.Certificate
	for range 140 {
		certs = append(certs, pki(b).Root)
	}
	i := debianImage(b, certs...)
	i.dir("/run", debianLocal)
	later := time.Now().Add(time.Second) // the bundle was made of what is there
	if err := os.Chtimes(i.at(debianBundle), later, later); err != nil {
		b.Fatal(err)
	}
	s := find(b, i.host)
	for b.Loop() {
		read(b, s)
	}
}

// BenchmarkThisMachine is reading the machine's own store.
func BenchmarkThisMachine(b *testing.B) {
	s, err := anchors.Find(&host.Host{})
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		read(b, s)
	}
}

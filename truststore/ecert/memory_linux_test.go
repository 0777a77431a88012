package ecert_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/hktrust/hktrust/truststore/ecert"
)

// inspectThenEnd marks a child of TestMemory.
const inspectThenEnd = "HKTRUST_TEST_INSPECT_AND_END"

// memoryAbove is how much memory an inspection may take above the largest file.
const memoryAbove = 64 << 20

// Whatever a file says, the memory that it takes is bounded.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, data := range map[string][]byte{
		"nested":    bytes.Repeat([]byte{0x30, 0x80}, ecert.MaxSize/2),
		"prefixed":  append([]byte{0x30, 0x80, 0x02, 0x01, 0x03}, bytes.Repeat([]byte{0x30, 0x80}, ecert.MaxSize/2-3)...),
		"segments":  segmented(),
		"tiny bags": manyBags(),
		"contents":  manyContents(),
	} {
		file := filepath.Join(dir, name+".p12")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	// A process begins with what its parent had, in this count.
	base := peak(t, filepath.Join(dir, "missing.p12"))
	for _, file := range files {
		used := peak(t, file) - base
		t.Logf("%s: %d KiB above nothing", filepath.Base(file), used>>10)
		if used > memoryAbove+ecert.MaxSize {
			t.Errorf("%s takes %d MiB", filepath.Base(file), used>>20)
		}
	}
}

// peak returns the most memory that a process took to inspect a file.
func peak(t *testing.T, file string) int64 {
	t.Helper()
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), inspectThenEnd+"="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", file, err, out)
	}
	return child.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}

// segmented is a file whose content is an octet string in one-octet segments.
func segmented() []byte {
	head := []byte{0x30, 0x80, 0x02, 0x01, 0x03, 0x30, 0x80, 0x06, 0x09}
	head = append(append(head, pkcs7Data...), 0xA0, 0x80, 0x24, 0x80)
	return append(head, bytes.Repeat([]byte{0x04, 0x01, 0x30}, (ecert.MaxSize-len(head))/3)...)
}

// manyBags is a file of as many bags as fit, each of 4 octets.
func manyBags() []byte {
	return pfxOf(func(b *cryptobyte.Builder) {
		addData(b, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for range 60_000 {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						addOID(b, 0x2A)
						b.AddASN1(context0, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
					})
				}
			})
		})
	})
}

// manyContents is a file of as many contents as fit.
func manyContents() []byte {
	return pfxOf(func(b *cryptobyte.Builder) {
		for range 100_000 {
			addData(b, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {}) })
		}
	})
}

func pfxOf(contents cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		addData(b, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, contents) })
	})
	return b.BytesOrPanic()
}

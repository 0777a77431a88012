//go:build linux

package anchors_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// fake stands in for an updater that cannot be installed here. It does in an
// image what the real one was seen to do: what it reads, writes, skips and
// says.
type fake struct {
	*image
	work    func(f *fake, args []string) host.Output
	runs    atomic.Int32
	working atomic.Int32
	// behave, if set, decides what becomes of a run, the first being 1.
	behave func(run int, work func() host.Output) (host.Output, error)
	hang   bool // until it is killed
}

// newFake is an image with a distribution's certificates, updated.
func newFake(i *image, updater string, work func(*fake, []string) host.Output) *fake {
	f := &fake{image: i, work: work}
	i.dir("/run", "/bin")
	i.file(updater, []byte("\x7fELF"))
	i.host.Runner = f.run
	work(f, []string{"-f"})
	return f
}

func (f *fake) run(ctx context.Context, cmd host.Cmd) (host.Output, error) {
	if cmd.Path != "/bin/sh" || len(cmd.Args) < 4 || cmd.Hold == nil || cmd.MaxOutput == 0 || len(cmd.Env) == 0 {
		return host.Output{}, fmt.Errorf("unexpected command %+v", cmd)
	}
	run := int(f.runs.Add(1))
	work := func() host.Output { return f.work(f, cmd.Args[4:]) }
	switch {
	case f.hang:
		<-ctx.Done()
		return host.Output{}, errKilled
	case f.behave == nil:
		return work(), nil
	}
	return f.behave(run, work)
}

// merged are the certificates below the directories, each once, without those
// of the last one.
func (f *fake) merged(dirs []string, without string) [][]byte {
	var out [][]byte
	blocked := f.all(without)
	for _, dir := range dirs {
		for _, der := range f.all(dir) {
			if !slices.ContainsFunc(slices.Concat(out, blocked), func(b []byte) bool { return bytes.Equal(b, der) }) {
				out = append(out, der)
			}
		}
	}
	return out
}

func (f *fake) all(dir string) [][]byte {
	var out [][]byte
	entries, _ := os.ReadDir(f.at(dir))
	for _, e := range entries {
		data, _ := os.ReadFile(f.at(filepath.Join(dir, e.Name())))
		for {
			var b *pem.Block
			if b, data = pem.Decode(data); b == nil {
				break
			}
			out = append(out, b.Bytes)
		}
	}
	return out
}

func bundled(ders [][]byte) []byte {
	var out bytes.Buffer
	for _, der := range ders {
		pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	return out.Bytes()
}

// hashed fills a directory as OpenSSL reads it.
func (f *fake) hashed(dir string, ders [][]byte) {
	os.RemoveAll(f.at(dir))
	f.dir(dir)
	next := map[uint32]int{}
	for i, der := range ders {
		file := fmt.Sprintf("certificate-%d.pem", i)
		f.file(filepath.Join(dir, file), bundled([][]byte{der}))
		hash, _ := anchors.SubjectHash(der)
		f.link(file, filepath.Join(dir, fmt.Sprintf("%08x.%d", hash, next[hash])))
		next[hash]++
	}
}

// fakeJava is to Java's keystores what it must be for those who look for a
// certificate's bytes.
func fakeJava(ders [][]byte) []byte {
	return append([]byte("\xfe\xed\xfe\xed"), bytes.Join(ders, nil)...)
}

// fakeFedora is a machine with an update-ca-trust of ours, of which two at once
// fail.
func fakeFedora(i *image, builtin ...javatest.Certificate) *fake {
	for n, c := range builtin {
		i.file(fmt.Sprintf("/usr/share/pki/ca-trust-source/%d.pem", n), c.PEM())
	}
	i.dir("/etc/pki/ca-trust/source/anchors")
	return newFake(i, "/usr/bin/update-ca-trust", func(f *fake, args []string) host.Output {
		if f.working.Add(1) > 1 {
			f.working.Add(-1)
			return host.Output{ExitCode: 1, Stderr: []byte("ln: failed to create symbolic link 'ca-bundle.crt': File exists\n")}
		}
		defer f.working.Add(-1)
		ders := f.merged([]string{"/usr/share/pki/ca-trust-source", "/etc/pki/ca-trust/source/anchors"}, "/etc/pki/ca-trust/source/blocklist")
		for _, b := range []string{"tls", "email", "objsign"} {
			f.file("/etc/pki/ca-trust/extracted/pem/"+b+"-ca-bundle.pem", bundled(ders))
		}
		f.hashed("/etc/pki/ca-trust/extracted/pem/directory-hash", ders)
		f.file("/etc/pki/ca-trust/extracted/java/cacerts", fakeJava(ders))
		return host.Output{}
	})
}

// fakeSUSE is a machine with an update-ca-certificates of ours that passes the
// bundle over unless it is told -f, and says nothing of it.
func fakeSUSE(i *image, builtin ...javatest.Certificate) *fake {
	for n, c := range builtin {
		i.file(fmt.Sprintf("/usr/share/pki/trust/%d.pem", n), c.PEM())
	}
	i.dir("/etc/pki/trust/anchors")
	return newFake(i, "/usr/sbin/update-ca-certificates", func(f *fake, args []string) host.Output {
		ders := f.merged([]string{"/usr/share/pki/trust", "/etc/pki/trust/anchors"}, "/etc/pki/trust/blocklist")
		f.hashed("/var/lib/ca-certificates/pem", ders)
		f.file("/var/lib/ca-certificates/java-cacerts", fakeJava(ders))
		if slices.Contains(args, "-f") {
			f.file("/var/lib/ca-certificates/ca-bundle.pem", bundled(ders))
		}
		return host.Output{}
	})
}

// fakeArch is Fedora's program at Arch's places.
func fakeArch(i *image, builtin ...javatest.Certificate) *fake {
	for n, c := range builtin {
		i.file(fmt.Sprintf("/usr/share/ca-certificates/trust-source/%d.pem", n), c.PEM())
	}
	i.dir("/etc/ca-certificates/trust-source/anchors")
	return newFake(i, "/usr/bin/update-ca-trust", func(f *fake, args []string) host.Output {
		ders := f.merged([]string{"/usr/share/ca-certificates/trust-source", "/etc/ca-certificates/trust-source/anchors"}, "/etc/ca-certificates/trust-source/blocklist")
		for _, b := range []string{"tls", "email", "objsign"} {
			f.file("/etc/ca-certificates/extracted/"+b+"-ca-bundle.pem", bundled(ders))
		}
		f.hashed("/etc/ca-certificates/extracted/cadir", ders)
		f.file("/etc/ssl/certs/java/cacerts", fakeJava(ders))
		return host.Output{}
	})
}

// fakeAlpine is a machine with an update-ca-certificates of ours that takes
// every file, knows no options, and ends with the code of its hooks.
func fakeAlpine(i *image, builtin ...javatest.Certificate) *fake {
	var conf []byte
	for n, c := range builtin {
		i.file(fmt.Sprintf("/usr/share/ca-certificates/mozilla/%d.crt", n), c.PEM())
		conf = fmt.Appendf(conf, "mozilla/%d.crt\n", n)
	}
	i.file("/etc/ca-certificates.conf", conf)
	return newFake(i, "/usr/sbin/update-ca-certificates", func(f *fake, args []string) host.Output {
		const etc, local = "/etc/ssl/certs", "/usr/local/share/ca-certificates"
		f.dir(etc)
		old, _ := filepath.Glob(f.at(etc + "/*"))
		for _, file := range old {
			os.Remove(file)
		}
		var files []string
		list, _ := os.ReadFile(f.at("/etc/ca-certificates.conf"))
		for name := range strings.SplitSeq(string(list), "\n") {
			if name != "" && name[0] != '!' && name[0] != '#' {
				files = append(files, "/usr/share/ca-certificates/"+name)
			}
		}
		entries, _ := os.ReadDir(f.at(local))
		for _, e := range entries {
			if e.Type().IsRegular() {
				files = append(files, filepath.Join(local, e.Name()))
			}
		}
		var all []byte
		next := map[uint32]int{}
		for _, file := range files {
			data, _ := os.ReadFile(f.at(file))
			all = append(all, data...)
			link := "ca-cert-" + strings.TrimSuffix(filepath.Base(file), ".crt") + ".pem"
			f.link(file, filepath.Join(etc, link))
			if b, _ := pem.Decode(data); b != nil {
				hash, _ := anchors.SubjectHash(b.Bytes)
				f.link(link, filepath.Join(etc, fmt.Sprintf("%08x.%d", hash, next[hash])))
				next[hash]++
			}
		}
		f.file(etc+"/ca-certificates.crt", all)
		return host.Output{ExitCode: 1, Stderr: []byte("run-parts: a hook exited with code 1\n")}
	})
}

var errKilled = errors.New("signal: killed")

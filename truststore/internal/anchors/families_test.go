//go:build linux

package anchors_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

var fakes = []struct {
	family string
	make   func(*image, ...javatest.Certificate) *fake
}{
	{"redhat", fakeFedora}, {"suse", fakeSUSE}, {"arch", fakeArch}, {"alpine", fakeAlpine},
}

// eachFake runs a test with fakes of updaters that cannot be installed here.
func eachFake(t *testing.T, test func(t *testing.T, f *fake, s *anchors.Store, builtin javatest.Certificate)) {
	for _, fam := range fakes {
		t.Run(fam.family, func(t *testing.T) {
			builtin := pki(t).Root
			f := fam.make(newImage(t), builtin)
			s := find(t, f.host)
			if s.Family() != fam.family {
				t.Fatalf("found %s", s.Family())
			}
			test(t, f, s, builtin)
		})
	}
}

func TestFamilies(t *testing.T) {
	eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, builtin javatest.Certificate) {
		p := pki(t)
		c := read(t, s)
		wantInOrder(t, c)
		wantTrusted(t, c, builtin, true)
		f.dir("/run/hktrust", filepath.Dir(s.Dir()), s.Dir())
		before := contents(t, f)
		changes := adds(p.Root)
		if s.Neutral() {
			changes = append(changes, adds(p.Issuing)...)
			changes[1].Neutral = true
		}
		out := apply(t, s, changes)
		if f.runs.Load() != 1 || !out.Ran || out.Pending {
			t.Errorf("%d runs, outcome %+v", f.runs.Load(), out)
		}
		wantInOrder(t, out.Content)
		wantTrusted(t, out.Content, p.Root, true)
		wantTrusted(t, out.Content, p.Issuing, false)
		if apply(t, s, changes); f.runs.Load() != 1 {
			t.Error("the updater ran for nothing")
		}
		out = apply(t, s, removes(p.Root, p.Issuing))
		if f.runs.Load() != 2 {
			t.Errorf("%d runs", f.runs.Load())
		}
		wantInOrder(t, out.Content)
		wantSame(t, before, contents(t, f))
	})
}

// contents is the image, without the lock.
func contents(t testing.TB, f *fake) map[string]string {
	out := listing(t, f.root)
	delete(out, f.at("/run/hktrust/system.lock"))
	return out
}

// What an updater may do that is not its work. Whatever its exit code, nothing
// is half done, and the next run of a good one mends the rest.
func TestBadUpdaters(t *testing.T) {
	type behave = func(run int, work func() host.Output) (host.Output, error)
	for what, test := range map[string]struct {
		behave behave
		want   error
	}{
		"prints its usage": {func(int, func() host.Output) (host.Output, error) {
			return host.Output{Stdout: []byte("usage: [--verbose] [--fresh]\n")}, nil
		}, anchors.ErrUpdater},
		"fails": {func(int, func() host.Output) (host.Output, error) { return host.Output{ExitCode: 3}, nil }, anchors.ErrUpdater},
		"cannot be started": {func(int, func() host.Output) (host.Output, error) {
			return host.Output{}, os.ErrPermission
		}, anchors.ErrUpdater},
		"is stopped by dpkg": {func(int, func() host.Output) (host.Output, error) {
			return host.Output{Stderr: []byte("dpkg: error: dpkg frontend lock was locked by another process with pid 1\n")}, nil
		}, anchors.ErrBusy},
		"works with a bad exit code": {func(_ int, work func() host.Output) (host.Output, error) {
			out := work()
			out.ExitCode = 1
			return out, nil
		}, nil},
		"works the second time": {func(run int, work func() host.Output) (host.Output, error) {
			if run == 1 {
				return host.Output{ExitCode: 1}, nil
			}
			return work(), nil
		}, nil},
		"says much": {func(_ int, work func() host.Output) (host.Output, error) {
			out := work()
			out.Stdout = bytes.Repeat([]byte("E: \x1b[2Jrm: Permission denied\n"), 1<<16)
			return out, nil
		}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, builtin javatest.Certificate) {
				p := pki(t)
				f.dir("/run/hktrust", filepath.Dir(s.Dir()), s.Dir())
				before := contents(t, f)
				f.behave = test.behave
				_, err := s.Apply(context.Background(), adds(p.Root))
				if !errors.Is(err, test.want) {
					t.Fatalf("error %v, want %v", err, test.want)
				}
				if test.want != nil {
					var failure *anchors.UpdaterError
					if !errors.As(err, &failure) || !slices.Contains(failure.Unproven, s.Bundle()) {
						t.Errorf("error %#v", err)
					}
					wantSame(t, before, contents(t, f))
					f.behave = nil
					apply(t, s, adds(p.Root))
					f.runs.Store(0)
					f.behave = test.behave
					if _, err = s.Apply(context.Background(), removes(p.Root)); !errors.Is(err, test.want) {
						t.Fatalf("error %v, want %v", err, test.want)
					}
					wantTrusted(t, read(t, s), p.Root, true)
					f.behave = nil
				}
				wantInOrder(t, apply(t, s, removes(p.Root)).Content)
				wantSame(t, before, contents(t, f))
			})
		})
	}
}

// An updater that hangs is killed, once.
func TestHangingUpdater(t *testing.T) {
	eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, _ javatest.Certificate) {
		s.Timeout = 50 * time.Millisecond
		f.dir("/run/hktrust", filepath.Dir(s.Dir()), s.Dir())
		before := contents(t, f)
		f.hang = true
		_, err := s.Apply(context.Background(), adds(pki(t).Root))
		if !errors.Is(err, anchors.ErrTimeout) || f.runs.Load() != 1 {
			t.Errorf("%d runs, error %v", f.runs.Load(), err)
		}
		wantSame(t, before, contents(t, f))
	})
}

// Whoever interrupts a run waits for one failing updater, not for three.
func TestInterruptedUpdater(t *testing.T) {
	eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, _ javatest.Certificate) {
		f.dir("/run/hktrust", filepath.Dir(s.Dir()), s.Dir())
		before := contents(t, f)
		ctx, cancel := context.WithCancel(t.Context())
		f.behave = func(int, func() host.Output) (host.Output, error) {
			cancel()
			return host.Output{}, nil
		}
		if _, err := s.Apply(ctx, adds(pki(t).Root)); !errors.Is(err, anchors.ErrUpdater) || f.runs.Load() != 1 {
			t.Errorf("%d runs, error %v", f.runs.Load(), err)
		}
		wantSame(t, before, contents(t, f))
	})
}

// A run that was killed between the files and the updater is mended without
// knowing what it was about.
func TestMend(t *testing.T) {
	eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, _ javatest.Certificate) {
		p := pki(t)
		f.dir(s.Dir())
		ext := map[string]string{"redhat": ".pem", "suse": ".pem"}[s.Family()]
		if ext == "" {
			ext = ".crt"
		}
		file := filepath.Join(s.Dir(), name(p.Root.Raw)+ext)
		f.file(file, p.Root.PEM())
		if c := read(t, s); !c.Waiting {
			t.Error("nothing waits")
		}
		out, err := s.Mend(context.Background())
		if err != nil || !out.Ran {
			t.Fatalf("outcome %+v, %v", out, err)
		}
		wantTrusted(t, out.Content, p.Root, true)
		if err := os.Remove(f.at(file)); err != nil {
			t.Fatal(err)
		}
		c := read(t, s)
		cert, _ := c.Certificate(p.Root.SHA256())
		if !cert.Stale || len(cert.Trusted) == 0 {
			t.Errorf("stale %v, trusted %v", cert.Stale, cert.Trusted)
		}
		if out, err = s.Mend(context.Background()); err != nil || !out.Ran {
			t.Fatalf("outcome %+v, %v", out, err)
		}
		wantTrusted(t, out.Content, p.Root, false)
		wantInOrder(t, out.Content)
		if out, err = s.Mend(context.Background()); err != nil || out.Ran {
			t.Errorf("outcome %+v, %v", out, err)
		}
	})
}

// Runs at once wait for each other.
func TestFamiliesTogether(t *testing.T) {
	eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, _ javatest.Certificate) {
		var certs []javatest.Certificate
		for range 8 {
			certs = append(certs, pki(t).Root)
		}
		var wg sync.WaitGroup
		for _, c := range certs {
			wg.Go(func() {
				if _, err := s.Apply(context.Background(), adds(c)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c := read(t, s)
		wantInOrder(t, c)
		for _, cert := range certs {
			wantTrusted(t, c, cert, true)
		}
	})
}

func TestBusy(t *testing.T) {
	eachFake(t, func(t *testing.T, f *fake, s *anchors.Store, _ javatest.Certificate) {
		begun, end := make(chan bool), make(chan bool)
		f.behave = func(_ int, work func() host.Output) (host.Output, error) {
			close(begun)
			<-end
			return work(), nil
		}
		done := make(chan error)
		go func() {
			_, err := s.Apply(context.Background(), adds(pki(t).Root))
			done <- err
		}()
		<-begun
		other := find(t, f.host)
		other.Wait = time.Millisecond
		if _, err := other.Apply(context.Background(), adds(pki(t).Root)); !errors.Is(err, anchors.ErrBusy) {
			t.Errorf("error %v", err)
		}
		close(end)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// An error is one line that a terminal can take.
func TestUpdaterErrorIsFitToPrint(t *testing.T) {
	f := fakeAlpine(newImage(t))
	f.behave = func(int, func() host.Output) (host.Output, error) {
		return host.Output{Stdout: []byte("x\nE: hook \x1b[2J\xffexited " + strings.Repeat("y", 1000) + "\nz\n")}, nil
	}
	_, err := find(t, f.host).Apply(context.Background(), adds(pki(t).Root))
	if text := err.Error(); len(text) > 500 || strings.ContainsAny(text, "\x1b\n") || !utf8.ValidString(text) || !strings.Contains(text, "E: hook") {
		t.Errorf("%q", text)
	}
}

package truststore_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

const (
	debianBundle = debianrelease.Bundle
	debianLocal  = debianrelease.Local
	debianHash   = debianrelease.Hashed
)

// distribution runs a test on this machine's own system store, in a mount
// namespace; the machine's is compared afterwards. Where little is set, the
// distribution has a handful of certificates and no Java, which spares the
// updater most of its time.
func distribution(t *testing.T, little bool, test func(*testing.T)) {
	t.Helper()
	oracle.NeedFile(t, "Debian's update-ca-certificates", "/etc/ca-certificates/update.d")
	watched := []string{"/etc/ssl/certs", "/var/lib/hktrust", debianLocal}
	before := tree(t, watched...)
	if namespace.Enter(t, "/usr/share") {
		if err := os.RemoveAll("/var/lib/hktrust"); err != nil {
			t.Fatal(err)
		}
		if little {
			shorten(t)
		}
		updateCACertificates(t, "--fresh")
		test(t)
		return
	}
	if after := tree(t, watched...); after != before {
		t.Fatalf("the machine's own store changed:\n%s\nbecame\n%s", before, after)
	}
}

func shorten(t *testing.T) {
	t.Helper()
	os.Remove(javaHook)
	const conf = "/etc/ca-certificates.conf"
	var kept []string
	for line := range strings.SplitSeq(string(read(t, conf)), "\n") {
		if line != "" && line[0] != '#' && (len(kept) < 4 || strings.Contains(line, "Hongkong")) {
			kept = append(kept, line)
		}
	}
	write(t, conf, []byte(strings.Join(kept, "\n")+"\n"))
}

// systemJob is a run on this machine's system store in a process of its own,
// under a program such as strace if one is given.
func systemJob(t *testing.T, j job, under ...string) *exec.Cmd {
	t.Helper()
	j.System = true
	spec, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(under, self)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"="+childJob, "HKTRUST_TEST_JOB="+string(spec))
	return cmd
}

// TestSystemTogether is eight runs at once, and Debian's own updater among
// them, of which two at once spoil a bundle.
func TestSystemTogether(t *testing.T) {
	distribution(t, true, func(t *testing.T) {
		before := debianrelease.ProgramsRead(t)
		var certs []javatest.Certificate
		var running []*exec.Cmd
		start := func(cmd *exec.Cmd) {
			cmd.Stdout, cmd.Stderr = &bytes.Buffer{}, &bytes.Buffer{}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running = append(running, cmd)
		}
		for i := range 8 {
			certs = append(certs, javatest.NewPKI(t).Root)
			start(systemJob(t, job{Certs: [][]byte{certs[i].Raw}}))
			if i%3 == 1 {
				start(exec.Command("update-ca-certificates"))
			}
		}
		for _, cmd := range running {
			// The distribution's own runs fail, or spoil the bundle, among
			// themselves: nobody keeps them apart.
			if err := cmd.Wait(); err != nil && cmd.Args[0] != "update-ca-certificates" {
				t.Errorf("%v: %v\n%s", cmd.Args, err, cmd.Stderr)
			}
		}
		ensure(t, systemMachine(), ownGoal(certs...), truststore.ExitOK)
		now := debianrelease.ProgramsRead(t)
		for _, c := range certs {
			if line := fmt.Sprintf("bundle %x 1", c.SHA256()); !strings.Contains(now, line) {
				t.Errorf("no %q", line)
			}
		}
		if r := check(t, systemMachine(), ownGoal(certs...), truststore.ExitOK); len(r.Stores[0].Findings) > 0 {
			t.Errorf("findings %v", r.Stores[0].Findings)
		}
		undo(t, systemMachine(), truststore.ExitOK)
		if now := debianrelease.ProgramsRead(t); now != before {
			t.Errorf("programs read\n%s\nand read before\n%s", now, before)
		}
	})
}

// TestSystemKilled kills a run at each of its steps. The bundle is never
// without what was there, and the next run puts all in order.
func TestSystemKilled(t *testing.T) {
	strace := oracle.Need(t, "strace")
	distribution(t, true, func(t *testing.T) {
		cert := javatest.NewPKI(t).Root
		m, goal := systemMachine(), ownGoal(cert)
		before := debianrelease.ProgramsRead(t)
		kills := 0
		for _, undoing := range []bool{false, true} {
			for _, call := range []string{"flock", "linkat", "renameat", "unlinkat", "fsync", "clone", "waitid"} {
				for n := 1; ; n++ {
					if undoing {
						ensure(t, m, goal, truststore.ExitOK)
					}
					cmd := systemJob(t, job{Certs: [][]byte{cert.Raw}, Undo: undoing}, strace, "-qqq", "-o", os.DevNull,
						"-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n))
					out, err := cmd.CombinedOutput()
					var exit *exec.ExitError
					died := errors.As(err, &exit) && killed(exit.ProcessState)
					if err != nil && !died {
						t.Fatalf("%v\n%s", err, out)
					}
					if died {
						kills++
					}
					if data := read(t, debianBundle); !holdsAll(data, before) {
						t.Fatalf("undo=%v, killed before %s %d: the bundle lost something", undoing, call, n)
					}
					if died && kills%2 == 0 {
						ensure(t, m, goal, truststore.ExitOK)
						if !strings.Contains(debianrelease.ProgramsRead(t), fmt.Sprintf("bundle %x 1", cert.SHA256())) {
							t.Fatalf("undo=%v, killed before %s %d: ensure did not complete it", undoing, call, n)
						}
					}
					undo(t, m, truststore.ExitOK)
					if now := debianrelease.ProgramsRead(t); now != before || t.Failed() {
						t.Fatalf("undo=%v, killed before %s %d: programs read\n%s\nand read before\n%s", undoing, call, n, now, before)
					}
					if left := accounts(t, "/var/lib/hktrust"); len(left) > 0 {
						t.Fatalf("undo=%v, killed before %s %d: receipts left: %v", undoing, call, n, left)
					}
					if !died {
						break
					}
				}
			}
		}
		t.Logf("killed %d times", kills)
		if kills < 10 {
			t.Errorf("killed %d times only", kills)
		}
	})
}

// TestSystemKilledWhileTheUpdaterWorks: an undo does not end before the updater
// that a killed one left at work. Where that has come shows in nothing then:
// the links are gone and the bundle is not made yet.
func TestSystemKilledWhileTheUpdaterWorks(t *testing.T) {
	distribution(t, true, func(t *testing.T) {
		openssl := oracle.Need(t, "openssl")
		dir := t.TempDir()
		write(t, dir+"/openssl", read(t, openssl))
		write(t, dir+"/slow", fmt.Appendf(nil, "#!/bin/sh\n: >%s/reached\nsleep 1\nexec %s/openssl \"$@\"\n", dir, dir))
		for _, name := range []string{"/openssl", "/slow"} {
			if err := os.Chmod(dir+name, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cert := javatest.NewPKI(t).Root
		before := debianrelease.ProgramsRead(t)
		ensure(t, systemMachine(), ownGoal(cert), truststore.ExitOK)
		if out, err := exec.Command("mount", "--bind", dir+"/slow", openssl).CombinedOutput(); err != nil {
			t.Fatalf("mount: %v\n%s", err, out)
		}
		defer exec.Command("umount", openssl).Run()
		cmd := systemJob(t, job{Certs: [][]byte{cert.Raw}, Undo: true})
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); !exists(dir + "/reached"); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the updater did not come to the links")
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		undo(t, systemMachine(), truststore.ExitOK)
		if now := debianrelease.ProgramsRead(t); now != before {
			t.Errorf("programs read\n%s\nand read before\n%s", now, before)
		}
	})
}

// holdsAll reports whether a bundle has every certificate that it had.
func holdsAll(bundle []byte, before string) bool {
	now := map[string]bool{}
	for {
		var b *pem.Block
		if b, bundle = pem.Decode(bundle); b == nil {
			break
		}
		now[fmt.Sprintf("%x", sha256.Sum256(b.Bytes))] = true
	}
	for line := range strings.SplitSeq(before, "\n") {
		if id, ok := strings.CutPrefix(line, "bundle "); ok && !now[strings.Fields(id)[0]] {
			return false
		}
	}
	return true
}

// TestSystemNeedsElevation: an ordinary user's run says what an administrator
// has to do, and writes nothing.
func TestSystemNeedsElevation(t *testing.T) {
	distribution(t, true, func(t *testing.T) {
		before := debianrelease.ProgramsRead(t)
		m := &truststore.Machine{Owner: "test", Host: newWorld(t).host(), Select: []truststore.Selector{{Kind: truststore.KindSystem}}}
		r := ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitElevation)
		if c := r.Stores[0].Changes[0]; c.Blocked != truststore.CodeNeedsElevation {
			t.Errorf("blocked by %q", c.Blocked)
		}
		if debianrelease.ProgramsRead(t) != before {
			t.Error("something was written")
		}
	})
}

// TestSystemMended: what was written while the updater failed waits, is told,
// and is put into effect by the next run.
func TestSystemMended(t *testing.T) {
	distribution(t, true, func(t *testing.T) {
		m, cert := systemMachine(), javatest.NewPKI(t).Root
		ensure(t, m, ownGoal(cert), truststore.ExitOK)
		updateCACertificates(t)
		bundle := read(t, debianBundle)
		undo(t, m, truststore.ExitOK)
		without := read(t, debianBundle)
		ensure(t, m, ownGoal(cert), truststore.ExitOK)
		write(t, debianBundle, without)
		wantFinding(t, check(t, m, ownGoal(cert), truststore.ExitWrong), truststore.CodePendingRefresh)
		wantFinding(t, ensure(t, m, ownGoal(cert), truststore.ExitOK), truststore.CodeMended)
		if now := read(t, debianBundle); len(now) != len(bundle) {
			t.Errorf("the bundle has %d bytes, had %d", len(now), len(bundle))
		}
		check(t, m, ownGoal(cert), truststore.ExitOK)
		undo(t, m, truststore.ExitOK)
	})
}

// TestSystemNameTaken: what others put where our file goes is told before
// anything is done, and left.
func TestSystemNameTaken(t *testing.T) {
	distribution(t, true, func(t *testing.T) {
		p := javatest.NewPKI(t)
		cert, other := p.Root, p.Issuing
		taken := debianLocal + "/" + truststore.EntryName(cert.Certificate) + ".crt"
		for what, take := range map[string]func() error{
			"a directory":       func() error { return os.Mkdir(taken, 0o755) },
			"a link":            func() error { return os.Symlink(cert.File(t), taken) },
			"a link to nothing": func() error { return os.Symlink("/nothing", taken) },
			"another file":      func() error { return os.WriteFile(taken, other.PEM(), 0o644) },
			"no certificate":    func() error { return os.WriteFile(taken, []byte("x"), 0o644) },
		} {
			if err := take(); err != nil {
				t.Fatal(err)
			}
			before := tree(t, debianLocal)
			plan, err := systemMachine().Plan(t.Context(), ownGoal(cert))
			if err != nil || plan.Stores[0].Changes[0].Blocked != truststore.CodeNameTaken {
				t.Errorf("%s: plan %+v, %v", what, plan.Stores[0].Changes, err)
			}
			wantFinding(t, ensure(t, systemMachine(), ownGoal(cert), truststore.ExitPerson), truststore.CodeAnchorName)
			if after := tree(t, debianLocal); after != before {
				t.Errorf("%s became\n%s", what, after)
			}
			if err := os.Remove(taken); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestSystemImage: in an image nothing runs; the file is written, and who has
// to run what is told. Nothing waits after an undo before anything ran.
func TestSystemImage(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"/usr/sbin", debianHash} {
		mkdir(t, root+dir)
	}
	write(t, root+"/usr/sbin/update-ca-certificates", []byte("#!/bin/sh\n# --certsconf\nexit 1\n"))
	write(t, root+debianBundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: javatest.NewPKI(t).Root.Raw}))
	me := host.User{Name: "me", UID: os.Geteuid(), GID: os.Getegid(), Home: "/root"}
	m := &truststore.Machine{Owner: "test", Host: &host.Host{Root: root, Account: &me}, Select: []truststore.Selector{{Kind: truststore.KindSystem}}}
	cert := javatest.NewPKI(t).Root
	file := root + debianLocal + "/" + truststore.EntryName(cert.Certificate) + ".crt"

	r := ensure(t, m, ownGoal(cert), truststore.ExitPerson)
	wantFinding(t, r, truststore.CodePendingRefresh)
	if s := r.Stores[0]; !exists(file) || s.Status != truststore.StatusChanged {
		t.Errorf("%s, the file exists: %v", s.Status, exists(file))
	}
	for _, f := range r.Stores[0].Findings {
		if want := "chroot " + root + " /usr/sbin/update-ca-certificates"; f.Args["command"] != want {
			t.Errorf("command %q, want %q", f.Args["command"], want)
		}
	}
	check(t, m, ownGoal(cert), truststore.ExitWrong)
	if undo(t, m, truststore.ExitOK); exists(file) {
		t.Error("the file is there after undo")
	}
}

// BenchmarkSystemNoOp is a run that finds everything as it should be.
func BenchmarkSystemNoOp(b *testing.B) {
	m := &truststore.Machine{Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindSystem}}}
	goal := serverGoal(b)
	for b.Loop() {
		if r, err := m.Check(b.Context(), goal); err != nil || r.Stores[0].Status != truststore.StatusOK {
			b.Fatal(err)
		}
	}
}

package truststore_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// TestHostileHomes runs the command as root on a machine of whose users some
// are no friends.
func TestHostileHomes(t *testing.T) {
	oracle.NeedRoot(t)
	if namespace.Enter(t, "/home", "/opt") {
		if err := os.RemoveAll("/var/lib/hktrust"); err != nil {
			t.Fatal(err)
		}
		hostileHomes(t)
	}
}

// hostile is the machine of the test.
type hostile struct {
	t       *testing.T
	hktrust string
	cert    string // a file
	ca      javatest.Certificate
}

func hostileHomes(t *testing.T) {
	h := &hostile{t: t, hktrust: buildCommand(t), ca: javatest.NewPKI(t).Root}
	h.cert = filepath.Join(t.TempDir(), "root.pem")
	write(t, h.cert, h.ca.PEM())

	amy, bob, dora := newAccount(t, "amy", 61001), newAccount(t, "bob", 61002), newAccount(t, "dora", 61003)
	amys, bobs, doras := h.javaOf(amy), h.javaOf(bob), h.javaOf(dora)
	t.Run("another's profile", func(t *testing.T) { h.in(t).anothersProfile(amy, bob) })
	t.Run("directory of a group", func(t *testing.T) { h.in(t).directoryOfAGroup(amy) })
	t.Run("child killed", func(t *testing.T) { h.in(t).childKilled(amy, amys, bobs, doras) })
	t.Run("parent killed", func(t *testing.T) { h.in(t).parentKilled(bob, bobs) })
	t.Run("linked configuration", func(t *testing.T) { h.in(t).linkedConfiguration(dora) })
	t.Run("system calls", func(t *testing.T) { h.in(t).systemCalls(amy, bob, dora) })
}

func (h hostile) in(t *testing.T) *hostile { h.t = t; return &h }

// javaOf gives a user a JDK and returns its cacerts.
func (h *hostile) javaOf(u local) string {
	h.t.Helper()
	home := ".sdkman/candidates/java/17.0.15-tem"
	cacerts := filepath.Join(u.dir(home+"/lib/security"), "cacerts")
	write(h.t, cacerts, openJDKRoots(h.t))
	write(h.t, filepath.Join(u.dir(home+"/bin"), "java"), nil)
	u.own()
	return cacerts
}

func (h *hostile) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.hktrust, append(args, "--json")...)
	cmd.Env = []string{"HOME=/nonexistent", "PATH=/usr/bin:/bin"}
	return cmd
}

func (h *hostile) run(args ...string) *truststore.Report {
	h.t.Helper()
	return h.report(h.command(args...))
}

func (h *hostile) report(cmd *exec.Cmd) *truststore.Report {
	h.t.Helper()
	out, err := cmd.Output()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		h.t.Fatal(err)
	}
	r := new(truststore.Report)
	if err := json.Unmarshal(out, r); err != nil {
		h.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return r
}

func (h *hostile) ensure(kind string) *truststore.Report {
	h.t.Helper()
	return h.run("ensure", "--all-users", "--scope", "user", "--store", kind, "--cert", h.cert)
}

// statusOf is what a report says of the store at a path, or of the first below
// it; "" if nothing.
func statusOf(r *truststore.Report, path string) truststore.Status {
	for _, s := range r.Stores {
		if s.Info.Path == path || strings.HasPrefix(s.Info.Path, path+"/") {
			return s.Status
		}
	}
	return ""
}

func (h *hostile) wantStatus(r *truststore.Report, path string, status truststore.Status) {
	h.t.Helper()
	if got := statusOf(r, path); got != status {
		h.t.Errorf("%s: %q, want %q; exit %d", path, got, status, r.Exit)
	}
}

// undoAll leaves the machine for the next test.
func (h *hostile) undoAll() {
	h.t.Helper()
	if r := h.run("undo"); r.Exit != truststore.ExitOK {
		h.t.Errorf("undo: exit %d", r.Exit)
	}
	if left := receiptsIn(h.t, "/var/lib/hktrust"); len(left) != 0 {
		h.t.Errorf("receipts are left: %s", left)
	}
}

// anothersProfile: amy's profiles.ini names bob's profile. Bob is served all
// the same, and amy gets nothing of his.
func (h *hostile) anothersProfile(amy, bob local) {
	profile := olderNSS(h.t).newDB(h.t, bob.dir(".mozilla/firefox/b.default"))
	firefoxProfile(h.t, profile, "60.0")
	put(h.t, "[Profile0]\nName=default\nIsRelative=1\nPath=b.default\n", bob.at(".mozilla/firefox/profiles.ini"))
	bob.own()
	chmod(h.t, bob.at(), 0o755)
	amy.dir(".mozilla/firefox")
	put(h.t, "[Profile0]\nName=default\nIsRelative=0\nPath="+profile+"\n", amy.at(".mozilla/firefox/profiles.ini"))
	amy.own()
	r := h.ensure("nss")
	i := slices.IndexFunc(r.Stores, func(s truststore.StoreReport) bool {
		return s.Info.Path == profile && s.Status == truststore.StatusChanged
	})
	if i < 0 || r.Stores[i].Info.Owner == nil || r.Stores[i].Info.Owner.Name != bob.name {
		h.t.Errorf("bob's profile was not served for him: exit %d, %+v", r.Exit, r.Stores)
	}
	h.undoAll()
	if err := os.RemoveAll(amy.at(".mozilla")); err != nil {
		h.t.Fatal(err)
	}
}

// directoryOfAGroup: a Java whose directory a group may write to is not edited
// by root, who could be led elsewhere by any member.
func (h *hostile) directoryOfAGroup(member local) {
	dir := mkdir(h.t, "/opt/team")
	cacerts := filepath.Join(mkdir(h.t, dir, "jdk/lib/security"), "cacerts")
	write(h.t, cacerts, openJDKRoots(h.t))
	write(h.t, filepath.Join(mkdir(h.t, dir, "jdk/bin"), "java"), nil)
	group := []byte(fmt.Sprintf("%steam:x:4001:%s\n", read(h.t, "/etc/group"), member.name))
	write(h.t, "/etc/group", group)
	if err := os.Chown(dir, 0, 4001); err != nil {
		h.t.Fatal(err)
	}
	for mode, exit := range map[os.FileMode]truststore.Exit{0o775: truststore.ExitFailed, 0o755: truststore.ExitOK} {
		chmod(h.t, dir, mode)
		r := h.run("ensure", "--store", cacerts, "--cert", h.cert)
		if r.Exit != exit {
			h.t.Errorf("mode %o: exit %d, want %d: %+v", mode, r.Exit, exit, r.Stores)
		}
		if exit == truststore.ExitOK {
			h.undoAll()
		}
		wantBytes(h.t, cacerts, openJDKRoots(h.t))
	}
}

// children are the processes that work as a user.
func children(uid int) []int {
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range dirs {
		line, err := os.ReadFile(file)
		if err != nil || !bytes.HasPrefix(line, []byte("hktrust-as-user")) {
			continue
		}
		info, err := os.Stat(filepath.Dir(file))
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != uint32(uid) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		pids = append(pids, pid)
	}
	return pids
}

// hunt sends a signal to every child that works as a user, until stopped.
func hunt(uid int, signal syscall.Signal) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			default:
			}
			for _, pid := range children(uid) {
				syscall.Kill(pid, signal)
			}
			time.Sleep(100 * time.Microsecond)
		}
	}()
	return func() { close(end); <-ended }
}

// childKilled: a user kills the children that work for them. Whoever is not
// that user is served; of that user's stores nothing is believed.
func (h *hostile) childKilled(amy local, amys, bobs, doras string) {
	stop := hunt(amy.uid, syscall.SIGKILL)
	r := h.ensure("java")
	stop()
	h.wantStatus(r, bobs, truststore.StatusChanged)
	h.wantStatus(r, doras, truststore.StatusChanged)
	if r.Exit == truststore.ExitOK && !bytes.Contains(read(h.t, amys), h.ca.Raw) {
		h.t.Error("exit 0, and amy's cacerts does not hold the certificate")
	}
	if r.Exit != truststore.ExitPartly && r.Exit != truststore.ExitOK {
		h.t.Errorf("exit %d", r.Exit)
	}
	h.undoAll()
	wantBytes(h.t, amys, openJDKRoots(h.t))
}

// parentKilled: a child is stopped by its user, and root's process is killed.
// The child does not outlive it, and the next run settles what was open.
func (h *hostile) parentKilled(bob local, bobs string) {
	for range 8 { // at whatever step it is met
		cmd := h.command("ensure", "--scope", "user", "--store", bobs, "--cert", h.cert)
		if err := cmd.Start(); err != nil {
			h.t.Fatal(err)
		}
		stop := hunt(bob.uid, syscall.SIGSTOP)
		for end := time.Now().Add(20 * time.Second); len(children(bob.uid)) == 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		cmd.Process.Kill()
		cmd.Wait()
		stop()
		for end := time.Now().Add(20 * time.Second); len(children(bob.uid)) > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				h.t.Fatal("the child outlives its parent")
			}
		}
	}
	if r := h.run("ensure", "--store", bobs, "--cert", h.cert); r.Exit != truststore.ExitOK {
		h.t.Errorf("the next run: exit %d, %+v", r.Exit, r.Stores)
	}
	if !bytes.Contains(read(h.t, bobs), h.ca.Raw) {
		h.t.Error("bob's cacerts does not hold the certificate")
	}
	h.undoAll()
	wantBytes(h.t, bobs, openJDKRoots(h.t))
}

// linkedConfiguration: where ~/.config is a link inside the home, the store of
// IcedTea-Web is made behind it; where it leads to root's files, it is not.
func (h *hostile) linkedConfiguration(dora local) {
	dora.dir("dotfiles/config/icedtea-web")
	symlink(h.t, "dotfiles/config", dora.at(".config"))
	dora.own()
	made := dora.at("dotfiles/config/icedtea-web/security/trusted.jssecacerts")
	r := h.ensure("java-user")
	h.wantStatus(r, made, truststore.StatusChanged)
	if !exists(made) {
		h.t.Error("the store was not made")
	}
	h.undoAll()
	if exists(made) {
		h.t.Error("the store is left")
	}
}

// opened matches a system call on a file of strace's, with its process.
var (
	opened  = regexp.MustCompile(`^(\d+) +\w+\(.*"(/home/[^"]*)"`)
	started = regexp.MustCompile(`^(\d+) .*(?:clone3?|v?fork)\(?.* = (\d+)$`)
	became  = regexp.MustCompile(`^(\d+) +execve\("/proc/self/exe"`)
)

// systemCalls: root's own process opens nothing inside a home.
func (h *hostile) systemCalls(users ...local) {
	strace, log := oracle.Need(h.t, "strace"), filepath.Join(h.t.TempDir(), "log")
	cmd := h.command("ensure", "--all-users", "--cert", h.cert)
	cmd.Args = append([]string{strace, "-f", "-qq", "-e", "signal=none", "-e", "trace=%file,%process", "-o", log, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	r := h.report(cmd)
	if !r.Changed {
		h.t.Errorf("nothing was changed: exit %d", r.Exit)
	}
	as := map[string]bool{} // processes that work as a user, and their threads
	inHomes := 0
	lines := bufio.NewScanner(bytes.NewReader(read(h.t, log)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := became.FindStringSubmatch(line); m != nil {
			as[m[1]] = true
		}
		if m := started.FindStringSubmatch(line); m != nil && as[m[1]] {
			as[m[2]] = true
		}
		m := opened.FindStringSubmatch(line)
		if m == nil || !slices.ContainsFunc(users, func(u local) bool { return strings.HasPrefix(m[2], u.at()+"/") }) {
			continue
		}
		inHomes++
		if !as[m[1]] {
			h.t.Errorf("root's process: %s", line)
		}
	}
	if inHomes == 0 {
		h.t.Error("strace saw nobody open anything in a home")
	}
	h.undoAll()
}

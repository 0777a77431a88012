package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hktrust/hktrust/truststore"
)

// session is a run of the command at a terminal, of which the test is the
// person and the screen.
type session struct {
	t      *testing.T
	pty    *os.File
	cmd    *exec.Cmd
	screen *bytes.Buffer
	shown  chan []byte
}

// atTerminal starts the command; signals from the terminal reach it.
func atTerminal(t *testing.T, args ...string) *session {
	t.Helper()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pty.Close() }) // hangs up what still runs
	fd := int(pty.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	s := &session{t: t, pty: pty, screen: new(bytes.Buffer), shown: make(chan []byte)}
	// This test binary, under the name by which it is the command. It runs as
	// an ordinary user from the start.
	s.cmd = exec.Command("/proc/self/exe", args...)
	s.cmd.Args[0] = "hktrust"
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if os.Geteuid() == 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nogroup}
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.shown)
		for {
			data := make([]byte, 4096)
			n, err := pty.Read(data)
			if err != nil {
				return // EIO: the last program has closed the terminal
			}
			s.shown <- data[:n]
		}
	}()
	return s
}

// patience bounds what a test waits for that should come at once.
const patience = 30 * time.Second

// await waits until the screen shows a text, and forgets what was there before.
func (s *session) await(text string) {
	s.t.Helper()
	for deadline := time.After(patience); ; {
		if _, rest, ok := strings.Cut(s.screen.String(), text); ok {
			s.screen = bytes.NewBufferString(rest)
			return
		}
		select {
		case data, ok := <-s.shown:
			if !ok {
				s.t.Fatalf("no %q in %q", text, s.screen)
			}
			s.screen.Write(data)
		case <-deadline:
			s.t.Fatalf("no %q in %q", text, s.screen)
		}
	}
}

// echoes reports whether the terminal shows what is typed.
func (s *session) echoes() bool {
	state, err := unix.IoctlGetTermios(int(s.pty.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// answer waits for a prompt, and until nothing typed is shown, and types.
func (s *session) answer(prompt, typed string) {
	s.t.Helper()
	s.await(prompt)
	for end := time.Now().Add(patience); s.echoes(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("the password would be shown")
		}
	}
	if _, err := io.WriteString(s.pty, typed); err != nil {
		s.t.Fatal(err)
	}
}

// end waits for the command and returns its exit code and the rest of the screen.
func (s *session) end() (truststore.Exit, string) {
	for data := range s.shown {
		s.screen.Write(data)
	}
	_ = s.cmd.Wait()
	return truststore.Exit(s.cmd.ProcessState.ExitCode()), s.screen.String()
}

// readable is a copy of an e-Cert file that the command's user may read.
func readable(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(ecertFile(name))
	dir := t.TempDir()
	file := filepath.Join(dir, name+".p12")
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err == nil {
		err = handOver(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// A password typed at the prompt opens the file and is not shown; who mistypes
// it is asked again.
func TestECertPrompt(t *testing.T) {
	file := readable(t, "nss-chinese")
	for locale, prompt := range map[string]string{"en_GB.UTF-8": "nss-chinese.p12: ", "zh_HK.UTF-8": "nss-chinese.p12 的密碼："} {
		t.Setenv("LC_ALL", locale)
		s := atTerminal(t, "ecert", "inspect", "--interactive", "--programs=false", file)
		s.answer(prompt, "mistyped\r")
		s.answer(prompt, "密碼測試\r")
		exit, screen := s.end()
		if exit != truststore.ExitWrong || !strings.Contains(screen, "CHAN Tai Man") {
			t.Errorf("exit %d:\n%s", exit, screen)
		}
		if strings.Contains(screen, "密碼測試") || strings.Contains(screen, "mistyped") {
			t.Errorf("the password is shown:\n%s", screen)
		}
	}
}

// Three wrong answers are the end.
func TestECertPromptGivesUp(t *testing.T) {
	s := atTerminal(t, "ecert", "inspect", "--interactive", readable(t, "openssl"))
	for range passwordAttempts {
		s.answer("openssl.p12: ", "wrong\r")
	}
	if exit, screen := s.end(); exit != truststore.ExitWrong || !strings.Contains(screen, "The password is wrong.") {
		t.Errorf("exit %d:\n%s", exit, screen)
	}
}

// Who interrupts the prompt gets the terminal back as it was.
func TestECertPromptInterrupted(t *testing.T) {
	s := atTerminal(t, "ecert", "inspect", "--interactive", readable(t, "openssl"))
	s.answer("openssl.p12: ", "\x03")
	if exit, screen := s.end(); exit != truststore.ExitInterrupted || !s.echoes() {
		t.Errorf("exit %d, echo %v:\n%s", exit, s.echoes(), screen)
	}
}

// While passwords and keys are in memory, nobody but root may look there.
func TestECertMemoryIsPrivate(t *testing.T) {
	s := atTerminal(t, "ecert", "inspect", "--interactive", readable(t, "openssl"))
	s.answer("openssl.p12: ", "")
	info, err := os.Stat(fmt.Sprintf("/proc/%d/mem", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 {
		t.Errorf("the memory is user %d's", owner)
	}
	s.answer("", "\x03")
	s.end()
}

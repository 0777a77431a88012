package javaks

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// An ordinary user may not look into /var/lib/private and its like on any
// Debian. That is no Java installation; the one that a variable names is.
func TestHomesInClosedDirectories(t *testing.T) {
	m := newTree(t, "linux")
	m.java("/var/lib/private/jdk")
	m.java("/srv/closed/jdk")
	m.java("/root/jdk")
	for _, dir := range []string{"/var/lib/private", "/srv/closed", "/root"} {
		if err := os.Chmod(m.real(dir), 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(m.real(dir), 0o700) })
	}
	if err := os.Chmod(filepath.Dir(m.Root), 0o755); err != nil {
		t.Fatal(err)
	}
	m.Environ["JAVA_HOME"] = "/root/jdk"
	var homes []Home
	var problems []*PlaceError
	asOrdinaryUser(t, func() { homes, problems = m.search() })
	if len(homes) != 0 || len(problems) != 1 || problems[0].Path != "/root/jdk" {
		t.Errorf("found %q, problems %v", found(homes), problems)
	}
}

// asOrdinaryUser does something with the rights to files of nobody, which the
// thread that has them takes with it.
func asOrdinaryUser(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		const nobody = 65534
		syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		do()
	}()
	<-done
}

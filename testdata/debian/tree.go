// Package debian runs a test inside another release of Debian: a minimal
// system made by debootstrap, with Java, in a mount namespace of its own in
// which nothing that the test writes stays.
//
// Making a release takes some minutes and half a gigabyte, so it happens only
// where HKTRUST_DEBIAN_TREES names the directory to keep them in.
package debian

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/testdata/tlsclient"
)

const (
	directory = "HKTRUST_DEBIAN_TREES" // where the releases are kept
	variable  = "HKTRUST_TEST_RELEASE" // marks the process inside one
)

// Releases are the suites that tests run in: the ones before and after the
// release that they are developed on, and the one in the making.
func Releases() []string { return []string{"bullseye", "trixie", "sid"} }

// packages are installed in every release: what the tests compare with.
var packages = []string{
	"ca-certificates", "ca-certificates-java", "default-jre-headless", "openssl", "p11-kit", "curl", "gnutls-bin",
	"python3-minimal", "libpython3-stdlib",
}

// Tree returns the directory of a release, made now if need be. It ends the
// test where that is not asked for or cannot be done.
func Tree(t *testing.T, suite string) string {
	t.Helper()
	kept := os.Getenv(directory)
	if kept == "" {
		oracle.Optional(t, "Debian "+suite+", for which "+directory+" names a directory")
	}
	oracle.NeedRoot(t)
	tree := filepath.Join(kept, suite)
	if _, err := os.Stat(tree); err == nil {
		return tree
	}
	bootstrap := oracle.Need(t, "debootstrap")
	part := tree + ".part"
	if err := os.RemoveAll(part); err != nil {
		t.Fatal(err)
	}
	// What a bootstrap mounts in the tree ends with it, also where it is killed:
	// the next one deletes what is there.
	unshare := oracle.Need(t, "unshare")
	run(t, unshare, "-m", bootstrap, "--variant=minbase", suite, part, mirror(t))
	run(t, unshare, "-m", "sh", "-c", install, "sh", part, strings.Join(packages, " "))
	if err := os.Rename(part, tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// install adds packages to a tree, whose scripts want the kernel's file
// systems.
const install = `
set -e
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
cp /etc/resolv.conf "$1/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
chroot "$1" apt-get install -y --no-install-recommends $2
chroot "$1" apt-get clean
`

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out[max(0, len(out)-4096):])
	}
}

// mirror is where this machine itself gets Debian's packages.
func mirror(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), oracle.Need(t, "apt-get"), "indextargets",
		"--format", "$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(out), "\n") {
		if url, ok := strings.CutPrefix(line, "Debian Debian main "); ok {
			return url
		}
	}
	oracle.Missing(t, "a mirror of Debian among apt's sources")
	return ""
}

// enter becomes a program in a copy of the tree that stays in memory.
const enter = `
trap 'exit 77' EXIT
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
mount -t tmpfs -o mode=1777 tmpfs /mnt/root/tmp
echo 127.0.0.1 localhost >>/mnt/root/etc/hosts
cp "$2" /mnt/root/hktrust.test
if [ "$3" ]; then cp -r "$3" /mnt/root/classes; fi
shift 3
trap - EXIT
exec chroot /mnt/root /hktrust.test "$@"
`

// refused is the exit code of a script that was not let.
const refused = 77

var skipped = regexp.MustCompile(`(?m)^\s*--- SKIP`)

// Enter runs the calling test once more as root inside the release. It returns
// true in that second run, in which the test does its work, and false in the
// first, in which it ends.
func Enter(t *testing.T, suite string) bool {
	t.Helper()
	if os.Getenv(variable) == t.Name() {
		return true
	}
	tree := Tree(t, suite)
	cmd := exec.CommandContext(t.Context(), oracle.Need(t, "unshare"), "-m", "sh", "-c", enter, "sh", tree, static(t), javatest.ProbeClasses(t),
		"-test.v", "-test.run="+pattern(t.Name()))
	cmd.Env = append(os.Environ(), variable+"="+t.Name(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/tmp", tlsclient.ClassesVariable+"=/classes")
	out, err := cmd.CombinedOutput()
	switch {
	case cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == refused:
		oracle.Missing(t, "overlayfs in a mount namespace: "+strings.TrimSpace(string(out)))
	case err != nil:
		t.Fatalf("in Debian %s: %v\n%s", suite, err, out)
	case skipped.Match(out):
		t.Skipf("in Debian %s:\n%s", suite, out)
	}
	t.Logf("in Debian %s:\n%s", suite, out)
	return false
}

// pattern is what -test.run takes for one test and no other.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// static builds the calling test's program anew, so that it needs no library
// of this machine's.
func static(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hktrust.test")
	cmd := exec.CommandContext(t.Context(), oracle.Need(t, "go"), "test", "-c", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	return file
}

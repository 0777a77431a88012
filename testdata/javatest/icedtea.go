package javatest

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

//go:embed ItwProbe.java
var itwProbeSource []byte

// icedTeaPackages are IcedTea-Web for Debian and the libraries that it loads.
var icedTeaPackages = []string{"icedtea-netx", "libtagsoup-java", "librhino-java"}

// icedTeaTimeout bounds a run: IcedTea-Web waits for ever for an answer to a
// dialog that it could not show.
const icedTeaTimeout = 2 * time.Minute

// IcedTeaWeb is IcedTea-Web, run by the oldest JDK of the machine.
type IcedTeaWeb struct {
	jdk     JDK
	share   string // its /usr/share
	classes string
}

// NewIcedTeaWeb returns the IcedTea-Web of Debian's package: the one that is
// installed, or one that is downloaded by apt-get and unpacked into a cache,
// not installed. Where neither can be had the test is skipped.
func NewIcedTeaWeb(t testing.TB) IcedTeaWeb {
	t.Helper()
	w := IcedTeaWeb{jdk: JDKs(t)[0], share: "/usr/share"}
	if _, err := os.Stat(w.jars()[0]); err != nil {
		w.share = filepath.Join(unpackedIcedTea(t), "usr", "share")
	}
	key := digest(itwProbeSource, []byte(w.jdk.Version), []byte(w.share))
	w.classes = cached(t, "itw-classes-"+key, func(dir string) error {
		source := filepath.Join(dir, "ItwProbe.java")
		if err := os.WriteFile(source, itwProbeSource, 0o600); err != nil {
			return err
		}
		return w.jdk.build("javac", "-cp", w.classPath(), "-d", dir, source)
	})
	return w
}

func unpackedIcedTea(t testing.TB) string {
	t.Helper()
	return cached(t, "icedtea-web", func(dir string) error {
		if out, err := download(dir); err != nil {
			os.RemoveAll(dir)
			oracle.Missing(t, fmt.Sprintf("IcedTea-Web: apt-get: %v: %s", err, lastLine(out)))
		}
		packages, err := filepath.Glob(filepath.Join(dir, "*.deb"))
		if err != nil {
			return err
		}
		for _, file := range packages {
			if out, err := exec.Command("dpkg", "-x", file, dir).CombinedOutput(); err != nil {
				return fmt.Errorf("dpkg -x %s: %w\n%s", file, err, out)
			}
			if err := os.Remove(file); err != nil {
				return err
			}
		}
		return nil
	})
}

// download fetches the packages. Where the machine has no lists of packages, as
// images usually have none, apt gets lists in the directory for a while.
func download(dir string) ([]byte, error) {
	apt := func(args ...string) ([]byte, error) {
		cmd := exec.Command("apt-get", append([]string{"-q", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1"}, args...)...)
		cmd.Dir = dir
		return cmd.CombinedOutput()
	}
	fetch := append([]string{"download"}, icedTeaPackages...)
	out, err := apt(fetch...)
	if err == nil {
		return out, nil
	}
	lists, cache := filepath.Join(dir, "lists"), filepath.Join(dir, "cache")
	defer os.RemoveAll(lists)
	defer os.RemoveAll(cache)
	for _, sub := range []string{filepath.Join(lists, "partial"), filepath.Join(cache, "archives", "partial")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return nil, err
		}
	}
	own := []string{"-o", "Dir::State::lists=" + lists, "-o", "Dir::Cache=" + cache}
	if out, err := apt(append(own, "update")...); err != nil {
		return out, err
	}
	return apt(append(own, fetch...)...)
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func (w IcedTeaWeb) jars() []string {
	return []string{
		filepath.Join(w.share, "icedtea-web", "javaws.jar"),
		filepath.Join(w.share, "java", "js.jar"),
		filepath.Join(w.share, "java", "tagsoup.jar"),
	}
}

func (w IcedTeaWeb) classPath() string {
	return strings.Join(w.jars(), string(filepath.ListSeparator))
}

// verdict is the line that ItwProbe prints among IcedTea-Web's own.
var verdict = regexp.MustCompile(`(?m)^(TRUSTED|REJECTED: .*)$`)

// TLS connects IcedTea-Web to addr (host:port) for the user with the given home
// directory and returns "TRUSTED", or "REJECTED: " and the reason. IcedTea-Web
// makes its folder, with empty stores, where the user does not have it.
func (w IcedTeaWeb) TLS(t testing.TB, home, addr string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), icedTeaTimeout)
	defer cancel()
	// As the package's own launcher starts it.
	args := append(append([]string{}, speed...),
		"@"+filepath.Join(w.share, "icedtea-web", "bin", "itw-modularjdk.args"),
		"-Djava.awt.headless=true", "-Duser.home="+home,
		"-Xbootclasspath/a:"+w.classPath(), "-cp", w.classes, "ItwProbe", addr)
	cmd := exec.CommandContext(ctx, filepath.Join(w.jdk.Home, "bin", "java"), args...)
	cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	line := verdict.FindString(out.String())
	if err != nil || line == "" {
		t.Fatalf("ItwProbe: %v\n%s", err, out.Bytes())
	}
	return line
}

package javatest

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// JDK is an installed JDK, or a runtime made by JRE.
type JDK struct {
	Home    string
	Version string // such as "17.0.15"
	Major   int    // such as 17
	environ string // variables in addition, each ended by a NUL
}

// With is the JDK as it is run with a variable in the environment.
func (j JDK) With(name, value string) JDK {
	j.environ += name + "=" + value + "\x00"
	return j
}

// JDKs returns the JDKs of this machine, the oldest first. There is at least
// one: the test is skipped where there is none.
func JDKs(t testing.TB) []JDK {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/jvm/*")
	if home := os.Getenv("JAVA_HOME"); home != "" {
		found = append(found, home)
	}
	var jdks []JDK
	for _, home := range found {
		home, err := filepath.EvalSymlinks(home)
		if err != nil || slices.ContainsFunc(jdks, func(j JDK) bool { return j.Home == home }) {
			continue
		}
		if _, err := os.Stat(filepath.Join(home, "bin", "javac")); err != nil {
			continue
		}
		if jdk, ok := read(home); ok && jdk.Major >= 17 {
			jdks = append(jdks, jdk)
		}
	}
	if len(jdks) == 0 {
		oracle.Missing(t, "a JDK, 17 or newer")
	}
	slices.SortStableFunc(jdks, func(a, b JDK) int { return cmp.Compare(a.Major, b.Major) })
	return jdks
}

// Newest are the JDKs whose certificates are as strict as those of the newest
// update known: Java 17 became stricter after 17.0.19.
func Newest(t testing.TB) []JDK {
	t.Helper()
	jdks := slices.DeleteFunc(JDKs(t), func(j JDK) bool {
		var update int
		_, err := fmt.Sscanf(j.Version, "17.0.%d", &update)
		return err == nil && update <= 19
	})
	if len(jdks) == 0 {
		oracle.Missing(t, "a JDK of the newest update")
	}
	return jdks
}

// Each runs the test once for each JDK of this machine.
func Each(t *testing.T, test func(*testing.T, JDK)) {
	t.Helper()
	for _, jdk := range JDKs(t) {
		t.Run(fmt.Sprintf("jdk%d", jdk.Major), func(t *testing.T) { test(t, jdk) })
	}
}

// read reads an installation's release file.
func read(home string) (JDK, bool) {
	data, err := os.ReadFile(filepath.Join(home, "release"))
	if err != nil {
		return JDK{}, false
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		value, ok := strings.CutPrefix(lines.Text(), "JAVA_VERSION=")
		if !ok {
			continue
		}
		version := strings.Trim(value, `"`)
		number, _, _ := strings.Cut(version, ".")
		major, err := strconv.Atoi(number)
		return JDK{Home: home, Version: version, Major: major}, err == nil
	}
	return JDK{}, false
}

// build runs a program of the JDK whose only interest is its result.
func (j JDK) build(program string, args ...string) error {
	if out, err := j.run(program, args...); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

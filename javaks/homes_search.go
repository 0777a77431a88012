package javaks

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// search looks at one place.
func (f *finder) search(p place) {
	if f.ctx.Err() != nil || !f.covers(p.scope, p.goos) {
		return
	}
	switch p.what {
	case pathVariable:
		f.searchPath(p)
	case versionedVariables:
		f.searchVersionedVariables()
	case runningJVMs:
		f.searchRunning(p.source)
	}
	for _, pattern := range p.patterns {
		path, ok := f.env.expand(pattern)
		if !ok {
			continue
		}
		if p.what == namedHomes {
			f.named(p.source, path)
			continue
		}
		matches, err := f.Host.Glob(path)
		f.refused(p, path, err)
		for _, match := range matches {
			f.found(p, match)
		}
	}
}

// found deals with what a pattern of a place matched.
func (f *finder) found(p place, path string) {
	switch p.what {
	case homeDirs:
		f.candidate(p.source, path)
	case programs:
		f.program(p.source, path)
	case toolchains:
		f.namedBy(p.source, path, parseToolchains)
	case gradleProperties:
		f.namedBy(p.source, path, parseGradleHomes)
	}
}

// covers reports whether places of a scope and system are to be searched.
func (f *finder) covers(s scope, goos string) bool {
	if goos != "" && goos != f.Host.GOOS() {
		return false
	}
	switch s {
	case machineScope:
		return f.Machine
	case userScope:
		return f.User != nil
	}
	return f.env.own
}

// refused takes note of each error that Glob joined.
func (f *finder) refused(p place, pattern string, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, err := range joined.Unwrap() {
		if p.guessed && isClosed(err) {
			continue
		}
		f.problem(pathOf(err, pattern), err)
	}
}

// isClosed reports whether an error says that a place is for others to look at.
func isClosed(err error) bool {
	other := (*host.OtherUserError)(nil)
	return errors.Is(err, fs.ErrPermission) || errors.As(err, &other)
}

// pathOf returns the path that an error of package host is about.
func pathOf(err error, otherwise string) string {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Path
	}
	if other := (*host.OtherUserError)(nil); errors.As(err, &other) {
		return other.Path
	}
	return otherwise
}

// searchPath looks for java in the directories of PATH. The stub that macOS
// keeps at /usr/bin/java belongs to no installation.
func (f *finder) searchPath(p place) {
	separator, java := ":", "java"
	if f.Host.GOOS() == "windows" {
		separator, java = ";", "java.exe"
	}
	for dir := range strings.SplitSeq(f.Host.Getenv("PATH"), separator) {
		if dir = strings.Trim(dir, `"`); f.Host.IsAbs(dir) {
			f.program(p.source, f.Host.Join(dir, java))
		}
	}
}

// searchVersionedVariables looks at the variables by which the images of
// continuous integration services name each of their JDKs.
func (f *finder) searchVersionedVariables() {
	const newest = 40 // versions; one a half-year, 26 in 2026
	for version := 6; version <= newest; version++ {
		for _, arch := range [...]string{"X64", "X86", "ARM64", "arm64"} {
			name := fmt.Sprintf("JAVA_HOME_%d_%s", version, arch)
			if dir := f.Host.Getenv(name); f.Host.IsAbs(dir) {
				f.named(name, dir)
			}
		}
	}
}

// maxNaming bounds a file that names installations, in bytes.
const maxNaming = 1 << 20

// namedBy looks at the installations that a file of another tool names.
func (f *finder) namedBy(source, path string, parse func([]byte) ([]string, error)) {
	data, err := f.Host.ReadFile(path, maxNaming)
	if err != nil {
		f.problemUnlessMissing(path, err)
		return
	}
	dirs, err := parse(data)
	if err != nil {
		f.problem(path, err)
	}
	for _, dir := range dirs {
		if dir = f.interpolate(dir); f.Host.IsAbs(dir) {
			f.candidate(source, dir)
		}
	}
}

// interpolate replaces Maven's ${user.home} and ${env.NAME}.
func (f *finder) interpolate(s string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		out.WriteString(before)
		if !ok || !closed {
			return out.String()
		}
		if variable, isEnv := strings.CutPrefix(name, "env."); isEnv {
			out.WriteString(f.env.variable(variable))
		} else if name == "user.home" && f.User != nil {
			out.WriteString(f.User.Home)
		}
		s = after
	}
}

// readStart reads a file of the kernel, at most its first limit bytes.
func readStart(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}

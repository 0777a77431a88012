package javaks

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is read of running programs.
const (
	maxProcesses = 1 << 14
	maxMaps      = 1 << 20 // bytes of one memory map
)

// searchRunning looks at the installations that running programs use: by the
// java program, or by the libjvm that an application has loaded. Of other users'
// programs the kernel shows an ordinary user nothing, and what runs in another
// mount namespace, such as a container, has another file tree: both are left out.
func (f *finder) searchRunning(source string) {
	if !f.Host.Live() || f.Host.GOOS() != "linux" {
		return
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return
	}
	for _, pid := range processes() {
		if f.ctx.Err() != nil {
			return
		}
		dir := "/proc/" + strconv.Itoa(pid)
		if namespace, err := os.Readlink(dir + "/ns/mnt"); err != nil || namespace != own {
			continue
		}
		// The link is read, not followed: what it names is then looked at
		// under the same rules as any other path.
		program, err := os.Readlink(dir + "/exe")
		if err != nil || systemProgram(program) {
			continue
		}
		if f.Host.Base(program) == "java" {
			f.program(source, program)
			continue
		}
		if library := mappedJVM(dir + "/maps"); library != "" {
			f.library(source, library)
		}
	}
}

// systemProgram reports whether a program is one of the distribution's, of which
// there are many on every machine: those that load a JVM take one that is found
// without them, and memory maps are slow to read.
func systemProgram(path string) bool {
	return slices.ContainsFunc([]string{"/usr/bin/", "/usr/sbin/", "/usr/libexec/", "/usr/lib/systemd/", "/bin/", "/sbin/"},
		func(dir string) bool { return strings.HasPrefix(path, dir) })
}

// processes lists the processes of this machine, as many as are looked at.
func processes() []int {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(maxProcesses)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// mappedJVM returns the path of the libjvm.so in a memory map, "" if there is none.
func mappedJVM(maps string) string {
	data, err := readStart(maps, maxMaps)
	if err != nil {
		return ""
	}
	const name = "/libjvm.so"
	i := bytes.Index(data, []byte(name+"\n"))
	if i < 0 {
		return ""
	}
	line := data[bytes.LastIndexByte(data[:i], '\n')+1 : i]
	start := bytes.IndexByte(line, '/')
	if start < 0 {
		return name
	}
	return string(line[start:]) + name
}

// library adds the installation that a libjvm.so belongs to: it lies in
// lib/server, or in the JDKs until 8 in jre/lib/ARCHITECTURE/server.
func (f *finder) library(source, path string) {
	lib, ok := strings.CutSuffix(path, "/server/libjvm.so")
	if !ok {
		return
	}
	for range 2 {
		if f.Host.Base(lib) == "lib" {
			f.candidate(source, f.Host.Dir(lib))
			return
		}
		lib = f.Host.Dir(lib)
	}
}

package javaks

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// RunningJVM is a java program at work.
type RunningJVM struct {
	Name    string // "process N"
	Home    string // its installation
	Started time.Time
}

// ticks is how many clock ticks of /proc a second has (USER_HZ, proc(5)): Linux
// has one value on all architectures that Go runs on.
const ticks = 100

// RunningJVMs lists the java programs that run on the live Linux, as far as this
// process may see them. A nil host is this machine.
func RunningJVMs(ctx context.Context, h *host.Host) []RunningJVM {
	h = orThisMachine(h)
	if !h.Live() || h.GOOS() != "linux" {
		return nil
	}
	var found []RunningJVM
	booted := time.Time{}
	for _, pid := range processes() {
		dir := "/proc/" + strconv.Itoa(pid)
		program, err := os.Readlink(dir + "/exe")
		if err != nil || h.Base(program) != "java" || ctx.Err() != nil {
			continue
		}
		if booted.IsZero() {
			if booted = bootTime(); booted.IsZero() {
				return nil
			}
		}
		stat, err := readStart(dir+"/stat", maxStat)
		since, ok := startedAfter(stat)
		if err != nil || !ok {
			continue
		}
		home := h.Dir(h.Dir(program))
		found = append(found, RunningJVM{Name: fmt.Sprintf("PID %d", pid), Home: home, Started: booted.Add(since)})
	}
	return found
}

// maxStat bounds files of /proc that are read whole, in bytes.
const maxStat = 64 << 10

// bootTime is when the machine started; the zero Time if that is not told.
func bootTime() time.Time {
	data, err := readStart("/proc/stat", maxStat)
	if err != nil {
		return time.Time{}
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("btime ")); ok {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(rest)), 10, 64); err == nil {
				return time.Unix(n, 0)
			}
		}
	}
	return time.Time{}
}

// startedAfter reads how long after the machine a process started: field 22 of
// its stat, counted behind the name, which may hold anything.
func startedAfter(stat []byte) (time.Duration, bool) {
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 {
		return 0, false
	}
	fields := bytes.Fields(stat[i+1:])
	const index = 22 - 3 // the first field behind the name is the third
	if len(fields) <= index {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[index]), 10, 64)
	return time.Duration(n) * time.Second / ticks, err == nil
}

//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// usage is what processes took.
type usage struct {
	time, cpu time.Duration
	memory    int64 // largest resident set, in bytes
}

func (u usage) and(v usage) usage {
	return usage{u.time + v.time, u.cpu + v.cpu, max(u.memory, v.memory)}
}

func (u usage) without(v usage) usage { return usage{u.time - v.time, u.cpu - v.cpu, u.memory} }

// ms is how long it took, in milliseconds.
func (u usage) ms() float64 { return float64(u.time) / float64(time.Millisecond) }

func (u usage) cpuMS() float64 { return float64(u.cpu) / float64(time.Millisecond) }

func (u usage) mib() float64 { return float64(u.memory) / (1 << 20) }

// over tells how many times as long as v it took.
func (u usage) over(v usage) float64 { return float64(u.time) / float64(v.time) }

// run runs a program, which must succeed.
func run(name string, args ...string) usage {
	return measured(exec.Command(name, args...), (*exec.Cmd).CombinedOutput)
}

// measured runs a program in a way that returns what it said.
func measured(cmd *exec.Cmd, run func(*exec.Cmd) ([]byte, error)) usage {
	start := time.Now()
	if out, err := run(cmd); err != nil {
		check(fmt.Errorf("%.200q: %w\n%s", cmd.Args, err, out))
	}
	took := time.Since(start)
	state := cmd.ProcessState
	resident := state.SysUsage().(*syscall.Rusage).Maxrss
	return usage{took, state.UserTime() + state.SystemTime(), int64(resident) << 10}
}

// contestant is one of those that are compared: how its files are made ready,
// and what is measured.
type contestant struct {
	ready func()
	run   func() usage
	// every is in which rounds it takes part: each that can be divided by it.
	every int
}

const leastRounds = 3

// compare lets all take their turns, round after round, and returns the median
// of each. A first round warms the caches.
func compare(all ...contestant) []usage {
	took := make([][]usage, len(all))
	start := time.Now()
	for round := 0; round < leastRounds || time.Since(start) < *patience; round++ {
		for i, c := range all {
			if round%max(c.every, 1) != 0 {
				continue
			}
			if c.ready != nil {
				c.ready()
			}
			if u := c.run(); round > 0 || c.every > 1 {
				took[i] = append(took[i], u)
			}
		}
	}
	out := make([]usage, len(all))
	for i := range all {
		out[i] = median(took[i])
	}
	return out
}

// median returns the median of each figure.
func median(took []usage) usage {
	of := func(figure func(usage) int64) int64 {
		all := make([]int64, len(took))
		for i, u := range took {
			all[i] = figure(u)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return usage{
		time:   time.Duration(of(func(u usage) int64 { return int64(u.time) })),
		cpu:    time.Duration(of(func(u usage) int64 { return int64(u.cpu) })),
		memory: of(func(u usage) int64 { return u.memory }),
	}
}

// fresh writes files, and waits until the disk has them: no later sync is to
// wait for them.
func fresh(data []byte, files ...string) {
	var open []*os.File
	for _, file := range files {
		check(os.RemoveAll(file))
		check(os.WriteFile(file, data, 0o644))
		f, err := os.Open(file)
		check(err)
		open = append(open, f)
	}
	for _, f := range open {
		check(f.Sync())
		check(f.Close())
	}
}

// line prints one figure.
func line(what string, u usage) {
	fmt.Printf("  %-34s %9.1f ms  (processor %8.1f ms, %5.1f MiB)\n", what, u.ms(), u.cpuMS(), u.mib())
}

// atMost and atLeast print a result that has a bound.
func atMost(what string, got, bound float64, unit string) {
	fmt.Printf("  %-34s %9.2f %-4s promised: at most %g%s\n", what, got, unit, bound, broken(got > bound))
}

func atLeast(what string, got, bound float64) {
	fmt.Printf("  %-34s %9.2f ×    promised: at least %g%s\n", what, got, bound, broken(got < bound))
}

func broken(is bool) string {
	if is {
		return " !"
	}
	return ""
}

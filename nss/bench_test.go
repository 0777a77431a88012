package nss

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkAddSix adds six CAs, and reports how many times longer six runs of
// certutil take.
func BenchmarkAddSix(b *testing.B) {
	for _, password := range []string{"", testPassword} {
		b.Run(fmt.Sprintf("password=%t", password != ""), func(b *testing.B) {
			v := oldNSS(b)
			var changes []Change
			var files []string
			for i := range 6 {
				name := fmt.Sprintf("bench %d", i)
				a := newAuthority(b, name)
				changes = append(changes, Change{Op: Add, DER: a.der(), Nickname: name, Trust: trust(b, "C,,")})
				files = append(files, writePEM(b, a.der()))
			}
			opts, args := Options{}, []string{}
			newDB := func() string {
				dir := v.newDB(b)
				if password != "" {
					v.run(b, dir, "-W", "-f", writeFile(b, "\n"), "-@", writeFile(b, password+"\n"))
				}
				return dir
			}
			if password != "" {
				opts.Password, args = &password, []string{"-f", writeFile(b, password+"\n")}
			}
			var theirs time.Duration
			for range b.N {
				b.StopTimer()
				ours, certutils := newDB(), newDB()
				start := time.Now()
				for i, file := range files {
					v.run(b, certutils, append([]string{"-A", "-n", changes[i].Nickname, "-t", "C,,", "-i", file}, args...)...)
				}
				theirs += time.Since(start)
				b.StartTimer()
				apply(b, open(b, ours, opts), changes...)
			}
			b.ReportMetric(float64(theirs)/float64(b.Elapsed()), "×certutil")
		})
	}
}

// BenchmarkList lists a database with 100 CAs, and reports how many times
// longer `certutil -L` takes and the live heap that a list needs.
func BenchmarkList(b *testing.B) {
	v := newNSS(b)
	dir := v.newDB(b)
	var changes []Change
	for i := range 100 {
		name := fmt.Sprintf("bench %d", i)
		changes = append(changes, Change{Op: Add, DER: newAuthority(b, name).der(), Nickname: name, Trust: trust(b, "C,,")})
	}
	apply(b, open(b, dir, Options{}), changes...)
	var theirs time.Duration
	for b.Loop() {
		list(b, open(b, dir, Options{}))
		b.StopTimer()
		start := time.Now()
		v.run(b, dir, "-L")
		theirs += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(theirs)/float64(b.Elapsed()), "×certutil")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	contents := list(b, open(b, dir, Options{}))
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(contents)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/(1<<20), "MiB/list")
}

// BenchmarkNoOp plans and applies nothing new to a database.
func BenchmarkNoOp(b *testing.B) {
	dir := created(b, true)
	add := Change{Op: Add, DER: newAuthority(b, "x").der(), Nickname: "x", Trust: trust(b, "C,,")}
	db := open(b, dir, Options{})
	apply(b, db, add)
	for b.Loop() {
		apply(b, db, add)
	}
}

// BenchmarkRemoveAndAdd300 makes 300 changes in one transaction.
func BenchmarkRemoveAndAdd300(b *testing.B) {
	var adds, removes []Change
	for i := range 300 {
		name := fmt.Sprintf("bench %d", i)
		der := newAuthority(b, name).der()
		adds = append(adds, Change{Op: Add, DER: der, Nickname: name, Trust: trust(b, "C,,")})
		removes = append(removes, Change{Op: Remove, DER: der})
	}
	db := open(b, created(b, true), Options{})
	for b.Loop() {
		apply(b, db, adds...)
		apply(b, db, removes...)
	}
}

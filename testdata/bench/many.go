//go:build unix

package main

import (
	"fmt"
	"os"
)

// many does the same to many keystores in one process. An undo leaves them as
// they were for the next round.
func (b *bench) many() {
	original, _ := b.keystore()
	for _, n := range []int{1, 10, 100, 1000} {
		dir, spare := b.path("many"), b.path("spare.d")
		check(os.MkdirAll(dir, 0o755))
		check(os.MkdirAll(spare, 0o755))
		var args, files, spares []string
		for i := range n {
			files = append(files, fmt.Sprintf("%s/%d", dir, i))
			spares = append(spares, fmt.Sprintf("%s/%d", spare, i))
			args = append(args, "--store", files[i])
		}
		b.forget()
		fresh(original, files...)
		fresh(original, spares...)
		ensure := func() usage { return b.hktrust(append([]string{"ensure"}, args...)...) }
		all := compare(
			contestant{run: func() usage { return run(b.path("floor")) }},
			contestant{run: func() usage {
				return run(b.path("floor"), append([]string{"-receipts", b.path("receipts")}, spares...)...)
			}},
			contestant{run: ensure},
			contestant{run: ensure},
			contestant{run: func() usage { return b.hktrust("undo") }},
		)
		each := func(u usage) float64 { return u.without(all[0]).ms() / float64(n) }
		fmt.Printf(" n = %d, beyond the start of an empty program, a store (load %s)\n", n, load())
		fmt.Printf("  %-34s %9.2f ms\n", "floor", each(all[1]))
		atMost("ensure", each(all[2]), 5, "ms")
		atMost("ensure, nothing to do", each(all[3]), 1, "ms")
		atMost("undo", each(all[4]), 5, "ms")
		fmt.Printf("  ensure ÷ floor %.2f ×, processor %.2f ms a store\n", each(all[2])/each(all[1]), all[2].cpuMS()/float64(n))
		atMost("memory of ensure", all[2].mib(), 128, "MiB")
		atMost("memory with nothing to do", all[3].mib(), 128, "MiB")
		atMost("memory of undo", all[4].mib(), 128, "MiB")
		check(os.RemoveAll(dir))
		check(os.RemoveAll(spare))
	}
}

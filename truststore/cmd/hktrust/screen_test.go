package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var updateScreens = flag.Bool("update-screens", false, "write what the commands show to testdata/screens")

// varying is what differs from run to run.
var varying = regexp.MustCompile(`[0-9]{8}T[0-9]{6}Z-[A-Z2-7]{6}|hktrust \S+ \(go[^)]*\)|(days left: |尚餘日數：)[0-9]+`)

// testBin is where the tests have hktrust, which is named in full where no PATH leads there.
var testBin = regexp.MustCompile(`/\S*/testscript-main[0-9]+/bin/`)

// screen LANGUAGE NAME CODE args… runs hktrust in a language, wants its exit
// code, and compares what it shows with the golden screen of that name.
func screen(ts *testscript.TestScript, _ bool, args []string) {
	language, name := args[0], args[1]
	exits(ts, false, append([]string{args[2], "hktrust", "--lang", language}, args[3:]...))
	got := ts.ReadFile("stdout")
	if errors := ts.ReadFile("stderr"); errors != "" {
		got += "-- stderr --\n" + errors
	}
	got = strings.ReplaceAll(got, ts.MkAbs("."), "/demo")
	got = testBin.ReplaceAllString(got, "")
	got = varying.ReplaceAllString(got, "${1}…")
	file := filepath.Join("testdata", "screens", name+"."+language+".txt")
	if *updateScreens {
		ts.Check(os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	ts.Check(err)
	if got != string(want) {
		ts.Fatalf("%s (go test -run Scripts/screens -update-screens writes it):\n%s\nwant:\n%s", file, got, want)
	}
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// advise says on standard error what to do next.
func (a *app) advise(r *truststore.Report) {
	if r.Exit == truststore.ExitElevation && slices.ContainsFunc(r.Stores, wantsElevation) {
		fmt.Fprintln(a.stderr, a.text.say("advice.elevation", "command", a.elevated(r)))
	}
	if r.Command == "ensure" && slices.ContainsFunc(r.Stores, couldBeMade) {
		fmt.Fprintln(a.stderr, a.text.say("advice.create"))
	}
	if slices.ContainsFunc(r.Stores, wantsPerson) {
		fmt.Fprintln(a.stderr, a.text.say("advice.person"))
	}
	if a.saved != "" && tally(r).wrong > 0 {
		fmt.Fprintln(a.stderr, a.text.say("advice.apply", "command", a.applying()))
	}
	if !r.Changed {
		return
	}
	if r.Command != "undo" && r.Run != "" {
		command := a.text.program() + " undo --run " + r.Run
		if a.root != "" {
			command += " --root " + quote(a.root)
		}
		fmt.Fprintln(a.stderr, a.text.say("advice.undo", "command", command))
	}
	if a.root == "" && slices.ContainsFunc(r.Stores, changedJava) {
		fmt.Fprintln(a.stderr, a.text.say("advice.restart"))
	}
}

// wantsElevation reports whether an elevated run would get further. It would not
// where a file of the user's home belongs to somebody else: that has to be
// given back first.
func wantsElevation(s truststore.StoreReport) bool {
	return s.Error != nil && s.Error.Code == truststore.CodeNeedsElevation ||
		slices.ContainsFunc(s.Changes, func(c truststore.Result) bool { return c.Blocked == truststore.CodeNeedsElevation })
}

// wantsPerson reports whether a run that may show a dialog would get further.
func wantsPerson(s truststore.StoreReport) bool {
	return slices.ContainsFunc(s.Changes, func(c truststore.Result) bool { return c.Blocked == truststore.CodeNeedsPerson })
}

// couldBeMade reports whether a store is missing that --create would make.
func couldBeMade(s truststore.StoreReport) bool {
	return s.Error != nil && s.Error.Code == truststore.CodeNotFound
}

// changedJava reports whether a store that JVMs read once was changed.
func changedJava(s truststore.StoreReport) bool {
	if slices.ContainsFunc(s.Findings, func(f truststore.Finding) bool { return f.Code == truststore.CodeJavaFed }) {
		return true
	}
	return s.Status == truststore.StatusChanged && (s.Info.Kind == truststore.KindJava || s.Info.Kind == truststore.KindJavaUser)
}

// javaVariables name Java installations, and sudo drops them.
var javaVariables = []string{"JAVA_HOME", "JDK_HOME", "JRE_HOME", "GRAALVM_HOME"}

// needed are the variables that led to stores which want elevation.
func needed(r *truststore.Report) []string {
	var words []string
	for _, name := range javaVariables {
		dir := os.Getenv(name)
		led := func(s truststore.StoreReport) bool {
			return wantsElevation(s) && slices.ContainsFunc(append(s.Info.Links, s.Info.Path), func(path string) bool {
				return dir != "" && strings.HasPrefix(path, filepath.Clean(dir)+string(filepath.Separator))
			})
		}
		if slices.ContainsFunc(r.Stores, led) {
			words = append(words, quote(name+"="+dir))
		}
	}
	return words
}

// elevated is this very command as an administrator would give it: with the
// fingerprints of certificates that others could exchange.
func (a *app) elevated(r *truststore.Report) string {
	words := []string{programName(true)}
	words = append(words, a.args...)
	for _, id := range a.unpinned {
		words = append(words, "--cert-sha256", id.String())
	}
	for i := range words {
		words[i] = quote(words[i])
	}
	if runtime.GOOS == "windows" {
		return strings.Join(words, " ")
	}
	return strings.Join(append(append([]string{"sudo"}, needed(r)...), words...), " ")
}

// programName is this program as a person can call it: by its name alone where
// that finds it. sudo looks in fewer places.
func programName(elevated bool) string {
	self, err := os.Executable()
	if err != nil {
		return "hktrust"
	}
	found, err := exec.LookPath("hktrust")
	if err != nil || elevated && runtime.GOOS != "windows" || !sameFile(found, self) {
		return self
	}
	return "hktrust"
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// applying is the command that carries out the plan that this run saved.
func (a *app) applying() string {
	words := []string{quote(programName(false))}
	for i := 0; i < len(a.args); i++ {
		switch arg := a.args[i]; {
		case arg == "--out":
			i++
		case strings.HasPrefix(arg, "--out="), strings.HasPrefix(arg, "--exit-code"):
		case arg == "plan" && !slices.Contains(words, "apply"):
			words = append(words, "apply", quote(a.saved))
		default:
			words = append(words, quote(arg))
		}
	}
	return strings.Join(words, " ")
}

// quote makes a word safe for a shell.
func quote(word string) string {
	if quoted := host.ShellWord(word); filepath.Separator != '\\' || quoted == word {
		return quoted
	}
	return `"` + word + `"`
}

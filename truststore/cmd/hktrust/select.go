package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/asuser"
	"github.com/hktrust/hktrust/truststore/host"
)

// selection are the flags that say which stores are meant.
type selection struct {
	stores, javaHomes []string
	profileDirs       []string
	scope             string
	root              *string // also "", where a script's variable is not set
	lang              string  // what --lang was given
	passwordFiles     []string
	searchDirs        []string
	allUsers, create  bool
	interactive       bool
}

func (s *selection) flags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.Var((*list)(&s.stores), "store", a.text.say("flag.store"))
	f.Var((*list)(&s.javaHomes), "java-home", a.text.say("flag.java-home"))
	f.Var((*list)(&s.profileDirs), "profile-dir", a.text.say("flag.profile-dir"))
	f.StringVar(&s.scope, "scope", "both", a.text.say("flag.scope"))
	f.Lookup("scope").DefValue = "" // the text names it
	s.rootFlag(a, cmd)
	f.BoolVar(&s.allUsers, "all-users", false, a.text.say("flag.all-users"))
	f.Var((*list)(&s.searchDirs), "search", a.text.say("flag.search"))
	f.Var((*list)(&s.passwordFiles), "password-file", a.text.say("flag.password-file"))
}

func (s *selection) rootFlag(a *app, cmd *cobra.Command) {
	s.lang = a.text[askedFor]
	cmd.Flags().Func("root", a.text.say("flag.root"), func(dir string) error {
		s.root = &dir
		return nil
	})
}

// interactiveFlag is for the commands that change stores, or say what would.
func (s *selection) interactiveFlag(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.interactive, "interactive", false, a.text.say("flag.interactive"))
}

// createFlag is for the commands that make stores.
func (s *selection) createFlag(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.create, "create", false, a.text.say("flag.create"))
}

// machine is the machine that the flags describe.
func (s *selection) machine(a *app) (*truststore.Machine, error) {
	h := &host.Host{AsUser: asuser.Run}
	if s.root != nil {
		root, err := offlineRoot(*s.root)
		if err != nil {
			return nil, err
		}
		h.Root, a.root = root, root
	}
	selectors, err := s.selectors()
	if err != nil {
		return nil, err
	}
	scope := truststore.Scope(s.scope)
	switch scope {
	case truststore.ScopeBoth, truststore.ScopeMachine, truststore.ScopeUser:
	default:
		return nil, usagef("usage.scope", "value", s.scope)
	}
	passwords, err := a.readPasswords(s.passwordFiles)
	if err != nil {
		return nil, err
	}
	if err := passwords.locate(s, h); err != nil {
		return nil, err
	}
	var search []string
	for _, dir := range s.searchDirs {
		abs, err := s.absolute(dir)
		if err != nil {
			return nil, err
		}
		search = append(search, abs)
	}
	if s.interactive && (h.GOOS() == "darwin" || h.GOOS() == "windows") {
		fmt.Fprintln(a.stderr, a.text.say("advice.interactive"))
	}
	return &truststore.Machine{
		SearchDirs: search, Host: h, Select: selectors, Scope: scope, Owner: "hktrust", Password: passwords.lookup,
		AllUsers: s.allUsers, Create: s.create, Interactive: s.interactive, Working: a.progress.show,
	}, nil
}

// offlineRoot resolves --root. The rules for paths that other users control
// hold for it, too.
func offlineRoot(dir string) (string, error) {
	live := &host.Host{}
	switch {
	case live.NoRoot():
		return "", usagef("usage.root-windows")
	case dir == "":
		return "", usagef("usage.needs-directory", "flag", "--root")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", &inputError{dir, err}
	}
	resolved, err := live.Resolve(abs)
	if err != nil {
		return "", &inputError{dir, err}
	}
	if !live.IsDir(resolved) {
		return "", &inputError{dir, errNotDirectory}
	}
	return resolved, nil
}

// selectors reads --store and --java-home. Relative paths are relative to the
// working directory, except below --root, which has none.
func (s *selection) selectors() ([]truststore.Selector, error) {
	var out []truststore.Selector
	for _, value := range s.stores {
		sel, err := truststore.ParseSelector(value)
		if err != nil {
			return nil, kindError(err)
		}
		if word := misspelled(sel); word != "" {
			return nil, usagef("usage.kind", "value", word)
		}
		if sel.Path, err = s.absolute(sel.Path); err != nil {
			return nil, err
		}
		out = append(out, sel)
	}
	for _, dir := range s.javaHomes {
		abs, err := s.absolute(dir)
		if err != nil {
			return nil, err
		}
		if abs == "" {
			return nil, usagef("usage.needs-directory", "flag", "--java-home")
		}
		out = append(out, truststore.Selector{Kind: truststore.KindJava, Path: abs, Dir: true})
	}
	for _, dir := range s.profileDirs {
		abs, err := s.absolute(dir)
		if err != nil {
			return nil, err
		}
		if abs == "" {
			return nil, usagef("usage.needs-directory", "flag", "--profile-dir")
		}
		out = append(out, truststore.Selector{Kind: truststore.KindNSS, Path: abs, Dir: true})
	}
	return out, nil
}

// misspelled is the word before the colon of what is neither a kind of store and a
// path nor a file that is there.
func misspelled(sel truststore.Selector) string {
	word, _, ok := strings.Cut(sel.Path, ":")
	if sel.Kind != "" || !ok || len(word) < 2 || strings.ContainsAny(word, `/\`) {
		return ""
	}
	if _, err := os.Lstat(sel.Path); err == nil {
		return ""
	}
	return word
}

func (s *selection) absolute(path string) (string, error) {
	switch {
	case path == "" || filepath.IsAbs(path):
		return path, nil
	case s.root != nil:
		return "", usagef("usage.root-absolute", "path", path)
	}
	return filepath.Abs(path)
}

// errNotDirectory is what another file is where a directory was meant.
var errNotDirectory = errors.New("not a directory")

// kindError says that a word names no kind of store.
func kindError(err error) error {
	if unknown := (*truststore.UnknownKindError)(nil); errors.As(err, &unknown) {
		return usagef("usage.kind", "value", unknown.Value)
	}
	return usageError{err: err}
}

// complete makes a remedy that is a command of ours mean the stores that this
// run was about.
func (s *selection) complete(rem *truststore.Remedy) {
	if rem != nil && len(rem.Command) > 1 && rem.Command[0] == "hktrust" {
		rem.Command = append(rem.Command, s.selecting(rem.Command)...)
		if s.lang != "" {
			rem.Command = append(rem.Command, "--lang", s.lang)
		}
		rem.Command[0] = programName(rem.Elevated)
	}
}

// selecting are the options that select the stores of this run, unless the
// command names one itself.
func (s *selection) selecting(command []string) []string {
	var out []string
	add := func(flag string, values ...string) {
		for _, v := range values {
			out = append(out, flag, v)
		}
	}
	if s.root != nil {
		add("--root", *s.root)
	}
	if slices.Contains(command, "--store") {
		return out
	}
	stores, err := s.selectors()
	if err != nil {
		return out
	}
	for _, one := range stores {
		switch {
		case one.Dir && one.Kind == truststore.KindJava:
			add("--java-home", one.Path)
		case one.Dir:
			add("--profile-dir", one.Path)
		default:
			add("--store", strings.Trim(string(one.Kind)+":"+one.Path, ":"))
		}
	}
	if s.scope != string(truststore.ScopeBoth) {
		add("--scope", s.scope)
	}
	if s.allUsers {
		out = append(out, "--all-users")
	}
	add("--search", s.searchDirs...)
	return out
}

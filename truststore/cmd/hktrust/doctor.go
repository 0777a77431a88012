package main

import (
	"context"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
)

// doctor is one run of "doctor".
type doctor struct {
	app       *app
	sel       selection
	symptom   truststore.Symptom
	html      string
	withNames bool
}

func (a *app) doctorCommand() *cobra.Command {
	run := doctor{app: a}
	say := a.text.say
	cmd := &cobra.Command{
		Use: "doctor [HOST[:PORT]]", Short: say("doctor.help"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("usage.doctor-one")
			}
			return nil
		},
	}
	run.sel.flags(a, cmd)
	f := cmd.Flags()
	_ = f.MarkHidden("create") // nothing is made
	f.StringVar(&run.symptom.Text, "symptom", "", say("doctor.flag.symptom"))
	f.StringVar(&run.html, "html", "", say("doctor.flag.html"))
	f.BoolVar(&run.withNames, "with-names", false, say("doctor.flag.with-names"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			run.symptom.Server = args[0]
		}
		return run.diagnose(cmd.Context())
	}
	return cmd
}

func (r *doctor) diagnose(ctx context.Context) error {
	if r.withNames && r.html == "" {
		return usagef("usage.with-names")
	}
	if r.html == "-" {
		return usagef("usage.html-file")
	}
	m, err := r.sel.machine(r.app)
	if err != nil {
		return err
	}
	d, err := m.Diagnose(ctx, r.symptom)
	if d.Error != nil && d.Exit == truststore.ExitUsage {
		return usageError{err: err}
	}
	r.app.exit = d.Exit
	r.complete(d.Problems, d.Others, d.Notes)
	if r.html != "" {
		if err := r.page(ctx, m, d); err != nil {
			return err
		}
	}
	if r.app.json {
		r.app.document(d)
		return nil
	}
	if d.Error != nil {
		printf(r.app.stderr, "hktrust: %s\n", r.app.failed(d.Err))
	}
	r.tell(d)
	return nil
}

// complete makes remedies that are commands of ours mean the stores that this
// run was about.
func (r *doctor) complete(lists ...[]truststore.Problem) {
	for _, problems := range lists {
		for i := range problems {
			r.sel.complete(problems[i].Remedy)
			r.complete(problems[i].Consequences)
		}
	}
}

// commandLine is a remedy's command as a person types it.
func commandLine(rem *truststore.Remedy) string { return typed(rem, quote) }

func typed(rem *truststore.Remedy, quote func(string) string) string {
	words := make([]string, len(rem.Command))
	for i, w := range rem.Command {
		words[i] = quote(w)
	}
	line := strings.Join(words, " ")
	if rem.Elevated && runtime.GOOS != "windows" {
		line = "sudo " + line
	}
	return line
}

// problem is what was found as a sentence.
func (l language) problem(p truststore.Problem) string {
	key := "finding." + string(p.Code)
	if !l.has(key) {
		key = "verify.finding." + string(p.Code)
	}
	return strings.TrimSpace(l.say(key, pairs(p.Args)...))
}

// remedy is what to do, in words; the command stands apart.
func (l language) remedy(rem *truststore.Remedy) string {
	return l.say("remedy."+string(rem.Code), pairs(rem.Args)...)
}

// examined says what was looked at.
func (l language) examined(e truststore.Examined) string {
	n := map[truststore.Kind]int{}
	var kinds []string
	for _, s := range e.Stores {
		n[s.Info.Kind]++
	}
	for _, kind := range truststore.Kinds() {
		if n[kind] > 0 {
			kinds = append(kinds, l.say("doctor.kind", "kind", string(kind), "n", strconv.Itoa(n[kind])))
		}
	}
	what := l.count("store", len(e.Stores))
	if len(kinds) > 0 {
		what = l.say("doctor.stores", "stores", what, "kinds", l.list(kinds...))
	}
	parts := []string{what}
	for _, c := range e.Checks {
		parts = append(parts, l.say("doctor.check."+string(c)))
	}
	return l.list(parts...)
}

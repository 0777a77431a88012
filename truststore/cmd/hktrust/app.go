package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// app is one run of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	text           language
	lang           string // as --lang named it
	json           bool
	args           []string // as given, for advice
	progress       *progress
	interrupted    <-chan struct{}
	root           string                   // --root, resolved, for advice
	unpinned       []truststore.Fingerprint // what was read of files of --cert alone, for advice
	saved          string                   // the file of the plan that was saved
	narrowed       bool                     // undo was asked for a part alone
	patience       time.Duration            // how long a pipe may keep it waiting; 0 means passwordWait
	exit           truststore.Exit
}

// run is the command as a function: arguments in, exit code out.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) truststore.Exit {
	answer := &kept{Writer: stdout}
	a := &app{stdin: stdin, text: chooseLanguage(args, &host.Host{}), args: args, interrupted: ctx.Done()}
	a.progress = newProgress(a.text, stderr, &host.Host{})
	defer a.progress.clear()
	a.stdout, a.stderr = plain{beside{a.progress, answer}}, plain{beside{a.progress, stderr}}
	root := a.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(answer)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		return a.usage(err)
	}
	if answer.err != nil && a.exit == truststore.ExitOK {
		// Whoever reads a part of the answer must not take it for the whole.
		printf(a.stderr, "hktrust: %v\n", answer.err)
		return truststore.ExitFailed
	}
	return a.exit
}

// errInterrupted means that the user ended the run before it did anything.
var errInterrupted = errors.New("interrupted")

// usageError is a mistake on the command line: a text with its arguments, or
// just what somebody else said.
type usageError struct {
	key  string
	args []string
	err  error
}

func (e usageError) Error() string {
	if e.key == "" {
		return e.err.Error()
	}
	return english().say(e.key, e.args...)
}
func (e usageError) Unwrap() error { return e.err }

// usagef makes a usageError of a text's key and arguments, name and value in
// turn, one of which may be an error.
func usagef(key string, args ...any) error {
	e := usageError{key: key}
	for _, arg := range args {
		switch arg := arg.(type) {
		case error:
			e.err = arg
			e.args = append(e.args, arg.Error())
		default:
			e.args = append(e.args, fmt.Sprint(arg))
		}
	}
	return e
}

// usage tells what is wrong with the command line, or with what it names.
func (a *app) usage(err error) truststore.Exit {
	exit, code := truststore.ExitUsage, truststore.Code("usage")
	failure := (*inputError)(nil)
	switch {
	case errors.Is(err, errInterrupted):
		exit, code = truststore.ExitInterrupted, "interrupted"
	case errors.As(err, &failure) && errors.Is(err, fs.ErrNotExist):
		exit, code = truststore.ExitFailed, truststore.CodeNotFound
	case errors.As(err, &failure):
		exit, code = truststore.ExitFailed, truststore.CodeFailed
	}
	if a.json || wantsJSON(a.args) {
		a.document(envelope{
			Format: truststore.ReportFormat, Exit: exit,
			Error: &truststore.ErrorReport{Code: code, Message: err.Error()},
		})
	}
	said := a.text.words(err.Error())
	unasked := (*truststore.ServerError)(nil)
	if errors.As(err, &unasked) {
		said = unasked.Target + a.text.say("format.colon") + a.text.serverFailure(unasked.Code)
	}
	if wrong := (usageError{}); errors.As(err, &wrong) && wrong.key != "" {
		said = a.text.say(wrong.key, wrong.args...)
	}
	printf(a.stderr, "hktrust: %s\n", said)
	return exit
}

// wantsJSON looks for --json where the command line could not be parsed.
func wantsJSON(args []string) bool {
	for _, arg := range args {
		if arg == "--json" || arg == "--json=true" {
			return true
		}
		if arg == "--" {
			break
		}
	}
	return false
}

// inputError is a file named on the command line that cannot be used.
type inputError struct {
	Path string
	Err  error
}

func (e *inputError) Error() string {
	return e.Path + ": " + strings.TrimPrefix(e.Err.Error(), "open "+e.Path+": ")
}
func (e *inputError) Unwrap() error { return e.Err }

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "hktrust",
		Args:          noSuchCommand,
		Short:         a.text.say("help.root"),
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.json {
				return usagef("usage.json")
			}
			return cmd.Help()
		},
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, a.text.say("flag.json"))
	root.PersistentFlags().StringVar(&a.lang, "lang", "", a.text.say("flag.lang"))
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if _, ok := languageNamed(a.lang); a.lang != "" && !ok {
			return usagef("usage.lang", "value", a.lang)
		}
		return nil
	}
	root.SetFlagErrorFunc(flagErrorOf)
	root.AddCommand(
		a.ensureCommand(), a.planCommand(), a.applyCommand(), a.checkCommand(), a.listCommand(),
		a.removeCommand(), a.undoCommand(), a.certsCommand(), a.ecertCommand(), a.verifyCommand(), a.doctorCommand(), a.versionCommand(),
	)
	a.translate(root)
	return root
}

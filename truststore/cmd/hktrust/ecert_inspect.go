package main

import (
	"context"
	"time"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// ecertInspection is one run of "ecert inspect".
type ecertInspection struct {
	app *app

	passwordFile          string
	interactive, programs bool

	inspector ecert.Inspector
	terminal  *terminal // nil unless a person may be asked

	// stores are those of the programs, and goal what they may be asked for.
	stores selection
	goal   func(time.Time) (truststore.Goal, error)
}

// newECertInspection asks the programs of this machine for Hongkong Post's
// certificates.
func newECertInspection(a *app) *ecertInspection {
	return &ecertInspection{
		app: a, stores: selection{scope: string(truststore.ScopeBoth)},
		goal: func(now time.Time) (truststore.Goal, error) { return truststore.HongkongPost(hkpost.ECert, now) },
	}
}

func (r *ecertInspection) inspect(ctx context.Context, files []string) error {
	keepMemoryPrivate()
	password, err := r.password()
	if err != nil {
		return err
	}
	var all []*ecert.Inspection
	for _, file := range files {
		in, err := r.file(ctx, file, password)
		if err != nil {
			return err
		}
		all = append(all, in)
	}
	r.app.exit = ecertExit(ctx, all)
	var programs []ecertProgram
	if r.programs {
		if programs, err = r.askPrograms(ctx, all); err != nil {
			return err
		}
	}
	r.print(all, programs)
	return nil
}

// password reads the password that the command line names; nil if it names
// none.
func (r *ecertInspection) password() (*string, error) {
	switch {
	case r.passwordFile != "" && r.interactive:
		return nil, usagef("usage.one-password")
	case r.passwordFile != "":
		secret, err := r.app.readPassword(r.passwordFile)
		return &secret, err
	case r.interactive:
		var err error
		r.terminal, err = r.app.openTerminal()
		return nil, err
	}
	return nil, nil
}

// passwordAttempts is how often a person is asked for the password of a file.
const passwordAttempts = 3

// file inspects a file, and asks for its password if somebody is there.
func (r *ecertInspection) file(ctx context.Context, file string, password *string) (*ecert.Inspection, error) {
	in := r.inspector.File(ctx, file, password)
	for range passwordAttempts {
		if r.terminal == nil || in.Password != ecert.PasswordRequired && in.Password != ecert.PasswordWrong {
			break
		}
		secret, err := r.terminal.ask(ctx, r.app.text.say("ecert.prompt", "path", in.Path))
		if err != nil {
			return nil, err
		}
		in = r.inspector.File(ctx, file, &secret)
	}
	return in, nil
}

// ecertExit is what the files come to: 3 if something is known to be wrong, 1 if
// one could not be read, 7 if a password is missing.
func ecertExit(ctx context.Context, files []*ecert.Inspection) truststore.Exit {
	wrong, unread, locked := false, false, false
	for _, in := range files {
		for _, f := range in.AllFindings() {
			switch f.Code {
			case ecert.CodeNotFound, ecert.CodePermission, ecert.CodeChanging, ecert.CodeReadFailed, ecert.CodeOtherUser, ecert.CodeInsecurePath:
				unread = true
			case ecert.CodePasswordRequired:
				locked = true
			default:
				wrong = wrong || f.Fault
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return truststore.ExitInterrupted
	case wrong:
		return truststore.ExitWrong
	case unread:
		return truststore.ExitFailed
	case locked:
		return truststore.ExitPerson
	}
	return truststore.ExitOK
}

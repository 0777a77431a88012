package anchors

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of a store, beside [io/fs.ErrPermission], syscall.EROFS, those of
// the host package, and safefile's.
var (
	// ErrNoStore: the machine has no store that this package knows.
	ErrNoStore = errors.New("no system trust store is known here")
	// ErrDeclarative: the store is made from the system's configuration, and
	// nothing else is kept. [Store.Declares] has the line to put there.
	ErrDeclarative = errors.New("the store is made from the system's configuration")
	// ErrNoUpdater: the program that makes of anchor files what programs
	// read is not installed.
	ErrNoUpdater = errors.New("the updater of the store is not installed")
	// ErrUpdater: the updater failed, or what it says it did is not there.
	ErrUpdater = errors.New("the updater did not do its work")
	// ErrTimeout: the updater did not end and was killed.
	ErrTimeout = errors.New("the updater did not end")
	// ErrBusy: another updater, or dpkg, is at work.
	ErrBusy = errors.New("the store is in use by another program")
	// ErrNameTaken: something of others has the name of our file.
	ErrNameTaken = errors.New("the file's name is taken by something else")
	// ErrDistrusted: an administrator distrusts the certificate.
	ErrDistrusted = errors.New("an administrator distrusts the certificate")
	// ErrDamaged: what programs read cannot be read.
	ErrDamaged = errors.New("the store cannot be read")
	// ErrInvalid: a change that makes no sense for the store.
	ErrInvalid = errors.New("invalid change")
)

// UpdaterError is a run of the updater after which the store is not as it
// should be.
type UpdaterError struct {
	Command  []string
	ExitCode int
	Output   string   // the beginning of what it printed
	Unproven []string // what is not as it should be: paths of files and directories
	Err      error    // ErrUpdater, ErrTimeout or ErrBusy
}

func (e *UpdaterError) Error() string {
	text := fmt.Sprintf("%s: %v", strings.Join(e.Command, " "), e.Err)
	if len(e.Unproven) > 0 {
		text += ": see " + strings.Join(e.Unproven, ", ")
	}
	if e.ExitCode != 0 {
		text += fmt.Sprintf(" (exit code %d)", e.ExitCode)
	}
	if line := lastLine(e.Output); line != "" {
		text += ": " + line
	}
	return text
}

func (e *UpdaterError) Unwrap() error { return e.Err }

// lastLine is the line of a program's output that says most about a failure,
// fit to be printed.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	line := lines[len(lines)-1]
	for _, l := range lines {
		if strings.HasPrefix(l, "E: ") || strings.Contains(l, "rror: ") {
			line = l
			break
		}
	}
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
	return line[:min(len(line), 200)]
}

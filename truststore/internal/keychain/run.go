package keychain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Error is a failure of security(1).
type Error struct {
	Op       string // its subcommand
	ExitCode int
	Message  string // what it printed, which may be in the user's language
	Err      error  // the kind of failure
}

func (e *Error) Error() string {
	return fmt.Sprintf("security %s: %v (exit code %d, %q)", e.Op, e.Err, e.ExitCode, e.Message)
}

func (e *Error) Unwrap() error { return e.Err }

var errFailed = errors.New("failed")

// exitCodes lists those that are the low byte of an OSStatus: an item that is
// not found (-25300), a keychain that does not exist (-25294).
var exitCodes = map[int]error{44: fs.ErrNotExist, 50: fs.ErrNotExist}

// maxMessage bounds what an error quotes, in bytes.
const maxMessage = 500

// kinds lists words of messages, in small letters, with what they mean. The
// numbers are of SecBase.h and Authorization.h; security prints them or the
// words, in English as a rule.
var kinds = []struct {
	words string
	kind  error
}{
	{"-60005", ErrNeedsPerson}, {"-60006", ErrNeedsPerson}, {"-60007", ErrNeedsPerson},
	{"authorization was denied", ErrNeedsPerson}, {"authorization was cancel", ErrNeedsPerson},
	{"no user interaction", ErrNeedsPerson}, {"interaction is not allowed", ErrNeedsPerson},
	{"errsecinternalcomponent", ErrNeedsPerson},
	{"write permission", ErrNeedsElevation}, {"operation not permitted", ErrNeedsElevation},
	{"permission denied", ErrNeedsElevation}, {"-61)", ErrNeedsElevation},
	{"could not be found", fs.ErrNotExist}, {"no trust settings were found", fs.ErrNotExist},
	{"unable to delete certificate matching", fs.ErrNotExist},
	{"already in", fs.ErrExist},
}

// security runs a subcommand and waits for it at most as long as limit. A
// failure is an [*Error]; one whose words say nothing is otherwise.
func (k *Keychain) security(ctx context.Context, limit time.Duration, otherwise error, args ...string) (host.Output, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := host.Cmd{Path: program, Args: args}
	if me, err := k.host.Me(); err == nil {
		// Its messages in English, its keychains those of the user.
		cmd.Env = []string{"HOME=" + me.Home, "LANG=C", "LC_ALL=C", "PATH=/usr/bin:/bin"}
	}
	out, err := k.host.Run(ctx, cmd)
	message := strings.TrimSpace(string(out.Stderr))
	if len(message) > maxMessage {
		message = message[:maxMessage]
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return out, &Error{Op: args[0], ExitCode: -1, Message: message, Err: errors.Join(otherwise, context.Cause(ctx))}
	case err != nil:
		return out, &Error{Op: args[0], ExitCode: -1, Message: message, Err: err}
	case out.ExitCode == 0:
		return out, nil
	}
	kind := exitCodes[out.ExitCode]
	if kind == nil {
		kind = kindOf(message, otherwise)
	}
	return out, &Error{Op: args[0], ExitCode: out.ExitCode, Message: message, Err: kind}
}

func kindOf(message string, otherwise error) error {
	lower := strings.ToLower(message)
	for _, k := range kinds {
		if strings.Contains(lower, k.words) {
			return k.kind
		}
	}
	return otherwise
}

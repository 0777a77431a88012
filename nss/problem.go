package nss

import "errors"

// LocationError is a place that could not be looked at, or is not what a
// program's files say. It may hold databases that are not among the Locations
// beside it.
type LocationError struct {
	Path string
	Kind ProblemKind
	Err  error
}

func (e *LocationError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the reason: [*host.OtherUserError], [fs.ErrPermission], ...
func (e *LocationError) Unwrap() error { return e.Err }

// ProblemKind says what is known about the place of a [LocationError].
type ProblemKind string

// The kinds of problems.
const (
	// Unexamined: the place exists, or may, and could not be looked at.
	Unexamined ProblemKind = "unexamined"
	// Unreachable: a program's files name a profile that is not there, and
	// neither is what should hold it, such as a drive that is not mounted.
	Unreachable ProblemKind = "unreachable"
	// Gone: a program's files name a profile that is not there, though what
	// held it is. The error matches fs.ErrNotExist.
	Gone ProblemKind = "gone"
	// NotTheirs: a user's files name a profile that belongs to another user.
	// It is that user's business and is looked for among that user's places.
	NotTheirs ProblemKind = "not-theirs"
	// Lost: a profile that a program has used has lost its database. The
	// program makes an empty one at its next start. It is listed, too.
	Lost ProblemKind = "lost"
	// LegacyInUse: the database that a browser uses is in the Berkeley DB
	// format only, which no current NSS reads. It is listed, too.
	LegacyInUse ProblemKind = "legacy-in-use"
)

var (
	errLost      = errors.New("the profile was used and has no certificate database")
	errNotTheirs = errors.New("the profile belongs to another user")
)

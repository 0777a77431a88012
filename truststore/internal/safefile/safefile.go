// Package safefile changes one file at a time as if the power could fail at
// any moment: what lies under the file's name is always the whole old content
// or the whole new content, with the owner, mode, labels and access lists that
// the file had. Where only writing into the file keeps its owner, a journal
// beside it makes up for what is cut short.
//
// It knows nothing of what the files hold.
package safefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// BackupSuffix is what the name of a backup adds to the name of its file.
const BackupSuffix = ".hktrust-orig"

const (
	attempts       = 3
	defaultMaxSize = 64 << 20
	largestMaxSize = 1 << 30
	defaultWait    = 10 * time.Second
	defaultMode    = 0o600
)

// ErrBusy means that another program holds the lock, or kept changing the file
// while it was being edited.
var ErrBusy = errors.New("file is in use by another program")

// ErrNotRegular means that a name belongs to a link, directory, pipe, device
// or another thing that is no ordinary file. It is the host package's error.
var ErrNotRegular = host.ErrNotRegular

// ErrBackupTaken means that what has the name of the backup is no regular file.
var ErrBackupTaken = errors.New("the name of the backup is taken")

// ErrTooLarge means that the present or the new content is longer than
// [Options.MaxSize]. It is the host package's error.
var ErrTooLarge = host.ErrTooLarge

// errMoved means that the file changed between being read and being replaced.
var errMoved = errors.New("file changed while it was being edited")

// ownerError is an owner or a group of a file that this process may not give to
// a new one.
type ownerError struct{ what string }

func (e *ownerError) Error() string {
	return fmt.Sprintf("%s cannot be kept: %v", e.what, fs.ErrPermission)
}

func (e *ownerError) Unwrap() error { return fs.ErrPermission }

// Options say how [Edit] goes about it. The zero value edits a file that
// exists, of at most 64 MiB, without a backup.
type Options struct {
	MaxSize int64         // limit in bytes of old and new content; 0 means 64 MiB, 1 GiB is the most
	Create  bool          // make the file if it does not exist
	Mode    fs.FileMode   // permission bits of a created file; 0 means 0600
	Backup  bool          // keep the file as it was beside it, see BackupSuffix
	Wait    time.Duration // how long to wait for the lock; 0 means 10 s
}

func (o Options) withDefaults() Options {
	if o.MaxSize <= 0 {
		o.MaxSize = defaultMaxSize
	}
	o.MaxSize = min(o.MaxSize, largestMaxSize)
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	if o.Mode.Perm() == 0 {
		o.Mode = defaultMode
	}
	return o
}

// Outcome is what an [Edit] did.
type Outcome struct {
	Changed    bool   // the file has new content
	Created    bool   // and did not exist before
	BackupMade string // path of the backup made now; "" if there was one already, or none was asked for
}

// Edit replaces the content of the file at name by what change makes of it.
//
// The path must be resolved: a symbolic link at its end is [ErrNotRegular].
// With [Options.Create], change gets nil for a file that does not exist;
// without it, that is [fs.ErrNotExist]. The slice that change gets is its own.
// If change returns nil, or the bytes that the file holds, nothing is written:
// not even a time stamp moves.
//
// As a trace of system calls on Linux, where D is the directory of the file F
// and T is .F.hktrust-<16 random hexadecimal digits>:
//
//	D = open(dir, O_DIRECTORY)
//	flock(open(dir, O_RDONLY), LOCK_EX|LOCK_NB)   repeated until Wait is over
//	getdents64(D), unlinkat(D, stale T)           left by runs that were killed
//	newfstatat(D, F, AT_SYMLINK_NOFOLLOW)         regular?
//	openat(D, F, O_RDONLY|O_NOFOLLOW|O_NONBLOCK)  the same inode?
//	fstat, flistxattr, fgetxattr, read, close
//	... change ...
//	openat(D, T, O_CREAT|O_EXCL|O_NOFOLLOW, 0600)
//	write(T)
//	fchown(T), fsetxattr(T), fchmod(T)            where they differ from F's
//	fsync(T), close(T)
//	openat(D, F), fstat, read, close              the same inode, attributes, hash?
//	linkat(D, F, D, F.hktrust-orig), fsync(D)     the first time, with Backup
//	renameat(D, T, D, F)
//	fsync(D)
//	close                                         ends the lock
//
// A file of another owner, or of a group that this process may not give to T,
// cannot be replaced by anybody but root. If it may be written to, as the
// cacerts of container images that run under any user of group 0, and has no
// other hard links, Edit writes into it, as keytool does. A journal J, which is
// .F.hktrust-<SHA-256 of J>, holds the old and the new content meanwhile:
//
//	openat(D, F, O_RDWR|O_NONBLOCK), fstat        the same inode, one link?
//	openat(D, F), fstat, read, close              the same inode, attributes, hash?
//	F.hktrust-orig from a synced copy             the first time, with Backup
//	openat(D, T), write, fchmod, fsync, close
//	renameat(D, T, D, J), fsync(D)
//	pread(F)                                      the same hash?
//	pwrite(F), ftruncate(F), fsync(F)
//	unlinkat(D, J), fsync(D)
//
// The next Edit or [Remove] of F, if it finds J whole, completes this: it writes
// the new content, if every byte that F holds is one of the old or of the new
// content. If F is still as it was, or another program has written to it since,
// J is removed alone. Programs that read F between pwrite and ftruncate can see
// a part of each. The backup and J belong to the caller, with F's mode if they
// have F's group, and are otherwise the caller's alone to read.
//
// A file that does not exist yet is published by linkat(D, T, D, F), which
// overwrites nothing, and unlinkat(D, T). Where the file system has no hard
// links, the backup is a synced copy with the same attributes. A backup that
// exists is kept as it is. Other hard links to the file keep the old content.
//
// On Windows the lock is a mutex that is named after the directory and leaves
// nothing behind; change then runs on a locked thread. The access control list,
// owner and attributes are those of F. There is no directory to sync: the
// renamed file is flushed instead. A file that other programs keep open without
// sharing it is waited for, about two seconds, and then [ErrBusy]. On macOS a file that has an access control list beyond the
// mode is refused (errors.ErrUnsupported): the list could not be kept.
//
// The lock keeps other Edits in the same directory waiting, in this process
// and in others, for at most [Options.Wait]. Programs that do not take it are
// caught by the second reading: if the file has changed then, Edit starts
// again, calling change up to three times before it gives up with [ErrBusy].
// Between that reading and the rename lie one link and one fsync at most.
// Where the file system has no locks, the second reading is all there is.
//
// An error of change is returned as it is. Every other error is an
// [*fs.PathError] around ErrBusy, ErrNotRegular, ErrBackupTaken, ErrTooLarge, the context's
// error or the system's; a file that belongs to somebody else and may not be
// written to either is [fs.ErrPermission]. A file that is a mount point of its
// own, as containers like it, is syscall.EBUSY. After an error the file is as it
// was and nothing lies beside it, with two exceptions: if the last fsync fails,
// Outcome.Changed is true beside the error; and if a file can be neither written
// in place nor restored, J stays for the next Edit.
func Edit(ctx context.Context, name string, opt Options, change func(old []byte) ([]byte, error)) (Outcome, error) {
	e := edit{name: name, base: filepath.Base(name), opt: opt.withDefaults(), change: change}
	dir, err := openDirectory(filepath.Dir(name))
	if err != nil {
		return Outcome{}, e.failed("open", err)
	}
	defer dir.close()
	e.dir = dir
	if err := dir.lock(ctx, e.opt.Wait); err != nil {
		return Outcome{}, e.failed("lock", err)
	}
	if err := e.sweep(); err != nil {
		return Outcome{}, e.failed("recover", err)
	}
	for range attempts {
		out, err := e.try(ctx)
		if !errors.Is(err, errMoved) {
			return out, err
		}
	}
	return Outcome{}, e.failed("replace", fmt.Errorf("%w: %w", ErrBusy, errMoved))
}

// edit is one call of Edit.
type edit struct {
	dir        *directory
	name, base string
	opt        Options
	change     func([]byte) ([]byte, error)
}

// try makes one attempt; errMoved asks for another.
func (e *edit) try(ctx context.Context) (Outcome, error) {
	old, err := e.dir.read(e.base, e.opt.MaxSize)
	if errors.Is(err, fs.ErrNotExist) && e.opt.Create {
		old, err = &snapshot{}, nil
	}
	if err != nil {
		return Outcome{}, e.failed("read", err)
	}
	content, err := e.change(old.data)
	if err != nil {
		return Outcome{}, err
	}
	if content == nil || old.holds(content) {
		return Outcome{}, nil
	}
	if int64(len(content)) > e.opt.MaxSize {
		return Outcome{}, e.failed("write", tooLarge(e.opt.MaxSize))
	}
	if err := ctx.Err(); err != nil {
		return Outcome{}, e.failed("write", err)
	}
	if old.exists() {
		return e.replace(old, content)
	}
	return e.create(content)
}

// replace exchanges the content of a file that exists.
func (e *edit) replace(old *snapshot, content []byte) (Outcome, error) {
	temp, err := e.stageLike(old, content)
	var owner *ownerError
	if errors.As(err, &owner) {
		return e.writeInPlace(old, content, owner)
	}
	if err != nil {
		return Outcome{}, e.failed("replace", err)
	}
	backup, err := e.exchange(old, temp)
	if err != nil {
		e.discard(temp)
		return Outcome{}, err
	}
	out := Outcome{Changed: true, BackupMade: e.beside(backup)}
	return out, e.failed("sync", e.dir.sync())
}

// exchange puts temp in the place of old, if that has not moved, and returns
// the name of the backup it made.
func (e *edit) exchange(old *snapshot, temp string) (string, error) {
	now, err := e.reread(old)
	if err != nil {
		return "", e.failed("read", err)
	}
	// While a program keeps the file open, the backup, a link to it, could
	// not be taken back.
	if err := patiently(func() error { return replaceable(e.name) }); err != nil {
		return "", e.failed("replace", err)
	}
	backup, err := e.backUp(now, e.linkBackup)
	if err != nil {
		return "", err
	}
	if err := host.Rename(e.dir.root, temp, e.base); err != nil {
		e.discard(backup)
		return "", e.failed("replace", err)
	}
	return backup, nil
}

// stageLike writes content to a temporary file that is like old otherwise.
func (e *edit) stageLike(old *snapshot, content []byte) (string, error) {
	if err := old.attrs.keepable(); err != nil {
		return "", err
	}
	return e.stage(content, old.attrs.apply)
}

// reread is the second reading: errMoved if the file is not as it was.
func (e *edit) reread(old *snapshot) (*snapshot, error) {
	now, err := e.dir.read(e.base, e.opt.MaxSize)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !now.same(old) {
		err = errMoved
	}
	return now, err
}

// create publishes a file that did not exist.
func (e *edit) create(content []byte) (Outcome, error) {
	temp, err := e.stage(content, ownMode(e.opt.Mode))
	if err != nil {
		return Outcome{}, e.failed("write", err)
	}
	err = e.publish(temp, e.base)
	if errors.Is(err, fs.ErrExist) {
		err = errMoved
	}
	if err != nil {
		return Outcome{}, e.failed("create", err)
	}
	return Outcome{Changed: true, Created: true}, e.failed("sync", e.dir.sync())
}

// publish moves temp to a name that is not taken; a name that is taken is
// fs.ErrExist. In either case, temp is gone afterwards.
func (e *edit) publish(temp, base string) error {
	err := e.dir.root.Link(temp, base)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = e.publishUnlinked(temp, base)
		if err == nil {
			return nil
		}
	}
	e.discard(temp)
	return err
}

// publishUnlinked is for file systems without hard links. The lock keeps other
// Edits from taking the name between the look and the rename.
func (e *edit) publishUnlinked(temp, base string) error {
	_, err := e.dir.root.Lstat(base)
	switch {
	case err == nil:
		return fs.ErrExist
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return host.Rename(e.dir.root, temp, base)
}

// failed names the edited file in an error. Nil stays nil.
func (e *edit) failed(op string, err error) error { return failed(op, e.name, err) }

func failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	err = cause(err)
	if inUse(err) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// beside is the path of another file in the same directory; "" stays "".
func (e *edit) beside(base string) string {
	if base == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(e.name), base)
}

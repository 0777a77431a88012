package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// makeDirectory makes the ledger's directory and those above it, durably.
func makeDirectory(path string, uid *int) error {
	err := mkdirPrivate(path, uid)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		if err := makeParents(filepath.Dir(path), parentMode(uid)); err != nil {
			return err
		}
		err = mkdirPrivate(path, uid)
	}
	return made(path, err)
}

// parentMode: what lies above the machine's ledger is for all, what lies above
// a user's is for that user (XDG Base Directory Specification).
func parentMode(uid *int) fs.FileMode {
	if uid != nil && *uid == 0 {
		return 0o755
	}
	return 0o700
}

func makeParents(path string, mode fs.FileMode) error {
	err := os.Mkdir(path, mode)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		if err := makeParents(filepath.Dir(path), mode); err != nil {
			return err
		}
		err = os.Mkdir(path, mode)
	}
	return made(path, err)
}

// made makes a new directory's name durable. One that was there is as good.
func made(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(path))
	if errors.Is(err, fs.ErrPermission) {
		return nil // may be searched and written to, not read
	}
	if err != nil {
		return err
	}
	defer parent.Close()
	return syncDirectory(parent)
}

// openDirectory opens the ledger's directory itself, not what a link in its
// place leads to, and checks whose it is.
func openDirectory(path string, uid *int) (*os.Root, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	return checked(root, err, named, uid)
}

// openInside does the same for a directory inside the ledger.
func openInside(parent *os.Root, name string, uid *int) (*os.Root, error) {
	named, err := parent.Lstat(name)
	if err != nil {
		return nil, err
	}
	root, err := parent.OpenRoot(name)
	return checked(root, err, named, uid)
}

// checked passes on a directory that was opened, if it is the one that was
// named and belongs to the user.
func checked(root *os.Root, err error, named fs.FileInfo, uid *int) (*os.Root, error) {
	if !named.IsDir() {
		err = errors.Join(err, fmt.Errorf("%w: %s is not a directory", ErrOwner, named.Name()))
	}
	if err == nil {
		err = checkOpened(root, named, uid)
	}
	if err != nil && root != nil {
		root.Close()
	}
	if err != nil {
		return nil, err
	}
	return root, nil
}

func checkOpened(root *os.Root, named fs.FileInfo, uid *int) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	opened, err := dir.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(named, opened) {
		return fmt.Errorf("%w: it was exchanged while being opened", ErrOwner)
	}
	return checkOwner(dir, uid)
}

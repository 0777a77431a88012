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
	if err := mustBeDirectory(named); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	if err := checkOpened(root, named, uid, checkOwner); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// openInside does the same for a directory inside the ledger.
func openInside(parent *os.Root, name string, uid *int) (*os.Root, error) {
	named, err := parent.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := mustBeDirectory(named); err != nil {
		return nil, err
	}
	root, err := parent.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if err := checkOpened(root, named, uid, checkOwnerInside); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

func mustBeDirectory(info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is not a directory", ErrOwner, info.Name())
	}
	return nil
}

// checkOpened checks that what was opened is what was named, and its owner.
func checkOpened(root *os.Root, named fs.FileInfo, uid *int, owner func(*os.File, int) error) error {
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
		return fmt.Errorf("%w: %s was exchanged while being opened", ErrOwner, named.Name())
	}
	if uid == nil {
		return nil
	}
	return owner(dir, *uid)
}

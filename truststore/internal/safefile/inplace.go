package safefile

import (
	"bytes"
	"crypto/sha256"
	"os"

	"github.com/hktrust/hktrust/truststore/host"
)

// writeInPlace writes content into a file whose owner a new one could not have.
// If that is not possible either, the error is why it could not be replaced.
func (e *edit) writeInPlace(old *snapshot, content []byte, cannot error) (Outcome, error) {
	f, err := e.openInPlace(old)
	if err != nil || e.dir.unlock == nil || hardLinks(old.info) != 1 {
		return Outcome{}, e.failed("replace", cannot)
	}
	defer f.Close()
	now, err := e.reread(old)
	if err != nil {
		return Outcome{}, e.failed("read", err)
	}
	backup, err := e.backUp(now, e.ownBackup)
	if err != nil {
		return Outcome{}, err
	}
	if err := e.overwrite(f, now, content); err != nil {
		e.discard(backup)
		return Outcome{}, e.failed("write", err)
	}
	out := Outcome{Changed: true, BackupMade: e.beside(backup)}
	return out, e.failed("sync", e.dir.sync())
}

// openInPlace opens for writing what was read.
func (e *edit) openInPlace(read *snapshot) (*os.File, error) {
	f, err := e.dir.root.OpenFile(e.base, os.O_RDWR|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, read.info) {
		err = errMoved
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ownBackup makes a copy: a link would be written into with the file.
func (e *edit) ownBackup(now *snapshot, name string) error {
	return e.copyBackup(now, name, now.attrs.applyButOwner)
}

// overwrite keeps a journal while it writes, and restores the file if it cannot.
func (e *edit) overwrite(f *os.File, now *snapshot, content []byte) error {
	j, err := e.keepJournal(now, content)
	if err != nil {
		return err
	}
	err = e.stillHolds(f, now)
	if err == nil {
		err = fill(f, content)
		if err != nil && fill(f, now.data) != nil {
			return err // the journal stays
		}
	}
	e.discard(j)
	return err
}

// keepJournal publishes a journal under its name and returns that.
func (e *edit) keepJournal(now *snapshot, content []byte) (string, error) {
	encoded := journal{old: now.data, new: content}.encode()
	temp, err := e.stage(encoded, now.attrs.applyButOwner)
	if err != nil {
		return "", err
	}
	name := journalName(e.base, encoded)
	if err := host.Rename(e.dir.root, temp, name); err != nil {
		e.discard(temp)
		return "", err
	}
	if err := e.dir.sync(); err != nil {
		e.discard(name)
		return "", err
	}
	return name, nil
}

// stillHolds looks a last time whether another program has written to the file.
func (e *edit) stillHolds(f *os.File, now *snapshot) error {
	data, err := readAll(f, int64(now.size), e.opt.MaxSize)
	if err == nil && sha256.Sum256(data) != now.sum {
		err = errMoved
	}
	return err
}

// fill makes content what the file holds, and durable.
func fill(f *os.File, content []byte) error {
	_, err := f.WriteAt(content, 0)
	if err == nil {
		err = f.Truncate(int64(len(content)))
	}
	if err == nil {
		err = f.Sync()
	}
	return err
}

// complete brings to its end what a killed run was writing in place, and removes
// its journal. An error means that the file may hold a part of each content.
func (e *edit) complete(name string) error {
	if !e.believes(name) {
		return nil
	}
	kept, err := e.dir.read(name, 2*e.opt.MaxSize+journalHead)
	if err != nil {
		return err
	}
	j, ok := decodeJournal(name, e.base, kept.data)
	if !ok {
		e.sweepOne(name)
		return nil
	}
	now, err := e.dir.read(e.base, e.opt.MaxSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(now.data, j.old) && j.explains(now.data) {
		if err := e.finish(now, j.new); err != nil {
			return err
		}
	}
	e.discard(name)
	return e.dir.sync()
}

// believes reports whether a journal is a file that only somebody can have made
// who might have written to the edited file, too.
func (e *edit) believes(name string) bool {
	journal, err := e.dir.root.Lstat(name)
	if err != nil || !journal.Mode().IsRegular() {
		return false
	}
	file, err := e.dir.root.Lstat(e.base)
	if err != nil || !file.Mode().IsRegular() {
		return false
	}
	dir, err := e.dir.root.Stat(".")
	return err == nil && mightWrite(journal, file, dir)
}

func (e *edit) finish(now *snapshot, content []byte) error {
	f, err := e.openInPlace(now)
	if err != nil {
		return err
	}
	defer f.Close()
	return fill(f, content)
}

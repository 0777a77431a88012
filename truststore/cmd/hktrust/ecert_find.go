package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
)

// ecertFind is "ecert find".
func (a *app) ecertFind(ctx context.Context, dirs []string) error {
	var finder ecert.Finder
	for _, dir := range dirs {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return &inputError{dir, err}
		}
		finder.Dirs = append(finder.Dirs, abs)
	}
	found := finder.Find(ctx)
	switch {
	case ctx.Err() != nil:
		a.exit = truststore.ExitInterrupted
	case !found.Complete():
		a.exit = truststore.ExitFailed
	}
	a.printSearch(found)
	return nil
}

func (a *app) printSearch(found *ecert.Search) {
	if a.json {
		doc := a.ecertDocument("ecert find")
		doc.Search = found
		a.document(doc)
		return
	}
	for _, f := range found.Files {
		key := "ecert.found"
		if !f.PKCS12 {
			key = "ecert.found.other"
		}
		fmt.Fprintln(a.stdout, a.text.say(key, "path", f.Path, "size", strconv.FormatInt(f.Size, 10), "date", f.Modified.Format(time.DateOnly)))
	}
	for _, k := range found.Skipped {
		fmt.Fprintln(a.stderr, a.text.say("ecert.skip."+string(k.Code), "path", k.Path))
	}
	for _, place := range found.Places {
		fmt.Fprintln(a.stderr, a.text.say("ecert.searched", "path", place.Path))
	}
	fmt.Fprintln(a.stdout, a.text.say("ecert.summary.find", "files", strconv.Itoa(len(found.Files)), "places", strconv.Itoa(len(found.Places))))
	file := "FILE"
	switch len(found.Files) {
	case 0:
		return
	case 1:
		file = quote(found.Files[0].Path)
	}
	fmt.Fprintln(a.stderr, a.text.say("ecert.advice.inspect", "file", file))
}

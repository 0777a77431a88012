package anchors

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hktrust/hktrust/truststore/host"
)

const (
	maxBundle = 64 << 20 // bytes
	maxAnchor = 4 << 20  // bytes of one anchor file
	maxFiles  = 10_000   // anchor files
	maxDepth  = 16       // of directories among them
	maxConf   = 4 << 20  // bytes
)

// Read returns the store's present content. It writes nothing and takes no
// lock: while an updater runs, the answer is of that moment. An error means
// that what programs read could not be read; it wraps [ErrDamaged] where the
// file itself is to blame.
func (s *Store) Read(ctx context.Context) (*Content, error) {
	c := &Content{index: map[[sha256.Size]byte]int{}}
	traces := sync.OnceValues(s.findTraces)
	go traces() // hundreds of links take their time
	readTraces := func(c *Content) error { return s.readTraces(c, traces) }
	for _, step := range []func(*Content) error{s.readBundles, s.readFiles, s.readDistrust, readTraces} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(c); err != nil {
			return nil, err
		}
	}
	return c, s.judge(c)
}

func (s *Store) readBundles(c *Content) error {
	for i, b := range s.family.bundles {
		counts := map[[sha256.Size]byte]int{}
		c.bundled = append(c.bundled, counts)
		data, err := s.host.ReadFile(b.path, maxBundle)
		if host.Missing(err) {
			c.find(BundleMissing, b.path, false, nil)
			continue
		}
		if err != nil {
			return err
		}
		blocks, err := certificates(data)
		if err != nil {
			return s.failed("read", b.path, err)
		}
		for _, block := range blocks {
			cert := c.at(block.der)
			counts[cert.SHA256]++
			switch {
			case i > 0:
			case counts[cert.SHA256] == 1:
				cert.bundled, cert.Readers = true, block.readers()
			default:
				cert.Readers = block.after(cert.Readers)
			}
			if (i > 0 || cert.Readers.Any()) && !slices.Contains(cert.Trusted, b.purpose) {
				cert.Trusted = append(cert.Trusted, b.purpose)
			}
		}
	}
	return nil
}

// readFiles reads what an administrator, and we, put beside the distribution's
// certificates.
func (s *Store) readFiles(c *Content) error {
	if s.family.dir == "" {
		return nil
	}
	w := walk{store: s, content: c}
	if err := w.directory(s.family.dir, false, 0); err != nil {
		return err
	}
	if s.family.neutral == "" {
		return nil
	}
	return w.directory(s.family.neutral, true, maxDepth)
}

// walk reads anchor files, at most maxFiles.
type walk struct {
	store   *Store
	content *Content
	files   int
}

func (w *walk) directory(dir string, neutral bool, depth int) error {
	entries, err := w.store.host.ReadDir(dir)
	if host.Missing(err) {
		return nil
	}
	if err != nil {
		w.unreadable(dir, err) // the bundle tells what programs trust
		return nil
	}
	for _, e := range entries {
		path := w.store.host.Join(dir, e.Name())
		info, err := w.store.host.Stat(path)
		switch {
		case err != nil:
			w.unreadable(path, err)
			w.taken(path)
		case info.IsDir():
			w.taken(path)
			if w.store.family.recursive && depth < maxDepth {
				err = w.directory(path, neutral, depth+1)
			}
		case w.store.family.takes(e.Name()):
			err = w.file(path, e, neutral)
		case w.store.family.onlyExt:
			w.passedOver(path)
		}
		if errors.Is(err, ErrDamaged) {
			return err // more than is looked at
		}
	}
	return nil
}

func (w *walk) file(path string, entry fs.DirEntry, neutral bool) error {
	if w.files++; w.files > maxFiles {
		return fmt.Errorf("%w: more than %d anchor files", ErrDamaged, maxFiles)
	}
	data, err := w.store.host.ReadFile(path, maxAnchor)
	if err != nil {
		w.unreadable(path, err)
		w.taken(path)
		return nil
	}
	objects, err := w.store.family.parse(path, data)
	switch {
	case bytes.HasPrefix(data, byteOrderMark) && w.store.family.onlyExt:
		w.content.find(FileMarked, path, false, nil)
	case err == nil && len(objects) == 0 && isElement(data) && w.store.family.onlyExt:
		w.content.find(FileDER, path, false, nil)
	case err != nil || len(objects) == 0:
		w.unreadable(path, err)
	}
	for _, o := range objects {
		cert := w.content.at(o.der)
		if o.distrusted {
			cert.DistrustedBy = append(cert.DistrustedBy, path)
		}
		if o.distrusted && !o.anchor {
			continue
		}
		f := File{Path: path, Name: w.store.nameOf(path), Neutral: neutral && !o.anchor, Purposes: o.purposes, Several: len(objects) > 1, content: data, odd: o.odd, refuses: o.distrusted}
		f.Ours = entry.Type().IsRegular() && len(objects) == 1 && belongs(f.Name, cert.SHA256) && path == w.store.path(f.Name, neutral)
		cert.Files = append(cert.Files, f)
	}
	if len(objects) != 1 || !entry.Type().IsRegular() || !belongs(w.store.nameOf(path), sha256.Sum256(objects[0].der)) {
		w.taken(path)
	}
	return nil
}

// passedOver tells of a file of certificates whose name the updater does not take,
// unless programs have them all the same.
func (w *walk) passedOver(path string) {
	if !slices.Contains(certificateNames, strings.ToLower(filepath.Ext(path))) {
		return
	}
	data, err := w.store.host.ReadFile(path, maxAnchor)
	if w.files++; err != nil || w.files > maxFiles {
		return
	}
	blocks, _ := certificates(data)
	if len(blocks) == 0 && isElement(data) {
		blocks = []block{{der: data}}
	}
	if slices.ContainsFunc(blocks, func(b block) bool { return w.content.bundled[0][sha256.Sum256(b.der)] == 0 }) {
		w.content.find(FileIgnored, path, false, nil)
	}
}

// certificateNames are how the names of files of certificates end.
var certificateNames = []string{".pem", ".cer", ".cert", ".der", ".crt"}

func (w *walk) unreadable(path string, err error) { w.content.find(FileUnreadable, path, false, err) }

// taken tells of something that has a name of ours and is not ours.
func (w *walk) taken(path string) {
	if Ours(w.store.nameOf(path)) {
		w.content.find(NameTaken, path, false, nil)
	}
}

// nameOf is a file's name without its extension.
func (s *Store) nameOf(path string) string {
	return strings.TrimSuffix(s.host.Base(path), s.family.ext)
}

// path is where our file of the name lies.
func (s *Store) path(name string, neutral bool) string {
	dir := s.family.dir
	if neutral {
		dir = s.family.neutral
	}
	return s.host.Join(dir, name+s.family.ext)
}

// readDistrust reads what an administrator told the store never to trust.
func (s *Store) readDistrust(c *Content) error {
	for _, dir := range s.family.distrust {
		w := walk{store: s, content: &Content{index: map[[sha256.Size]byte]int{}}}
		if err := w.directory(dir, false, maxDepth); err != nil {
			return err
		}
		c.Findings = append(c.Findings, w.content.Findings...)
		for _, cert := range w.content.Certificates {
			there := c.at(cert.DER)
			there.DistrustedBy = append(there.DistrustedBy, cert.DistrustedBy...)
			for _, f := range cert.Files {
				there.DistrustedBy = append(there.DistrustedBy, f.Path)
			}
		}
	}
	if s.family.conf == "" {
		return nil
	}
	selected, deselected, err := s.configuration()
	if err != nil {
		return err
	}
	for _, name := range deselected {
		s.readDeselected(c, name)
	}
	s.readRefusals(c, selected)
	return nil
}

// readRefusals finds, among the selected files, those that have OpenSSL refuse a
// certificate of the bundle. They are read only where it does.
func (s *Store) readRefusals(c *Content, selected []string) {
	refused := func(cert Certificate) bool {
		return cert.bundled && !cert.Readers.OpenSSL && len(cert.DistrustedBy) == 0
	}
	if !slices.ContainsFunc(c.Certificates, refused) {
		return
	}
	for _, name := range selected {
		path := s.host.Join(s.family.distribute[0], name)
		data, _ := s.host.ReadFile(path, maxAnchor)
		blocks, _ := certificates(data)
		for _, b := range blocks {
			if cert := c.at(b.der); refused(*cert) && !b.readers().OpenSSL {
				cert.DistrustedBy = append(cert.DistrustedBy, path)
			}
		}
	}
}

// readDeselected takes a line "!NAME" for distrust of the certificate, unless
// an administrator's own file has it, too.
func (s *Store) readDeselected(c *Content, name string) {
	for _, dir := range s.family.distribute {
		path := s.host.Join(dir, name)
		data, err := s.host.ReadFile(path, maxAnchor)
		if err != nil {
			continue // of a package that is no longer installed
		}
		blocks, _ := certificates(data)
		for _, b := range blocks {
			if cert := c.at(b.der); !slices.ContainsFunc(cert.Files, func(f File) bool { return !f.Ours }) {
				cert.DistrustedBy = append(cert.DistrustedBy, s.family.conf+": !"+name)
			}
		}
	}
}

// configuration returns the names that the list of the distribution's
// certificates selects, and those that it deselects.
func (s *Store) configuration() (selected, deselected []string, err error) {
	data, err := s.host.ReadFile(s.family.conf, maxConf)
	if host.Missing(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		name, isNot := strings.CutPrefix(line, "!")
		switch {
		case isNot && name != "":
			deselected = append(deselected, name)
		case line != "" && line[0] != '#':
			selected = append(selected, line)
		}
	}
	return selected, deselected, nil
}

// traces are what the updater made for OpenSSL and Java.
type traces struct {
	links links
	java  []byte // the keystore
}

func (s *Store) findTraces() (t traces, err error) {
	if t.links, err = s.links(); err == nil {
		t.java, err = s.family.java.read(s.host)
	}
	return t, err
}

func (s *Store) readTraces(c *Content, find func() (traces, error)) error {
	t, err := find()
	if err != nil {
		return err
	}
	found := t.links
	for _, link := range found.dangling {
		name := s.linkName(link)
		c.find(LinkDangling, s.host.Join(s.family.hashed, link), name != "", nil)
		c.leave(name)
	}
	c.anew, c.hashes, c.java = len(found.dangling) > 0, found.hashes, t.java
	if !s.deferred() {
		s.readOrphans(c, found)
	}
	bundle, err := s.host.Stat(s.Bundle())
	if err != nil {
		return nil // said already
	}
	dir, err := s.host.Stat(s.family.dir)
	c.newer = s.family.dir != "" && err == nil && !dir.ModTime().Before(bundle.ModTime())
	return nil
}

// readOrphans finds what Java has of files that are gone, ours and others'.
func (s *Store) readOrphans(c *Content, found links) {
	aliases := map[bool][]string{}
	for _, name := range s.family.java.names(c.java) {
		ours := Ours(name)
		if ours && c.hasFile(name) || !ours && found.live[name+".pem"] {
			continue
		}
		aliases[ours] = append(aliases[ours], s.family.java.alias+name+".pem")
		c.orphans = append(c.orphans, name)
		if ours {
			c.leave(name)
		}
	}
	for _, ours := range []bool{true, false} {
		if some := aliases[ours]; len(some) > 0 {
			c.find(JavaStale, shortList(some), ours, nil)
		}
	}
}

// shortList names some, and says how many they are in all where they are more.
func shortList(names []string) string {
	n := len(names)
	if n <= maxTold {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, … (%d)", strings.Join(names[:maxTold], ", "), n)
}

func (c *Content) leave(name string) {
	if name != "" && !slices.Contains(c.left, name) {
		c.left = append(c.left, name)
	}
}

// hasFile reports whether an anchor file of ours has the name.
func (c *Content) hasFile(name string) bool {
	return slices.ContainsFunc(c.Certificates, func(cert Certificate) bool {
		f, ok := cert.Own()
		return ok && f.Name == name
	})
}

// wants lists the purposes of the bundles that should have a file's
// certificate.
func (f File) wants(b bundle) bool {
	return !f.Neutral && (f.Purposes == nil || b.purpose == x509.ExtKeyUsageAny || slices.Contains(f.Purposes, b.purpose))
}

//go:build linux

package anchors_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// image is the tree of a machine.
type image struct {
	t    testing.TB
	root string
	host *host.Host
}

func newImage(t testing.TB) *image {
	me := host.User{UID: os.Geteuid(), GID: os.Getegid(), Home: "/root"}
	root := t.TempDir()
	return &image{t: t, root: root, host: &host.Host{Root: root, OS: "linux", Account: &me}}
}

func (i *image) at(path string) string { return filepath.Join(i.root, path) }

func (i *image) dir(paths ...string) {
	for _, path := range paths {
		if err := os.MkdirAll(i.at(path), 0o755); err != nil {
			i.t.Fatal(err)
		}
	}
}

func (i *image) file(path string, content ...[]byte) {
	write(i.t, i.at(path), slices.Concat(content...))
}

const debianScript = "#!/bin/sh\n# knows --certsconf\n"

// wrapper is an administrator's, around an updater that lies elsewhere.
const wrapper = "#!/bin/sh\nexec /opt/update-ca-certificates \"$@\"\n"

// What each family has, and a directory of Debian's that does not belong
// there.
func TestFind(t *testing.T) {
	for _, test := range []struct {
		want  string
		files []string
		dirs  []string
	}{
		{want: "redhat", files: []string{"/usr/bin/update-ca-trust"}, dirs: []string{"/etc/pki/ca-trust/source/anchors", "/usr/local/share/ca-certificates"}},
		{want: "suse", files: []string{"/usr/sbin/update-ca-certificates"}, dirs: []string{"/etc/pki/trust/anchors", "/usr/local/share/ca-certificates"}},
		{want: "arch", files: []string{"/usr/bin/update-ca-trust"}, dirs: []string{"/etc/ca-certificates/trust-source/anchors", "/usr/local/share/ca-certificates"}},
		{want: "debian", files: []string{"/usr/sbin/update-ca-certificates=" + debianScript}},
		{want: "debian", files: []string{"/usr/sbin/update-ca-certificates=" + debianScript}, dirs: []string{"/etc/pki/ca-trust/source/anchors"}},
		{want: "alpine", files: []string{"/usr/sbin/update-ca-certificates=\x7fELF --certsconf"}},
		{want: "alpine", files: []string{"/usr/sbin/update-ca-certificates=" + wrapper, "/etc/os-release=ID=alpine\n"}, dirs: []string{"/etc/ca-certificates/update.d"}},
		{want: "debian", files: []string{"/usr/sbin/update-ca-certificates=" + wrapper, "/etc/os-release=NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"}},
		{want: "debian", files: []string{"/usr/sbin/update-ca-certificates=" + wrapper, "/usr/lib/os-release=ID=gentoo"}},
		{want: "debian", files: []string{"/usr/sbin/update-ca-certificates=" + wrapper, "/var/lib/dpkg/info/ca-certificates.list"}},
		{want: "nixos", files: []string{"/etc/NIXOS"}},
		{want: "guix", dirs: []string{"/gnu/store"}},
		{want: "arch", dirs: []string{"/etc/ca-certificates/trust-source/anchors"}}, // without its updater
		{want: "debian", dirs: []string{debianLocal}},
		{want: "alpine", dirs: []string{debianLocal}, files: []string{"/etc/os-release=ID=alpine\n"}},
		{want: "alpine", dirs: []string{debianLocal}, files: []string{"/etc/os-release=ID=chainguard\nID_LIKE=wolfi\n"}},
		{dirs: []string{"/etc/ssl/certs"}},
	} {
		i := newImage(t)
		i.dir(test.dirs...)
		for _, f := range test.files {
			path, content, _ := strings.Cut(f, "=")
			i.file(path, []byte(content))
		}
		s, err := anchors.Find(i.host)
		switch {
		case test.want == "" && !errors.Is(err, anchors.ErrNoStore):
			t.Errorf("found %v, %v where nothing is", s, err)
		case test.want != "" && err != nil:
			t.Errorf("%s: %v", test.want, err)
		case test.want != "" && s.Family() != test.want:
			t.Errorf("found %s, want %s", s.Family(), test.want)
		}
	}
	if _, err := anchors.Find(&host.Host{Root: t.TempDir(), OS: "windows"}); !errors.Is(err, anchors.ErrNoStore) {
		t.Errorf("Windows: %v", err)
	}
}

// debianImage is a Debian with the given certificates of its own.
func debianImage(t testing.TB, certs ...javatest.Certificate) *image {
	i := newImage(t)
	i.file("/usr/sbin/update-ca-certificates", []byte(debianScript))
	var all, conf []byte
	for _, c := range certs {
		file := "mozilla/" + name(c.Raw) + "_theirs.crt"
		i.file("/usr/share/ca-certificates/"+file, c.PEM())
		conf = append(conf, file+"\n"...)
		all = append(all, c.PEM()...)
	}
	i.file("/etc/ca-certificates.conf", []byte("# comment\n"), conf)
	i.file("/etc/ssl/certs/ca-certificates.crt", all)
	return i
}

// In an image, the file is written and nothing runs; the one who builds the
// image runs the updater in it.
func TestImage(t *testing.T) {
	builtin, p := pki(t).Root, pki(t)
	i := debianImage(t, builtin)
	s := find(t, i.host)
	before := listing(t, i.root)
	c := read(t, s)
	wantInOrder(t, c)
	wantTrusted(t, c, builtin, true)

	out := apply(t, s, adds(p.Root))
	if out.Ran || !out.Pending || !out.Changed[0] {
		t.Errorf("outcome %+v", out)
	}
	file := i.at(debianLocal + "/" + name(p.Root.Raw) + ".crt")
	if got, err := os.ReadFile(file); err != nil || string(got) != string(p.Root.PEM()) {
		t.Errorf("%v, %q", err, got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", err, info.Mode())
	}
	c = read(t, s)
	wantTrusted(t, c, p.Root, false)
	if cert, _ := c.Certificate(p.Root.SHA256()); !c.Waiting || len(cert.Files) != 1 || !cert.Files[0].Ours || !cert.Anchored() {
		t.Errorf("waiting %v, files %+v", c.Waiting, cert.Files)
	}
	if out := apply(t, s, adds(p.Root)); out.Changed[0] || !out.Pending {
		t.Errorf("a second time: %+v", out)
	}
	if out := apply(t, s, removes(p.Root)); !out.Changed[0] {
		t.Errorf("removal: %+v", out)
	}
	after := listing(t, i.root)
	for _, made := range []string{"/usr/local", "/usr/local/share", debianLocal} {
		delete(after, i.at(made))
	}
	wantSame(t, before, after)
	if out := apply(t, s, removes(p.Root)); out.Changed[0] {
		t.Errorf("removal of nothing: %+v", out)
	}
}

// Links lead inside the image.
func TestImageWithLinks(t *testing.T) {
	p := pki(t)
	i := debianImage(t)
	outside := t.TempDir()
	i.dir("/usr/local/share", outside)
	if err := os.Symlink(outside, i.at(debianLocal)); err != nil {
		t.Fatal(err)
	}
	apply(t, find(t, i.host), adds(p.Root))
	if left := ours(t, outside); len(left) > 0 {
		t.Errorf("written outside: %v", left)
	}
	if got := ours(t, i.at(outside)); len(got) != 1 {
		t.Errorf("inside there is %v", got)
	}
}

func wantRefused(t *testing.T, i *image, changes []anchors.Change, want error) {
	t.Helper()
	before := listing(t, i.root)
	_, err := find(t, i.host).Apply(context.Background(), changes)
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	after := listing(t, i.root)
	for _, made := range []string{"/usr/local", "/usr/local/share", debianLocal} {
		delete(after, i.at(made))
		delete(before, i.at(made))
	}
	wantSame(t, before, after)
}

func TestNameTaken(t *testing.T) {
	p, other := pki(t), pki(t)
	path := debianLocal + "/" + name(p.Root.Raw) + ".crt"
	for what, put := range map[string]func(*image){
		"a file":         func(i *image) { i.file(path, []byte("not a certificate")) },
		"another's":      func(i *image) { i.file(path, other.Root.PEM()) },
		"two":            func(i *image) { i.file(path, p.Root.PEM(), other.Root.PEM()) },
		"DER":            func(i *image) { i.file(path, p.Root.Raw) },
		"a directory":    func(i *image) { i.dir(path) },
		"a link":         func(i *image) { i.file("/elsewhere", p.Root.PEM()); i.link("/elsewhere", path) },
		"a dead link":    func(i *image) { i.link("/nowhere", path) },
		"an empty file":  func(i *image) { i.file(path) },
		"a file of 5 MB": func(i *image) { i.file(path, make([]byte, 5<<20)) },
	} {
		t.Run(what, func(t *testing.T) {
			i := debianImage(t)
			i.dir(debianLocal)
			put(i)
			wantRefused(t, i, adds(p.Root), anchors.ErrNameTaken)
		})
	}
}

func (i *image) link(target, path string) {
	i.t.Helper()
	i.dir(filepath.Dir(path))
	if err := os.Symlink(target, i.at(path)); err != nil {
		i.t.Fatal(err)
	}
}

func TestDistrustStands(t *testing.T) {
	p := pki(t)
	i := debianImage(t, p.Root)
	i.file("/etc/ca-certificates.conf", []byte("!mozilla/"+name(p.Root.Raw)+"_theirs.crt\n"))
	i.file("/etc/ssl/certs/ca-certificates.crt")
	c := read(t, find(t, i.host))
	if cert, _ := c.Certificate(p.Root.SHA256()); len(cert.DistrustedBy) != 1 || len(cert.Trusted) > 0 {
		t.Errorf("distrusted by %v", cert.DistrustedBy)
	}
	wantRefused(t, i, adds(p.Root), anchors.ErrDistrusted)

	// The administrator's own file is a decision, too.
	i.file(debianLocal+"/own.crt", p.Root.PEM())
	c = read(t, find(t, i.host))
	if cert, _ := c.Certificate(p.Root.SHA256()); len(cert.DistrustedBy) > 0 || !cert.Anchored() {
		t.Errorf("distrusted by %v", cert.DistrustedBy)
	}
}

func TestInvalidChanges(t *testing.T) {
	p, other := pki(t), pki(t)
	i := debianImage(t)
	for _, n := range []string{"", "x", "hktrust-x", "hktrust-../x-0123456789abcdef", name(other.Root.Raw), name(p.Root.Raw) + ".crt", "hktrust-UP-" + name(p.Root.Raw)[13:]} {
		wantRefused(t, i, []anchors.Change{{Name: n, DER: p.Root.Raw}}, anchors.ErrInvalid)
	}
	neutral := adds(p.Issuing)
	neutral[0].Neutral = true
	wantRefused(t, i, neutral, errors.ErrUnsupported)
}

func TestDeclarative(t *testing.T) {
	i := newImage(t)
	p := pki(t)
	i.file("/etc/NIXOS")
	i.file("/etc/ssl/certs/ca-bundle.crt", p.Root.PEM())
	s := find(t, i.host)
	wantTrusted(t, read(t, s), p.Root, true)
	if got := s.Declares("./ca.pem"); got != "security.pki.certificateFiles = [ ./ca.pem ];" {
		t.Errorf("declared by %q", got)
	}
	wantRefused(t, i, adds(p.Root), anchors.ErrDeclarative)
}

func TestNoUpdater(t *testing.T) {
	i := newImage(t)
	i.dir("/etc/pki/ca-trust/source/anchors")
	wantRefused(t, i, adds(pki(t).Root), anchors.ErrNoUpdater)
}

func TestWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may")
	}
	i := debianImage(t)
	i.dir(debianLocal)
	if err := os.Chmod(i.at(debianLocal), 0o555); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, i, adds(pki(t).Root), fs.ErrPermission)
}

// The machine's own store, seen by somebody who may not change it.
func TestElevationIsSaid(t *testing.T) {
	oracle.NeedFile(t, "Debian's update-ca-certificates", "/etc/ca-certificates/update.d")
	s := find(t, &host.Host{Account: &host.User{UID: 54321, GID: 54321}})
	_, err := s.Apply(context.Background(), adds(pki(t).Root))
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
	if command := s.Command(); !slices.Equal(command, []string{"/usr/sbin/update-ca-certificates"}) {
		t.Errorf("command %v", command)
	}
}

func TestDoubledBundle(t *testing.T) {
	p, q := pki(t), pki(t)
	i := debianImage(t, p.Root, q.Root)
	i.file("/etc/ssl/certs/ca-certificates.crt", p.Root.PEM(), q.Root.PEM(), p.Root.PEM(), q.Root.PEM())
	c := read(t, find(t, i.host))
	if !c.Waiting || len(c.Findings) != 1 || c.Findings[0].Code != anchors.BundleDoubled {
		t.Errorf("findings %+v", c.Findings)
	}
	// A copy that an administrator put there is no fault.
	i.file("/etc/ssl/certs/ca-certificates.crt", p.Root.PEM(), q.Root.PEM(), p.Root.PEM())
	i.file(debianLocal+"/own.crt", p.Root.PEM())
	c = read(t, find(t, i.host))
	if c.Waiting || len(c.Findings) > 0 {
		t.Errorf("findings %+v", c.Findings)
	}
}

func TestBadBundles(t *testing.T) {
	p := pki(t)
	i := debianImage(t, p.Root)
	s := find(t, i.host)
	path := "/etc/ssl/certs/ca-certificates.crt"
	os.Remove(i.at(path))
	if c := read(t, s); len(c.Findings) != 1 || c.Findings[0].Code != anchors.BundleMissing {
		t.Errorf("missing: %+v", c.Findings)
	}
	i.dir(path)
	if _, err := s.Read(context.Background()); err == nil {
		t.Error("a directory is no error")
	}
	os.Remove(i.at(path))
	i.file(path, []byte("-----BEGIN CERTIFICATE-----\nMIIB"), p.Root.PEM())
	if _, err := s.Read(context.Background()); err != nil {
		t.Error(err)
	}
}

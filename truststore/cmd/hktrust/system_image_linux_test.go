package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// image is the tree of an image: this machine's, with a handful of certificates
// of the distribution's, in memory.
const image = "/mnt/image"

// machineImage mounts the image, in which Debian's own updater runs.
func machineImage(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"/mnt/changed", "/mnt/working", image} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
		data                 string
	}{
		{"overlay", image, "overlay", 0, "lowerdir=/,upperdir=/mnt/changed,workdir=/mnt/working"},
		{"proc", image + "/proc", "proc", 0, ""},
		{"/dev", image + "/dev", "", syscall.MS_BIND | syscall.MS_REC, ""},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.data); err != nil {
			oracle.Missing(t, "an overlay of this machine's tree: "+err.Error())
		}
	}
	few(t, image)
}

// few leaves a tree a handful of the distribution's certificates. Java's keystore
// is as it was: that would take a while.
func few(t *testing.T, root string) {
	t.Helper()
	conf, hook := filepath.Join(root, "/etc/ca-certificates.conf"), filepath.Join(root, "/etc/ca-certificates/update.d/jks-keystore")
	data, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if line != "" && line[0] != '#' && (len(kept) < 3 || strings.Contains(line, "Hongkong")) {
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(conf, []byte(strings.Join(kept, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	os.Chmod(hook, 0o644)
	shell(t, "chroot "+root+" update-ca-certificates --fresh")
	os.Chmod(hook, 0o755)
}

func shell(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// traces are what the image's programs still see of our files.
func traces(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(image + debianrelease.Hashed + "/hktrust-*")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(image + debianrelease.Cacerts); err == nil && bytes.Contains(data, []byte("debian:hktrust-")) {
		found = append(found, debianrelease.Cacerts)
	}
	return found
}

// TestImageUndone takes back what an image's own updater made of an anchor file:
// what is left is told as long as it is there, with the command that ends it.
func TestImageUndone(t *testing.T) {
	oracle.NeedFile(t, "ca-certificates-java", "/etc/ca-certificates/update.d/jks-keystore")
	oracle.NeedFile(t, "Debian's shared cacerts", debianrelease.Cacerts)
	if !namespace.Enter(t, "/usr/share") {
		return
	}
	machineImage(t)
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, javatest.NewPKI(t).Root.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	before := shell(t, "cat "+image+debianrelease.Bundle)
	ensure := []string{"ensure", "--root", image, "--store", "system", "--cert", root}
	undo := []string{"undo", "--root", image}

	asRoot(t, 7, ensure...)
	asRoot(t, 0, undo...)
	asRoot(t, 0, undo...)

	asRoot(t, 7, ensure...)
	shell(t, "chroot "+image+" update-ca-certificates")
	if made := traces(t); len(made) != 2 {
		t.Fatalf("the updater made %v", made)
	}
	asRoot(t, 7, undo...)
	command := ""
	var again truststore.Report
	if err := json.Unmarshal([]byte(asRoot(t, 7, append(undo, "--json")...)), &again); err != nil {
		t.Fatal(err)
	}
	for _, f := range again.Stores[0].Findings {
		if f.Code == truststore.CodePendingRefresh {
			command = f.Args["command"]
		}
	}
	if again.Changed || !strings.HasPrefix(command, "chroot "+image+" ") {
		t.Fatalf("a second undo says %+v", again.Stores)
	}
	shell(t, command)
	if left := traces(t); len(left) > 0 {
		t.Errorf("after %s there are yet %v", command, left)
	}
	if now := shell(t, "cat "+image+debianrelease.Bundle); now != before {
		t.Error("the bundle is not as before")
	}
	if left, _ := filepath.Glob(image + "/var/lib/hktrust/stores/*"); len(left) > 0 {
		t.Errorf("receipts left: %v", left)
	}
	if out := asRoot(t, 0, undo...); slices.Contains(strings.Fields(out), "changed") {
		t.Errorf("a last undo says\n%s", out)
	}
	retiredEnds(t)
}

// retiredEnds ends, in Java's store, what the distribution chose and Hongkong Post
// retired, as doctor says. The updater does not bring it back.
func retiredEnds(t *testing.T) {
	t.Helper()
	holds := func() bool {
		data, err := os.ReadFile(image + debianrelease.Cacerts)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(data, []byte("debian:hongkong_post_root_ca_1.pem"))
	}
	if !holds() {
		t.Skip("this release has no retired certificate")
	}
	var d truststore.Diagnosis
	out := asRoot(t, 3, "doctor", "--root", image, "--json", "--store", "java:"+debianrelease.Cacerts)
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	for _, n := range d.Notes {
		if n.Code == truststore.CodeRetiredPresent {
			shell(t, host.ShellLine(n.Remedy.Command...))
		}
	}
	if holds() {
		t.Fatalf("doctor says %+v", d.Notes)
	}
	shell(t, "chroot "+image+" update-ca-certificates --fresh")
	if holds() {
		t.Error("the updater brought it back")
	}
}

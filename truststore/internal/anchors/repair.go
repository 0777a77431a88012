package anchors

import (
	"crypto/sha256"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// Repair is what an administrator runs where an earlier run left something
// undone, word by word. Debian's updater tells Java only of what is new to
// itself, unless it does everything anew, and leaves links of files that are
// gone unless it does; of those it tells Java in no case.
func (s *Store) Repair(c *Content) []string {
	command := s.Command()
	if s.updater != "" && (c.anew || s.family.java.kept(s.host)) {
		command = s.anew()
	}
	return s.andTellJava(command, c.orphans)
}

// Cure is what an administrator runs to end what was found, word by word.
func (s *Store) Cure(c *Content, f Finding) []string {
	switch f.Code {
	case LinkDangling:
		return s.anew()
	case JavaStale:
		return s.andTellJava(nil, c.orphans)
	case FileIgnored:
		return after(s.taken(f.Path), s.Command())
	case FileMarked:
		return after([]string{"sed", "-i", `1s/^\xEF\xBB\xBF//`, f.Path}, s.anew())
	case FileDER:
		return after(fromDER(f.Path, f.Path), s.anew())
	case FileOdd:
		return s.plain(c, f.Path)
	case FileSeveral:
		return s.split(f.Path)
	case DistrustIgnored:
		return s.enforce(c, f.Path)
	case BundleDoubled, BundleMissing:
		return s.Command() // Java hears of what is deselected by the link that is removed now
	}
	return s.Repair(c)
}

// after is a command that runs if another one went well.
func after(first, then []string) []string {
	line := host.ShellLine(then...)
	if len(then) == 3 && then[0] == "sh" { // its line will do
		line = then[2]
	}
	return []string{"sh", "-c", host.ShellLine(first...) + " && " + line}
}

// Ending is what an administrator runs to keep a certificate of an administrator's
// or the distribution's out of the store, and Java's, for good, word by word; nil
// where it does not come from files or the list of choices.
func (s *Store) Ending(c *Content, id [sha256.Size]byte) []string {
	cert, _ := c.Certificate(id)
	theirs := slices.DeleteFunc(slices.Clone(cert.Files), func(f File) bool { return f.Ours || f.Several })
	if _, line := s.Deselects(id); len(theirs) > 0 || line != "" {
		return s.banish(theirs, line)
	}
	return nil
}

// banish deletes files, takes the distribution's back where a line of the list of
// choices says so, and has the updater tell everybody.
func (s *Store) banish(files []File, line string) []string {
	name := strings.TrimPrefix(line, "!")
	choose := []string{"sed", "-i", "s#^" + basic.Replace(name) + "$#!&#", s.family.conf}
	if len(files) == 0 {
		return after(choose, s.Command()) // Java hears of it by the link that is removed now
	}
	remove, names := []string{"rm"}, []string(nil)
	for _, f := range files {
		remove, names = append(remove, f.Path), append(names, f.Name)
	}
	if line == "" {
		return after(remove, s.Forget(names...))
	}
	names = append(names, strings.TrimSuffix(s.host.Base(name), s.family.ext))
	return after(remove, after(choose, s.Forget(names...)))
}

// basic makes of a name a basic regular expression.
var basic = strings.NewReplacer(`\`, `\\`, ".", `\.`, "*", `\*`, "[", `\[`, "]", `\]`, "^", `\^`, "$", `\$`, "#", `\#`)

// split puts each certificate of a file into one of its own, and the file aside.
func (s *Store) split(path string) []string {
	base := strings.TrimSuffix(path, s.family.ext)
	each := []string{"awk", "-v", "base=" + base,
		`/-----BEGIN /{f=base "-" ++n ".crt"} f{print >f} /-----END /{f=""}`, path}
	return after(each, after([]string{"mv", path, path + ".split"}, s.Forget(s.host.Base(base))))
}

// taken gives a file of certificates a name that Debian's updater takes, and makes
// it PEM where it is none.
func (s *Store) taken(path string) []string {
	name := strings.TrimSuffix(path, filepath.Ext(path)) + s.family.ext
	if data, err := s.host.ReadFile(path, maxAnchor); err == nil && isElement(data) {
		return fromDER(path, name)
	}
	return []string{"mv", "-n", path, name}
}

// plain gives a file's certificate the form that all programs read.
func (s *Store) plain(c *Content, path string) []string {
	for _, cert := range c.Certificates {
		if slices.ContainsFunc(cert.Files, func(f File) bool { return f.Path == path && f.Several }) {
			return s.split(path)
		}
	}
	return after([]string{"openssl", "x509", "-in", path, "-out", path}, s.anew())
}

// enforce ends the trust in what an administrator distrusts. Where a file says so in
// OpenSSL's own form, other copies may have programs trust the certificate all the
// same: OpenSSL heeds the first, and others know no distrust.
func (s *Store) enforce(c *Content, by string) []string {
	if s.family.conf == "" || strings.HasPrefix(by, s.family.conf) {
		return s.Command() // Java hears of what is deselected by the link that is removed now
	}
	i := slices.IndexFunc(c.Certificates, func(cert Certificate) bool {
		return slices.Contains(cert.DistrustedBy, by) && len(cert.Trusted) > 0
	})
	if i < 0 {
		return s.Command()
	}
	cert := c.Certificates[i]
	others := slices.DeleteFunc(slices.Clone(cert.Files), func(f File) bool { return f.refuses })
	if mixed := slices.IndexFunc(others, func(f File) bool { return f.Several }); mixed >= 0 {
		return s.split(others[mixed].Path)
	}
	_, line := s.Deselects(cert.SHA256)
	if len(others) == 0 && line == "" {
		return s.anew() // it has not run yet
	}
	return s.banish(others, line)
}

func fromDER(from, to string) []string {
	return []string{"openssl", "x509", "-inform", "DER", "-in", from, "-out", to}
}

// Forget is what an administrator runs after the anchor files, given by name,
// were deleted, word by word.
func (s *Store) Forget(files ...string) []string {
	var names []string
	for _, file := range files {
		names = append(names, linkNames.Replace(file))
	}
	return s.andTellJava(s.anew(), names)
}

// anew is the updater that does everything anew, where that makes a difference.
func (s *Store) anew() []string {
	if s.family.again == "" {
		return s.Command()
	}
	return append(s.Command(), s.family.again)
}

// andTellJava is a command, which may be none, after which Debian's hook is told
// that links of those names are gone.
func (s *Store) andTellJava(command, names []string) []string {
	var told []string
	for _, name := range names {
		if link := s.linkOf(name); s.family.java.alias != "" && !strings.ContainsFunc(name, unspeakable) {
			told = append(told, host.ShellLine("echo", "-"+link))
		}
	}
	if len(told) == 0 || !s.family.java.kept(s.host) {
		return command
	}
	line := strings.Join(told, "; ")
	switch {
	case len(told) > maxTold:
		line = s.toldByKeytool()
	case len(told) > 1:
		line = "(" + line + ")"
	}
	line += " | " + s.family.java.hook
	if command != nil {
		line = host.ShellLine(command...) + " && " + line
	}
	return []string{"sh", "-c", line}
}

// maxTold is how many names a line that a person is to run may have.
const maxTold = 4

// toldByKeytool prints what Debian's hook has to hear where the names are too many
// to be written out: keytool's list without what still has a link. Java writes
// aliases in small letters, and lists them without a password. Where the links
// cannot be listed, none is called gone.
func (s *Store) toldByKeytool() string {
	java, hashed := s.family.java, s.family.hashed
	return `{ find ` + hashed + ` -maxdepth 1 ! -xtype l -printf '%f\n' && ` +
		`keytool -list -keystore ` + java.path + ` </dev/null 2>/dev/null | ` +
		`sed -n 's#^` + java.alias + `\([^/\\]*\.pem\), .*#/\1#p'; } | ` +
		`awk '!/^\//{has[tolower($0)]=1;next} !has[substr($0,2)]{print "-` + hashed + `"$0}'`
}

// unspeakable are characters that echo, or the hook, takes for something else.
func unspeakable(r rune) bool { return r < ' ' || r == 0x7f || slices.Contains([]rune{'\\', '/'}, r) }

// linkNames are what Debian's updater makes of the names of anchor files.
var linkNames = strings.NewReplacer(" ", "_", "(", "=", ")", "=", ",", "_")

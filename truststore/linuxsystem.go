package truststore

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// linuxStore is the trust store of a Linux distribution.
type linuxStore struct {
	machine *Machine
	info    Info
	anchors *anchors.Store
	// applied is what the last Apply left to others.
	applied anchors.Outcome
	// fed: the last Apply changed the Java keystore that the updater keeps.
	fed bool
}

var (
	_ Store  = (*linuxStore)(nil)
	_ Mender = (*linuxStore)(nil)
)

// managerSelf manages what hktrust itself put there, by way of another store.
const managerSelf = "hktrust"

// managerAdministrator put anchor files there by hand.
const managerAdministrator = "administrator"

// findLinux is the machine's own store, of which there is one at most.
func findLinux(s search) discovery {
	var d discovery
	if !s.shared {
		return d
	}
	store, err := anchors.Find(s.host)
	switch {
	case errors.Is(err, anchors.ErrNoStore):
	case err != nil:
		d.problem(KindSystem, string(KindSystem), err)
	default:
		d.add(s.machine.linuxStore(store))
	}
	return d
}

// linuxAt is the machine's store where the place is one of its own.
func linuxAt(m *Machine, path string) (discovery, error) {
	store, err := anchors.Find(m.host())
	if err == nil && !belongsTo(m.host(), store, path) {
		err = ErrNotStore
	}
	if err != nil {
		return discovery{}, err
	}
	return opened(m.linuxStore(store), nil)
}

// selectionFile is where administrators of Debian and its kin deselect certificates.
const selectionFile = "/etc/ca-certificates.conf"

// reselection takes a deselection back, where the store has such a file; else nil.
func reselection(h *host.Host, info Info) *Remedy {
	if !strings.HasSuffix(info.Manager, "/update-ca-certificates") || !h.Exists(selectionFile) {
		return nil
	}
	r := plainRemedy(RemedyReselect, "file", selectionFile)
	r.Command, r.Elevated = []string{info.Manager}, !h.Elevated()
	return r
}

// looksLikeLinux takes the bundle, and what is at or below the directory of
// anchor files, for the machine's store.
func looksLikeLinux(h *host.Host, path string) bool {
	if !slices.ContainsFunc(bothNames(h, path), func(name string) bool { return anchors.Known(h, name) }) {
		return false
	}
	store, err := anchors.Find(h)
	return err == nil && belongsTo(h, store, path)
}

// bothNames are a path and what it leads to.
func bothNames(h *host.Host, path string) []string {
	names := []string{path}
	if resolved, err := h.Resolve(path); err == nil {
		names = append(names, resolved)
	}
	return names
}

func belongsTo(h *host.Host, store *anchors.Store, path string) bool {
	return slices.ContainsFunc(bothNames(h, path), func(name string) bool {
		return name == store.Bundle() || name == store.Dir() || h.Inside(name, store.Dir())
	})
}

// openLinux is the store of a receipt, as far as it is the machine's still.
func openLinux(m *Machine, info Info) (Store, error) {
	store, err := anchors.Find(m.host())
	if err == nil && store.Dir() != info.Path {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return m.linuxStore(store), nil
}

func (m *Machine) linuxStore(store *anchors.Store) *linuxStore {
	info := Info{
		Kind: KindSystem, Path: store.Dir(), Scope: ScopeMachine, Label: store.Family(), Manager: strings.Join(store.Command(), " "),
		LimitsPurposes: store.LimitsPurposes(), Intermediates: IntermediatesNone, Links: linksTo(store.Dir(), store.Bundle()),
	}
	if store.Neutral() {
		info.Intermediates = IntermediatesNeutral
	}
	return &linuxStore{machine: m, info: info, anchors: store}
}

func (s *linuxStore) Info() Info { return s.info }

func (s *linuxStore) Read(ctx context.Context) (*Snapshot, error) {
	content, err := s.anchors.Read(ctx)
	if err != nil {
		return nil, storeError(s.info, "read", err)
	}
	writable := s.anchors.Writable()
	snap := &Snapshot{
		Info: s.info, Waiting: content.Waiting, Findings: append(s.findings(content), s.instead(writable)...),
		Blocked: translate(explainDenied(s.machine.host(), s.info.Path, writable)),
		Refuses: func(c Change) error { return s.anchors.Refuses(content, linuxChange(c)) },
		Kept:    func(c Change) []Finding { return s.kept(content, c) },
		left:    s.left(content),
		served: func(e Entry) bool {
			cert, _ := content.Certificate(e.SHA256)
			return cert.TrustedFor(x509.ExtKeyUsageServerAuth)
		},
	}
	alone := s.anchors.DirectoryAlone()
	snap.finds = func(program string, e Entry) bool {
		cert, _ := content.Certificate(e.SHA256)
		if (program == "openssl" || program == "python") && alone {
			if trusted, known, err := s.anchors.Directory(e.DER); known || err != nil {
				return trusted
			}
		}
		return cert.Readers.Have(program)
	}
	for _, path := range s.anchors.ReadFrom() {
		snap.Findings = append(snap.Findings, closedToOthers(s.machine.host(), path)...)
	}
	for _, c := range content.Certificates {
		snap.Entries = append(snap.Entries, linuxEntry(c, alone))
	}
	return snap, nil
}

// line is a command as whoever has to run it gives it.
func (s *linuxStore) line(command []string) string { return lineIn(s.machine.host(), command) }

func lineIn(h *host.Host, command []string) string {
	if h.Root != "" {
		command = append([]string{"chroot", h.Root}, command...)
	}
	return host.ShellLine(command...)
}

// findings tells each thing once; what waits for the updater may do so for
// several reasons.
func (s *linuxStore) findings(content *anchors.Content) []Finding {
	var out []Finding
	tell := func(code Code, args ...string) {
		again := func(f Finding) bool { return f.Code == code && f.Args["path"] == args[1] }
		if !slices.ContainsFunc(out, again) {
			out = append(out, finding(code, args...))
		}
	}
	for _, f := range content.Findings {
		args := []string{"path", f.Path, "command", s.line(s.anchors.Cure(content, f))}
		if f.Code == anchors.FileUnreadable {
			why := ""
			if f.Err != nil {
				why = f.Err.Error()
			}
			args = []string{"path", f.Path, "error", why}
		}
		tell(linuxFindings[f.Code].of(f.Ours), args...)
	}
	if content.Waiting || s.applied.Pending {
		waits := func(f Finding) bool { return f.Code == CodePendingRefresh }
		if !slices.ContainsFunc(out, waits) {
			tell(CodePendingRefresh, "path", s.info.Path, "command", s.line(s.anchors.Repair(content)))
		}
	}
	if s.applied.Deferred {
		tell(CodeJavaDeferred, "path", s.anchors.JavaStore())
	}
	if s.fed {
		tell(CodeJavaFed, "path", s.anchors.JavaStore())
	}
	return out
}

// left tells of what stays after an undo until the updater runs. In an image, the
// names of links tell what was ours; where the updater makes none, all that
// programs still trust may be.
func (s *linuxStore) left(content *anchors.Content) []Finding {
	switch {
	case content.Leftover():
		return []Finding{} // the findings tell
	case content.Unrefreshed() && !s.machine.host().Executes():
		return []Finding{finding(CodePendingRefresh, "path", s.info.Path, "command", s.line(s.anchors.Repair(content)))}
	}
	return nil
}

// ending is the command that takes a certificate out of the distribution's store,
// and of what that feeds, for good; nil where it does not come from there.
func (m *Machine) ending(id Fingerprint) []string {
	store, err := anchors.Find(m.host())
	if err != nil {
		return nil
	}
	content, err := store.Read(context.Background())
	if err != nil {
		return nil
	}
	command := store.Ending(content, id)
	if command == nil {
		return nil
	}
	return host.ShellWords(lineIn(m.host(), command))
}

// bundleOfSystem is the file of certificates that programs read here; "" where there
// is none.
func bundleOfSystem(h *host.Host) string {
	store, err := anchors.Find(h)
	if err != nil {
		return ""
	}
	return store.Bundle()
}

// localFile is where an administrator may save a certificate.
const localFile = "/etc/local-ca.pem"

// madeOfSystem tells how a certificate gets into a keystore that is made of the
// system's store.
func (m *Machine) madeOfSystem(info Info) []Finding {
	store, err := anchors.Find(m.host())
	if err != nil {
		return nil
	}
	command := lineIn(m.host(), []string{"sh", "-c", store.Declares(localFile)})
	return []Finding{finding(CodeMadeOfSystem, "path", info.Path, "file", localFile, "command", command)}
}

// instead tells what an administrator can do where no file helps.
func (s *linuxStore) instead(writable error) []Finding {
	const file = localFile
	args := []string{"path", s.info.Path, "file", file, "line", s.anchors.Declares(file)}
	switch {
	case errors.Is(writable, anchors.ErrDeclarative):
		return []Finding{finding(CodeDeclared, args...)}
	case errors.Is(writable, syscall.EROFS):
		return []Finding{finding(CodeImageOnly, args...)}
	case errors.Is(writable, anchors.ErrNoUpdater):
		return []Finding{finding(CodeUpdaterAbsent, "path", s.info.Path, "command", s.anchors.Command()[0])}
	}
	return nil
}

// kept tells how to end the trust in what others put into the store: an
// administrator's own files are deleted, the distribution's are deselected.
func (s *linuxStore) kept(content *anchors.Content, c Change) []Finding {
	cert, _ := content.Certificate(c.SHA256)
	var out []Finding
	for _, f := range cert.Files {
		if !f.Ours {
			out = append(out, finding(CodeAnchorOfOthers, "path", f.Path, "command", s.line(s.anchors.Forget(f.Name))))
		}
	}
	if len(out) > 0 {
		return out
	}
	if file, line := s.anchors.Deselects(c.SHA256); line != "" {
		return []Finding{finding(CodeDeselect, "certificate", c.Name, "path", file, "line", line, "command", s.line(s.anchors.Command()))}
	}
	if dir := s.anchors.Blocklist(); dir != "" {
		return []Finding{finding(CodeBlocklist, "certificate", c.Name, "path", dir, "command", s.line(s.anchors.Command()))}
	}
	return []Finding{finding(CodeBuiltinStays, "path", s.info.Path, "certificate", c.Name)}
}

// ownership are the codes of something that is ours, or others'.
type ownership struct{ ours, others Code }

func (o ownership) of(ours bool) Code {
	if ours {
		return o.ours
	}
	return o.others
}

var linuxFindings = map[anchors.FindingCode]ownership{
	anchors.BundleDoubled:   {CodeBundleDoubled, CodeBundleDoubled},
	anchors.BundleMissing:   {CodeBundleMissing, CodeBundleMissing},
	anchors.LinkDangling:    {CodeDanglingLink, CodeDanglingLink},
	anchors.JavaStale:       {CodeJavaStale, CodeJavaStale},
	anchors.FileUnreadable:  {CodeAnchorUnread, CodeAnchorUnread},
	anchors.FileIgnored:     {CodeAnchorIgnored, CodeAnchorIgnored},
	anchors.FileMarked:      {CodeAnchorMarked, CodeAnchorMarked},
	anchors.FileOdd:         {CodeAnchorOdd, CodeAnchorOdd},
	anchors.FileDER:         {CodeAnchorDER, CodeAnchorDER},
	anchors.FileSeveral:     {CodeAnchorSeveral, CodeAnchorSeveral},
	anchors.NameTaken:       {CodeAnchorName, CodeAnchorName},
	anchors.DistrustIgnored: {CodeDistrustIgnored, CodeDistrustIgnored},
	anchors.RefreshPending:  {CodePendingRefresh, CodePendingOther},
}

// linuxEntry is what an anchor file says where there is one, and otherwise
// what the distribution's bundles have. What some programs do not see, or refuse, is
// not trusted.
func linuxEntry(c anchors.Certificate, directoryAlone bool) Entry {
	trust := Trust{Levels: map[Purpose]Level{}}
	entry := Entry{SHA256: c.SHA256, DER: c.DER, Trust: trust}
	for _, p := range c.Trusted {
		if !c.Stale {
			trust.Levels[Purpose(p)] = Builtin
		}
	}
	_, own := c.Own()
	for _, f := range c.Files {
		trust.Present = true
		if trust.Name == "" || f.Ours {
			trust.Name = f.Name
		}
		switch {
		case f.Neutral:
		case f.Purposes == nil:
			trust.Levels = map[Purpose]Level{AnyPurpose: Explicit}
		case trust.Levels[AnyPurpose] != Explicit:
			for _, p := range f.Purposes {
				trust.Levels[Purpose(p)] = Explicit
			}
		}
	}
	switch {
	case len(c.DistrustedBy) > 0 && len(c.Trusted) == 0:
		trust.Levels, trust.Reason = map[Purpose]Level{AnyPurpose: Distrusted}, CodeDistrusted
	case !c.Stale && c.PassedOver(), (!own || len(c.DistrustedBy) > 0) && c.Unhashed && directoryAlone:
		trust.Levels = map[Purpose]Level{}
		if len(c.Trusted) > 0 {
			trust.Reason = CodePartly
		}
	case !trust.Present && len(trust.Levels) > 0:
		trust.Reason = CodeBuiltin
	}
	if trust.Present && !own && trust.Reason != CodeDistrusted {
		entry.Manager = managerAdministrator // whose files are left
	}
	entry.Trust = trust
	return entry
}

// Apply writes and deletes anchor files and has the distribution's updater run.
func (s *linuxStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	results, err := reconciled(ctx, s, changes)
	if err != nil {
		return nil, err
	}
	var todo []anchors.Change
	for i, r := range results {
		if !r.Changed {
			continue
		}
		step := linuxChange(r.Change)
		if !step.Remove {
			results[i].After.Name = step.Name
		}
		todo = append(todo, step)
	}
	before := s.javaFile()
	s.applied, err = s.anchors.Apply(ctx, todo)
	s.fed = s.javaFile() != before
	if err != nil {
		return nil, storeError(s.info, "apply", explainDenied(s.machine.host(), s.info.Path, err))
	}
	return results, nil
}

// javaFile tells states of the Java keystore that the updater keeps from each
// other; "" where there is none.
func (s *linuxStore) javaFile() string {
	path := s.anchors.JavaStore()
	if path == "" {
		return ""
	}
	info, err := s.machine.host().Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

// linuxChange is what happens to our file: what an administrator has of the
// certificate keeps its own.
func linuxChange(c Change) anchors.Change {
	step := anchors.Change{Name: c.After.Name, DER: c.DER, Remove: c.Action == Remove}
	if step.Remove {
		step.Name = c.Before.Name
	}
	if !anchors.Ours(step.Name) {
		step.Name = anchorName(c.DER)
		// An undo that ends in what others have takes ours away.
		step.Remove = step.Remove || c.Undo
	}
	if step.Remove {
		return step
	}
	step.Neutral = !c.After.vouches()
	for p, level := range c.After.Levels {
		if level == Explicit && p != AnyPurpose {
			step.Purposes = append(step.Purposes, x509.ExtKeyUsage(p))
		}
	}
	slices.Sort(step.Purposes)
	if c.After.Levels[AnyPurpose] == Explicit {
		step.Purposes = nil
	}
	return step
}

// anchorName is EntryName of a certificate that Go need not be able to parse.
func anchorName(der []byte) string {
	if cert, err := x509.ParseCertificate(der); err == nil {
		return EntryName(cert)
	}
	id := sha256.Sum256(der)
	return fmt.Sprintf("hktrust-ca-%x", id[:8])
}

// refusedBySystem is ErrDistrusted for a change that would trust, in a keystore
// that follows the distribution's store, what an administrator distrusts there. What
// is distrusted there must be known for that.
func (m *Machine) refusedBySystem(c Change) error {
	if !c.writesTrust() || c.Undo {
		return nil
	}
	store, err := anchors.Find(m.host())
	if errors.Is(err, anchors.ErrNoStore) {
		return nil
	}
	var content *anchors.Content
	if err == nil {
		content, err = store.Read(context.Background())
	}
	if err != nil {
		return storeError(Info{Kind: KindSystem, Path: string(KindSystem)}, "read", err)
	}
	if cert, _ := content.Certificate(c.SHA256); len(cert.DistrustedBy) > 0 {
		return storeError(Info{Kind: KindSystem, Path: cert.DistrustedBy[0]}, "change", ErrDistrusted)
	}
	return nil
}

// orphaned returns a function that tells which aliases, in the keystore of
// Debian's hook, stand for what the distribution's store no longer has. The hook
// never hears of those, and leaves them to anybody.
func (m *Machine) orphaned() func(alias string) bool {
	if store, err := anchors.Find(m.host()); err == nil {
		if orphan, err := store.Orphans(); err == nil {
			return orphan
		}
	}
	return func(string) bool { return false }
}

// fromOurAnchor reports whether an alias is one that Debian's hook makes of an
// anchor file of ours: it goes with the file.
func fromOurAnchor(alias string) bool {
	name, ok := strings.CutSuffix(strings.TrimPrefix(alias, "debian:"), ".pem")
	return ok && anchors.Ours(name)
}

// Mend has the updater run if anything waits for it, and waits for one that is
// at work, of which a run was killed. In the tree of an image somebody else has
// to.
func (s *linuxStore) Mend(ctx context.Context) error {
	if !s.machine.host().Executes() {
		return nil
	}
	content, err := s.anchors.Read(ctx)
	if err != nil || !content.Waiting && !s.anchors.AtWork() {
		return storeError(s.info, "mend", err)
	}
	_, err = s.anchors.Mend(ctx)
	return storeError(s.info, "mend", explainDenied(s.machine.host(), s.info.Path, err))
}

// linuxCode names errors that no sentinel stands for.
func linuxCode(err error) Code {
	for _, c := range []struct {
		err  error
		code Code
	}{
		{anchors.ErrBusy, CodeBusy},
		{anchors.ErrNameTaken, CodeNameTaken},
		{anchors.ErrNoUpdater, CodeNoUpdater},
		{anchors.ErrTimeout, CodeUpdaterTimeout},
		{anchors.ErrUpdater, CodeUpdaterFailed},
	} {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return ""
}

// linuxErrors are the anchors package's, for the table.
func linuxErrors() []translation {
	return []translation{
		{anchors.ErrBusy, ErrBusy},
		{anchors.ErrDistrusted, ErrDistrusted},
		{anchors.ErrDamaged, ErrDamaged},
		{anchors.ErrDeclarative, ErrRegenerated},
		{anchors.ErrNoUpdater, errors.ErrUnsupported},
		{anchors.ErrNoStore, ErrNotStore},
	}
}

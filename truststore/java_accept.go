package truststore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/host"
)

// javaAccepts says why no JVM, or not every one, would load a keystore with the
// certificate in it.
func javaAccepts(goal Goal, der []byte) error {
	err := javaks.Acceptable(der)
	if goal.Accept.Unproven && errors.Is(err, javaks.ErrUnproven) {
		return nil
	}
	return err
}

// javaCode names the formats that are told from a keystore of Java's own.
func javaCode(err error) Code {
	if errors.Is(err, javaks.ErrNoStore) {
		return CodeJavaNoStore
	}
	if errors.Is(err, host.ErrNotRegular) {
		return CodeFormatUnknown
	}
	if other, ok := asType[*javaks.FormatError](err); ok {
		if other.Format == javaks.Unknown {
			return CodeFormatUnknown
		}
		return Code(formatPrefix + other.Format)
	}
	return ""
}

// untilLoadable refuses additions to a keystore that no JVM loads: they would
// make nobody trust anything. Removals may mend it.
func untilLoadable(c Change, entries []javaks.Unloadable) error {
	if c.Action == Remove {
		return nil
	}
	for _, u := range entries {
		if refused, ok := asType[*javaks.RefusedError](u.Err); ok && refused.Every() {
			return &namedError{CodeStoreUnloadable, refused.Error()}
		}
	}
	return nil
}

// unloadable tells which entries keep JVMs from loading the keystore, and so
// every program from trusting anything in it.
func (s *javaStore) unloadable(entries []javaks.Unloadable) []Finding {
	var out []Finding
	for _, u := range entries {
		refused, ok := asType[*javaks.RefusedError](u.Err)
		if !ok {
			continue // not known to be wrong
		}
		var releases []string
		for _, r := range refused.Releases {
			releases = append(releases, fmt.Sprint(r))
		}
		if refused.Every() {
			releases = nil
		}
		id, _ := u.Entry.SHA256()
		out = append(out, finding(CodeStoreUnloadable, "path", s.info.Path, "alias", u.Entry.Alias,
			"sha256", Fingerprint(id).String(), "why", whyRefused(refused),
			"releases", strings.Join(releases, ", ")))
	}
	return out
}

// whyRefused is what of an entry is refused, in the words of the JDK's classes.
func whyRefused(e *javaks.RefusedError) string {
	if string(e.Code) == e.Part || e.Part == "" {
		return string(e.Code)
	}
	return string(e.Code) + " " + e.Part
}

// unseen tells why JVMs would not look at the keystore, or see nothing in it.
func (s *javaStore) unseen(ks *javaks.Keystore) []Finding {
	if !s.byDefault() {
		return s.namedByOptions(ks.Bytes())
	}
	var out []Finding
	// JSSE opens cacerts without a password and then sees nothing of what
	// is encrypted (java.md: PKCS12KeyStore.engineLoad).
	if ks.Protection().Certificates {
		f := finding(CodePasswordedCA, "path", s.info.Path)
		if source := s.machine.givesJavaPassword(); source != "" {
			f = finding(CodePasswordGiven, "path", s.info.Path, "source", source)
		}
		out = append(out, f)
	}
	if len(s.visible(ks)) == 0 {
		out = append(out, finding(CodeJavaEmpty, "path", s.info.Path))
	}
	h := s.machine.host()
	// A JVM that may not read cacerts goes on without it and without a word
	// (sun.security.ssl.TrustStoreManager).
	if info, err := h.Stat(s.info.Path); err == nil && s.info.Scope == ScopeMachine && s.info.Owner == nil &&
		h.GOOS() != "windows" && info.Mode().Perm()&0o004 == 0 {
		out = append(out, closedAt(s.info.Path, info))
	}
	return append(out, s.underOptions(ks.Bytes())...)
}

// byDefault reports whether JVMs trust from the store unless they are told
// otherwise: one of another name is for programs that name it, and know its
// password.
func (s *javaStore) byDefault() bool {
	return s.info.Kind == KindJava && slices.ContainsFunc(pathsOf(s.info), func(p string) bool {
		return backendOf(KindJava).reserves(s.machine.host().Base(p))
	})
}

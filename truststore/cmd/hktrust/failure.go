package main

import (
	"cmp"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore"
	"sync"
)

// words are the message of an error as a person reads it: its parts that have
// texts of their own in the language, and a path without the name of the call
// that failed.
func (l language) words(message string) string {
	parts := strings.Split(message, ": ")
	said := make([]bool, len(parts))
	for i, part := range parts {
		if text := l["error."+part]; text != "" {
			parts[i], said[i] = text, true
		}
	}
	text := ""
	for i, part := range parts {
		next := i+1 < len(parts) && said[i+1]
		if path := called().FindStringSubmatch(part); path != nil && next {
			part = path[1]
		}
		if i > 0 && part == parts[i-1] && next {
			continue // the same path
		}
		switch {
		case i == 0:
		case said[i] || said[i-1]:
			text += l["format.colon"]
		default:
			text += ": "
		}
		text += part
	}
	return text
}

// called is a path behind the name of a call.
var called = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]+ (/.*|[A-Za-z]:\\.*)$`) })

// failed says why a call ended before it got to any store.
func (a *app) failed(err error) string {
	failure := (*truststore.StoreError)(nil)
	code := truststore.CodeOf(err)
	if errors.As(err, &failure) {
		if !saysMore(failure.Info, code, err) {
			return failure.Info.Path + a.text.say("format.colon") + a.text.code(code)
		}
		return a.text.words(cmp.Or(failure.Path, failure.Info.Path) + ": " + failure.Err.Error())
	}
	if slices.Contains(ofOneKind, code) {
		return a.text.code(code)
	}
	return a.text.words(err.Error())
}

// ofOneKind are the codes of calls that fail for one reason only.
var ofOneKind = []truststore.Code{truststore.CodeNoRun, truststore.CodeInterrupted}

// tellFailure prints why a store was not examined or changed.
func (a *app) tellFailure(s truststore.StoreReport) {
	printf(a.stdout, "  ! %s\n", a.text.code(s.Error.Code))
	if saysMore(s.Info, s.Error.Code, s.Err) {
		printf(a.stderr, "hktrust: %s\n", a.failed(s.Err))
	}
}

// saysMore reports whether the error of a store has something to say beyond the
// sentence of its code.
func saysMore(info truststore.Info, code truststore.Code, err error) bool {
	if slices.Contains(ofManyKinds, code) {
		return true
	}
	elsewhere := (*fs.PathError)(nil)
	return errors.As(err, &elsewhere) && elsewhere.Path != info.Path && slices.Contains(ofFiles, code)
}

// ofManyKinds are the codes under which different things may have happened, and
// ofFiles those that are about one file.
var (
	ofManyKinds = []truststore.Code{
		truststore.CodeFailed, truststore.CodeUnsupported, truststore.CodeUsage, truststore.CodePlanRefused, truststore.CodeNotStore,
		truststore.CodeInsecurePath, truststore.CodeUnproven, truststore.CodeUpdaterFailed, truststore.CodeUpdaterTimeout,
		truststore.CodeCertificateUnparsable,
	}
	ofFiles = []truststore.Code{
		truststore.CodeNotFound, truststore.CodePermission, truststore.CodePermissionOwn, truststore.CodePermissionForeign, truststore.CodeReadOnly,
	}
)

package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/micromdm/plist"

	"github.com/hktrust/hktrust/truststore/host"
)

// chooseLanguage is the one that --lang names or else, where the command line
// cannot be understood yet, the user's own.
func chooseLanguage(args []string, h *host.Host) language {
	for i, arg := range args {
		value, given := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if l, ok := languageNamed(value); given && ok {
			return l.asked(value)
		}
		if arg == "--" {
			break
		}
	}
	if l, ok := languageNamed(userLocale(h)); ok {
		return l
	}
	return english()
}

// asked is a language that the command line asked for: the commands that it
// prints ask for it, too.
func (l language) asked(locale string) language {
	l = maps.Clone(l)
	l[askedFor] = locale
	return l
}

// askedFor is the key of what --lang was given.
const askedFor = "asked-for"

// program is this program as it can be called, to speak as it does now.
func (l language) program() string {
	name := quote(programName(false))
	if locale := l[askedFor]; locale != "" {
		name += " --lang " + quote(locale)
	}
	return name
}

// languageNamed is the language of a locale, as POSIX ("zh_HK.UTF-8") or BCP 47
// ("zh-Hant-HK") write it; whoever reads Traditional Chinese gets it.
func languageNamed(locale string) (language, bool) {
	locale, _, _ = strings.Cut(strings.ToLower(locale), ".")
	locale, _, _ = strings.Cut(locale, "@")
	tags := strings.FieldsFunc(locale, func(r rune) bool { return r == '_' || r == '-' })
	if len(tags) == 0 {
		return nil, false
	}
	simplified := slices.Contains(tags, "hans") || slices.Contains(tags, "cn")
	traditional := tags[0] == "yue" || slices.ContainsFunc(tags[1:], func(tag string) bool {
		return slices.Contains([]string{"hant", "hk", "mo", "tw"}, tag)
	})
	switch {
	case tags[0] == "en":
		return english(), true
	case (tags[0] == "zh" || tags[0] == "yue") && traditional && !simplified:
		return chinese(), true
	}
	return nil, false
}

// userLocale is the first of three variables that is set (setlocale(3)), or what
// the system's settings say.
func userLocale(h *host.Host) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := h.Getenv(name); value != "" {
			return value
		}
	}
	switch h.GOOS() {
	case "windows":
		return windowsLocale(h)
	case "darwin":
		return macLocale(h)
	}
	return ""
}

// windowsLocale is the user's regional setting.
func windowsLocale(h *host.Host) string {
	name, err := h.RegistryString(host.CurrentUser, `Control Panel\International`, "LocaleName", host.View64)
	if err != nil {
		return ""
	}
	return name
}

// maxPreferences bounds the file of a Mac's settings, in bytes.
const maxPreferences = 4 << 20

// macLocale is the first of the user's languages that the command speaks.
func macLocale(h *host.Host) string {
	me, err := h.Me()
	if err != nil || me.Home == "" {
		return ""
	}
	data, err := h.ReadFile(h.Join(me.Home, "Library/Preferences/.GlobalPreferences.plist"), maxPreferences)
	if err != nil {
		return ""
	}
	var preferences struct{ AppleLanguages []string }
	if err := plist.Unmarshal(data, &preferences); err != nil {
		return ""
	}
	for _, name := range preferences.AppleLanguages {
		if _, ok := languageNamed(name); ok {
			return name
		}
	}
	return ""
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// pageFile writes a page and returns its URL.
func pageFile(t *testing.T, d *truststore.Diagnosis, inChinese bool) string {
	t.Helper()
	data, err := pageOf(d, inChinese, true)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + file
}

// axe returns the source of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs"} {
		if source, err := os.ReadFile(filepath.Join(dir, "axe-core", "axe.min.js")); err == nil {
			return string(source)
		}
	}
	oracle.Optional(t, "axe-core (npm install -g axe-core)")
	return ""
}

// The page is one that everybody can use: no rule of axe-core is broken, on a
// desktop and a telephone, by day and night, in both languages.
func TestPageIsAccessible(t *testing.T) {
	source := axe(t)
	s := browser.Chromium(t).Session(t, t.TempDir())
	for _, c := range []struct {
		diagnosis *truststore.Diagnosis
		chinese   bool
		width     int
		scheme    string
	}{
		{sickDiagnosis(10), false, 1200, "light"},
		{sickDiagnosis(10), true, 390, "dark"},
		{sickDiagnosis(60), false, 390, "light"},
		{&truststore.Diagnosis{}, true, 1200, "light"},
	} {
		s.Screen(c.width, c.scheme)
		s.Open(pageFile(t, c.diagnosis, c.chinese))
		s.Evaluate(source+";0", nil)
		var passed int
		s.Evaluate(`axe.run().then(r => r.passes.length)`, &passed)
		if passed < 15 {
			t.Errorf("only %d rules apply", passed)
		}
		var violations []string
		s.Evaluate(`axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).slice(0, 3).join("; ")))`, &violations)
		for _, v := range violations {
			t.Errorf("%d stores, %d wide, %s: %s", len(c.diagnosis.Examined.Stores), c.width, c.scheme, v)
		}
	}
}

// The policy of the page lets its own script run and nothing else; languages are
// switched by the keyboard; nothing sticks out of a telephone's screen; and it
// prints.
func TestPageInChromium(t *testing.T) {
	s := browser.Chromium(t).Session(t, t.TempDir())
	s.Screen(390, "light")
	s.Open(pageFile(t, sickDiagnosis(10), false))
	yes := func(what, script string) {
		t.Helper()
		var is bool
		if s.Evaluate(script, &is); !is {
			t.Errorf("not so: %s", what)
		}
	}
	yes("the script runs", `[...document.querySelectorAll(".command button")].every(b => !b.hidden)`)
	yes("the style counts", `getComputedStyle(document.querySelector(".view-zh")).display === "none"`)
	yes("nothing sticks out", `document.documentElement.scrollWidth <= innerWidth`)
	yes("hostile names are text", `document.images.length === 0 && document.scripts.length === 1`)
	s.Evaluate(`document.getElementById("lang-en").focus()`, nil)
	s.Press("ArrowRight", 39)
	yes("an arrow key switches the language", `getComputedStyle(document.querySelector(".view-zh")).display === "block" && document.documentElement.lang === "zh-Hant-HK"`)
	yes("other scripts do not run", `new Promise(done => {
		addEventListener("securitypolicyviolation", () => done(true), {once: true});
		const other = document.createElement("script");
		other.textContent = "document.title = 'other'";
		document.body.append(other);
		setTimeout(() => done(false), 5000);
	})`)
	if pdf := s.Print(); !bytes.HasPrefix(pdf, []byte("%PDF")) || !bytes.Contains(pdf, []byte("/MediaBox [0 0 594.9")) && !bytes.Contains(pdf, []byte("/MediaBox [0 0 595")) {
		t.Errorf("%d octets of PDF, not on A4", len(pdf))
	}
}

func TestPageInFirefox(t *testing.T) {
	s := browser.NewProfile(t).Start(t)
	if page := s.Navigate(pageFile(t, sickDiagnosis(10), true)); !strings.Contains(page.Title, "hktrust") {
		t.Fatalf("%+v", page)
	}
	got := s.Evaluate(`return [
		[...document.querySelectorAll(".command button")].every(b => !b.hidden),
		getComputedStyle(document.querySelector(".view-zh")).display,
		getComputedStyle(document.querySelector(".view-en")).display,
		document.images.length,
	].join(" ")`)
	if got != "true block none 0" {
		t.Errorf("Firefox shows %q", got)
	}
}

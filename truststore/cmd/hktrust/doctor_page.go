package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore"
)

//go:embed doctor_page.html
var pageSource string

//go:embed doctor_page.css
var pageStyle string

//go:embed doctor_page.js
var pageScript string

// page writes a diagnosis as one file that needs no other.
func (r *doctor) page(ctx context.Context, m *truststore.Machine, d *truststore.Diagnosis) error {
	shown := d
	if !r.withNames {
		var err error
		if shown, err = withoutNames(d, namesOf(m.Host, d)); err != nil {
			return err
		}
	}
	data, err := pageOf(shown, r.app.text["html.language"] == chinese()["html.language"], !r.withNames)
	if err != nil {
		return err
	}
	return writeFile(ctx, r.html, data)
}

// pageData is what the template has to show.
type pageData struct {
	Lang                  string
	StyleHash, ScriptHash string
	Style                 template.CSS
	Script                template.JS
	Views                 []pageView
}

// pageOf makes the page of a diagnosis, in both languages.
func pageOf(d *truststore.Diagnosis, inChinese, private bool) ([]byte, error) {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, err
	}
	data := pageData{
		Lang: "en", Style: template.CSS(pageStyle), Script: template.JS(pageScript),
		StyleHash: sourceHash(pageStyle), ScriptHash: sourceHash(pageScript),
		Views: []pageView{
			{language: english(), diagnosis: d, ID: "en", Lang: "en", Name: "English", Chosen: !inChinese, private: private},
			{language: chinese(), diagnosis: d, ID: "zh", Lang: "zh-Hant-HK", Name: "中文", Chosen: inChinese, private: private},
		},
	}
	if inChinese {
		data.Lang = "zh-Hant-HK"
	}
	var out bytes.Buffer
	err = page.Execute(&out, data)
	return out.Bytes(), err
}

// sourceHash is a source as a Content Security Policy names it.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pageView is the page in one language. Its methods are called by the template.
type pageView struct {
	language
	diagnosis *truststore.Diagnosis
	private   bool

	ID, Lang, Name string
	Chosen         bool
}

// text puts a word in the place of a server's name that was left out.
func (v pageView) text(s string) string {
	return strings.ReplaceAll(s, nameless, v.language.say("html.server"))
}

// Say is the text of a key without arguments.
func (v pageView) Say(key string) string { return v.language.say(key) }

// Moods are the classes of the style sheet; words say the same.
const (
	moodOK    = "ok"
	moodWrong = "wrong"
	moodWarn  = "warn"
)

func (v pageView) Mood() string {
	switch v.diagnosis.Exit {
	case truststore.ExitOK:
		return moodOK
	case truststore.ExitWrong:
		return moodWrong
	}
	return moodWarn
}

func (v pageView) MoodSign() string {
	return map[string]string{moodOK: "✓", moodWrong: "✗", moodWarn: "?"}[v.Mood()]
}

func (v pageView) MoodWord() string {
	return v.say(map[string]string{moodOK: "html.clear", moodWrong: "html.wrong", moodWarn: "html.unknown"}[v.Mood()])
}

func (v pageView) Verdict() string {
	d := v.diagnosis
	switch {
	case d.Exit == truststore.ExitOK:
		return v.say("doctor.clear", "examined", v.examined(d.Examined))
	case d.Exit != truststore.ExitWrong:
		return v.say("doctor.unknown", "examined", v.examined(d.Examined))
	}
	return v.text(v.problem(append(d.Problems, d.Others...)[0]))
}

func (v pageView) Symptom() string {
	if v.diagnosis.Symptom == "" {
		return ""
	}
	return v.say("doctor.symptom", "symptom", v.say("doctor.symptom."+v.diagnosis.Symptom))
}

func (v pageView) Examined() string {
	return v.say("doctor.examined", "examined", v.examined(v.diagnosis.Examined))
}

func (v pageView) Private() string {
	if !v.private {
		return ""
	}
	return v.say("html.private")
}

func (v pageView) Made() string {
	return v.say("html.made", "date", v.diagnosis.Time.Format(time.DateOnly), "catalogue", v.diagnosis.Catalogue)
}

// pageGroup is problems that one remedy cures.
type pageGroup struct {
	Level                   string
	Summary                 string
	Texts                   []string
	Follows                 []string
	Cure, Elevated, Command string
	FollowsWord, CureWord   string
	CopyWord, CopiedWord    string
	code                    truststore.Code
	remedy                  *truststore.Remedy
}

// manyTexts is from how many sentences on a group is folded.
const manyTexts = 6

// Words are the command's; options are not to be broken at their hyphens.
func (g pageGroup) Words() []pageWord {
	var out []pageWord
	for _, w := range strings.Split(g.Command, " ") {
		out = append(out, pageWord{w, strings.HasPrefix(w, "-")})
	}
	return out
}

type pageWord struct {
	Text   string
	Option bool
}

func (g pageGroup) Many() bool { return len(g.Texts) >= manyTexts }

func (v pageView) Problems() []pageGroup { return v.groups(v.diagnosis.Problems) }
func (v pageView) Others() []pageGroup   { return v.groups(v.diagnosis.Others) }
func (v pageView) Notes() []pageGroup    { return v.groups(v.diagnosis.Notes) }

// groups puts problems of one code that one remedy cures together.
func (v pageView) groups(problems []truststore.Problem) []pageGroup {
	var out []pageGroup
	for _, p := range problems {
		n := len(out)
		if n == 0 || out[n-1].code != p.Code || !reflect.DeepEqual(out[n-1].remedy, p.Remedy) {
			out = append(out, v.group(p))
			n++
		}
		g := &out[n-1]
		g.Texts = append(g.Texts, v.text(v.problem(p)))
		for _, c := range p.Consequences {
			g.Follows = append(g.Follows, v.follows(c)...)
		}
		g.Summary = v.say("doctor.kind", "kind", g.Texts[0], "n", "+"+strconv.Itoa(len(g.Texts)-1))
	}
	return out
}

func (v pageView) group(p truststore.Problem) pageGroup {
	g := pageGroup{
		Level: string(p.Level), code: p.Code, remedy: p.Remedy, FollowsWord: v.say("html.follows"), CureWord: v.say("html.remedy"),
		CopyWord: v.say("html.copy"), CopiedWord: v.say("html.copied"),
	}
	if p.Remedy == nil {
		return g
	}
	g.Cure = v.text(v.remedy(p.Remedy))
	if len(p.Remedy.Command) > 0 {
		g.Command = v.text(v.command(p.Remedy))
		if p.Remedy.Elevated {
			g.Elevated = v.say("doctor.elevated")
		}
	}
	return g
}

// command is a remedy's command to be copied. The home directory, which was left
// out, is where a shell finds it: it expands no ~ inside a word.
func (v pageView) command(rem *truststore.Remedy) string {
	own := *rem
	own.Command = slices.Clone(rem.Command)
	if i := slices.Index(own.Command, "--lang"); i >= 0 && i+1 < len(own.Command) {
		own.Command[i+1] = v.Lang // each half of the page speaks for itself
	}
	if !v.private {
		return commandLine(&own)
	}
	return typed(&own, quoteBelowHome)
}

// quoteBelowHome is quote for words in which "~" stands for the home directory.
func quoteBelowHome(word string) string {
	before, after, ok := strings.Cut(word, "~"+string(filepath.Separator))
	if !ok || before != "" && !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, "=") {
		return quote(word)
	}
	if before != "" {
		before = quote(before)
	}
	home := `"$HOME"`
	if runtime.GOOS == "windows" {
		home = `"%USERPROFILE%"`
	}
	return before + home + quote(string(filepath.Separator)+after)
}

// follows are consequences as sentences, with what cures each.
func (v pageView) follows(p truststore.Problem) []string {
	text := v.text(v.problem(p))
	if p.Remedy != nil {
		text += v.say("format.next") + v.text(v.remedy(p.Remedy))
		if len(p.Remedy.Command) > 0 {
			text += " " + v.text(v.command(p.Remedy))
		}
	}
	out := []string{text}
	for _, c := range p.Consequences {
		out = append(out, v.follows(c)...)
	}
	return out
}

// pageStore is a row of the table of stores.
type pageStore struct {
	Kind, Label, Path, Mood, Status string
	Cells                           []pageCell
}

type pageCell struct{ Column, Mood, Word string }

// Columns are the certificates, in the order in which they come.
func (v pageView) Columns() []string {
	var out []string
	for _, c := range v.certificates() {
		out = append(out, c.Name)
	}
	return out
}

func (v pageView) certificates() []truststore.CertificateName {
	var all []truststore.CertificateName
	seen := map[truststore.Fingerprint]bool{}
	for _, s := range v.diagnosis.Examined.Stores {
		for _, c := range s.Certificates {
			if !seen[c.SHA256] {
				seen[c.SHA256] = true
				all = append(all, c.CertificateName)
			}
		}
	}
	return all
}

func (v pageView) Stores() []pageStore {
	columns := v.certificates()
	var out []pageStore
	for _, s := range v.diagnosis.Examined.Stores {
		row := pageStore{
			Kind: string(s.Info.Kind), Label: v.label(s.Info.Label), Path: s.Info.Path,
			Mood: statusMood(s.Status), Status: v.say("status." + string(s.Status)),
		}
		for _, column := range columns {
			row.Cells = append(row.Cells, v.cell(s, column))
		}
		out = append(out, row)
	}
	return out
}

func statusMood(s truststore.Status) string {
	switch s {
	case truststore.StatusOK:
		return moodOK
	case truststore.StatusUnknown:
		return moodWarn
	}
	return moodWrong
}

func (v pageView) cell(s truststore.ExaminedStore, column truststore.CertificateName) pageCell {
	for _, c := range s.Certificates {
		if c.SHA256 != column.SHA256 {
			continue
		}
		if c.OK {
			return pageCell{column.Name, moodOK, v.code(c.Code)}
		}
		return pageCell{column.Name, moodWrong, v.code(c.Code)}
	}
	return pageCell{column.Name, moodWarn, v.say("status.unknown")}
}

// pageCertificate is a step of the chain.
type pageCertificate struct {
	Name, Valid, SHA256 string
	Conditions          []string
}

func (v pageView) Chain() []pageCertificate {
	if v.diagnosis.Verification == nil {
		return nil
	}
	var out []pageCertificate
	for _, c := range v.diagnosis.Verification.Chain {
		step := pageCertificate{Name: v.text(c.Name), SHA256: c.SHA256.String()}
		if !c.NotAfter.IsZero() {
			step.Valid = v.say("verify.valid", "from", c.NotBefore.Format(time.DateOnly), "to", c.NotAfter.Format(time.DateOnly))
		}
		for _, cond := range c.Conditions {
			step.Conditions = append(step.Conditions, v.condition(cond))
		}
		out = append(out, step)
	}
	return out
}

// pageVerdict is what one program makes of the server.
type pageVerdict struct{ Mood, Answer, Who, Path, Reason, Words string }

func (v pageView) Programs() []pageVerdict {
	if v.diagnosis.Verification == nil {
		return nil
	}
	var out []pageVerdict
	for _, one := range v.diagnosis.Verification.Verdicts {
		row := pageVerdict{
			Mood:   map[truststore.Answer]string{truststore.AnswerTrusted: moodOK, truststore.AnswerRefused: moodWrong}[one.Answer],
			Answer: v.say("verify.answer." + string(one.Answer)), Path: one.Store.Path,
			Who: strings.TrimSpace(cmp.Or(one.Program, string(one.Store.Kind)) + " " + one.Version), Words: v.text(one.Words),
		}
		row.Mood = cmp.Or(row.Mood, moodWarn)
		if !one.OK() {
			row.Reason = v.say("verify.code." + string(one.Code))
		}
		out = append(out, row)
	}
	return out
}

// pageWay is one of GovHK's ways to authenticate.
type pageWay struct{ Mood, Name, State string }

func (v pageView) Ways() []pageWay {
	var out []pageWay
	for _, w := range v.diagnosis.Ways {
		mood := map[truststore.WayState]string{truststore.WayAffected: moodWrong, truststore.WayClear: moodOK, truststore.WayUnknown: moodWarn}[w.State]
		out = append(out, pageWay{Mood: mood, Name: v.say("doctor.way." + w.Code), State: v.say("doctor.state." + string(w.State))})
	}
	return out
}

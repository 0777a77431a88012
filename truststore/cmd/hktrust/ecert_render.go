package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
)

// print says what was found in the files.
func (r *ecertInspection) print(files []*ecert.Inspection, programs []ecertProgram) {
	a := r.app
	if a.json {
		doc := a.ecertDocument("ecert inspect")
		doc.Files, doc.Programs = files, programs
		a.document(doc)
		return
	}
	p := ecertPrinter{a.stdout, a.text}
	for _, in := range files {
		p.inspection(in)
	}
	p.programs(programs)
	fmt.Fprintln(a.stdout, a.text.say("ecert.summary."+strconv.Itoa(int(a.exit))))
}

// ecertPrinter writes inspections for people.
type ecertPrinter struct {
	out  io.Writer
	text language
}

// line writes a line of the form "name: value", unless the value is empty.
func (p ecertPrinter) line(name, value string) {
	if value != "" {
		printf(p.out, "  %s\n", p.text.say("ecert.line", "name", p.text.say("ecert.name."+name), "value", value))
	}
}

func (p ecertPrinter) inspection(in *ecert.Inspection) {
	printf(p.out, "%s\n", in.Path)
	for _, id := range in.Identities {
		p.identity(id)
	}
	if in.Password != "" {
		p.line("password", p.text.say("ecert.password."+string(in.Password)))
	}
	if in.Container != nil {
		p.container(in.Container)
	}
	all := slices.Clone(in.AllFindings())
	slices.SortStableFunc(all, func(a, b ecert.Finding) int { return cmp.Compare(rank(a), rank(b)) })
	for _, f := range all {
		p.finding(f)
	}
}

// rank puts what is wrong before what is only to be known.
func rank(f ecert.Finding) int {
	if f.Fault {
		return 0
	}
	return 1
}

func (p ecertPrinter) identity(id ecert.Identity) {
	c := id.Certificate
	kind := c.Kind
	if id.Issuer == nil {
		kind = ecert.KindUnknown // anybody can write a name into a certificate
	}
	printf(p.out, "  %s\n", p.text.say("ecert.line", "name", p.text.say("ecert.kind."+string(kind)), "value", c.Name))
	p.line("subject", c.Subject)
	p.line("reference", c.Reference)
	p.line("emails", strings.Join(c.Emails, p.text.say("ecert.list.comma")))
	p.line("issuer", p.issuer(id))
	p.line("valid", p.valid(c))
	p.line("key", p.key(id))
	p.line("signature", c.Signature)
	policies := strings.Join(c.Policies, p.text.say("ecert.list.comma"))
	if c.MutualRecognition {
		policies += p.text.say("ecert.mutual-recognition")
	}
	p.line("policies", policies)
	p.line("chain", p.chain(id.Chain))
	p.line("server", p.server(id.Issuer))
	if id.Issuer != nil {
		p.line("serves", p.text.say("ecert.serves."+string(id.Serves)))
	}
}

func (p ecertPrinter) valid(c ecert.Certificate) string {
	key := "ecert.valid"
	if c.DaysLeft < 0 {
		key = "ecert.valid.over"
	}
	return p.text.say(key, "from", ecert.Day(c.NotBefore), "to", ecert.Day(c.NotAfter), "days", strconv.Itoa(c.DaysLeft))
}

func (p ecertPrinter) issuer(id ecert.Identity) string {
	if id.Issuer == nil {
		return id.Certificate.IssuedBy
	}
	return p.text.say("ecert.issuer", "name", id.Issuer.Name, "date", ecert.Day(id.Issuer.Generation.NotBefore))
}

func (p ecertPrinter) key(id ecert.Identity) string {
	state := "none"
	if id.Key != nil {
		state = "proven"
	}
	return p.text.say("ecert.key."+state, "key", id.Certificate.PublicKey)
}

func (p ecertPrinter) chain(links []ecert.Link) string {
	var all []string
	for _, link := range links {
		where := "known"
		if link.InFile {
			where = "in-file"
		}
		all = append(all, p.text.say("ecert.link."+where, "name", link.Name))
	}
	return strings.Join(all, " > ")
}

// server lists the certificates of the issuing CA of which a server that takes
// e-Certs must know one.
func (p ecertPrinter) server(issuer *ecert.Issuer) string {
	if issuer == nil {
		return ""
	}
	var all []string
	for _, g := range issuer.Known {
		state := "old"
		if g.Current {
			state = "current"
		}
		all = append(all, p.text.say("ecert.generation."+state, "date", ecert.Day(g.NotBefore), "sha256", g.SHA256.String()[:16]))
	}
	return issuer.Name + p.text.say("ecert.list.open") + strings.Join(all, p.text.say("ecert.list.comma")) + p.text.say("ecert.list.close")
}

func (p ecertPrinter) container(c *ecert.Container) {
	parts := []string{p.text.say("ecert.file", "encoding", c.Encoding)}
	if c.MAC != nil {
		parts = append(parts, p.scheme("mac", *c.MAC))
	}
	for _, s := range c.Encryption {
		parts = append(parts, p.scheme("content", s))
	}
	for _, s := range c.Keys {
		parts = append(parts, p.scheme("key", s))
	}
	p.line("file", strings.Join(parts, p.text.say("ecert.list.semicolon")))
}

func (p ecertPrinter) scheme(of string, s ecert.Scheme) string {
	if s.Name == "" {
		return p.text.say("ecert.scheme.clear")
	}
	return p.text.say("ecert.scheme."+of, "scheme", s.Name, "n", strconv.Itoa(s.Iterations))
}

// finding writes what is the matter, and what to do next.
func (p ecertPrinter) finding(f ecert.Finding) {
	args := pairs(f.Args)
	sign := "?"
	if f.Fault {
		sign = "!"
	}
	key := "ecert.finding." + string(f.Code)
	if nameless := "ecert.nameless." + string(f.Code); f.Args["name"] == "" && p.text.has(nameless) {
		key = nameless
	}
	text := p.text.say(key, args...)
	if looks := f.Args["looks"]; looks != "" {
		text += p.text.say("ecert.looks." + looks)
	}
	printf(p.out, "  %s %s\n", sign, text)
	if next := "ecert.next." + string(f.Code); p.text[next] != "" {
		printf(p.out, "    %s\n", p.text.say(next, args...))
	}
}

func (p ecertPrinter) programs(programs []ecertProgram) {
	if programs == nil {
		return
	}
	if len(programs) == 0 {
		fmt.Fprintln(p.out, p.text.say("ecert.programs.none"))
		return
	}
	fmt.Fprintln(p.out, p.text.say("ecert.programs"))
	for _, s := range programs {
		state := "unknown"
		switch s.Status {
		case truststore.StatusOK, truststore.StatusDiffers, truststore.StatusBlocked:
			state = "ok"
			if len(s.Missing) > 0 {
				state = "lacking"
			}
		}
		place := strings.TrimSpace(s.Path + "  " + s.Label)
		printf(p.out, "  %s\n", p.text.say("ecert.program."+state, "place", place, "missing", strings.Join(s.Missing, p.text.say("ecert.list.comma"))))
	}
	printf(p.out, "  %s\n", p.text.say("ecert.programs.next"))
}

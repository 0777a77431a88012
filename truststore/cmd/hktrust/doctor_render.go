package main

import (
	"reflect"
	"strconv"

	"github.com/hktrust/hktrust/truststore"
)

// tell prints a diagnosis: causes with what follows from them, each with its
// remedy, or one sentence where nothing is wrong.
func (r *doctor) tell(d *truststore.Diagnosis) {
	a, say := r.app, r.app.text.say
	if d.Symptom != "" {
		printf(a.stdout, "%s\n", say("doctor.symptom", "symptom", say("doctor.symptom."+d.Symptom)))
	}
	if len(d.Problems) > 0 {
		printf(a.stdout, "%s\n", say("doctor.title", "n", a.text.count("finding", len(d.Problems))))
	}
	for i, p := range d.Problems {
		var next *truststore.Remedy
		if i+1 < len(d.Problems) {
			next = d.Problems[i+1].Remedy
		}
		r.tellProblem(strconv.Itoa(i+1)+".", p, next)
	}
	if len(d.Problems) == 0 && d.Symptom != "" && len(d.Others) > 0 {
		printf(a.stdout, "%s\n", say("doctor.unexplained"))
	}
	if len(d.Others) > 0 {
		printf(a.stdout, "%s\n", say("doctor.others", "n", strconv.Itoa(len(d.Others))))
	}
	r.tellNotes(d.Notes)
	if len(d.Problems) > 0 {
		r.tellWays(d.Ways)
	}
	printf(a.stdout, "%s\n", r.verdict(d))
	if r.html != "" {
		printf(a.stderr, "%s\n", say("doctor.written", "file", r.html))
	}
}

// verdict is the last line, which a help desk can ask to be read out.
func (r *doctor) verdict(d *truststore.Diagnosis) string {
	say := r.app.text.say
	key := "doctor.examined"
	switch {
	case d.Exit == truststore.ExitOK:
		key = "doctor.clear"
	case d.Exit == truststore.ExitFailed && d.Error == nil:
		key = "doctor.unknown"
	}
	text := say(key, "examined", r.app.text.examined(d.Examined))
	if d.Exit != truststore.ExitOK {
		text += say("format.next") + say("summary.exit", "exit", strconv.Itoa(int(d.Exit)))
	}
	return text
}

// tellProblem prints a problem; its remedy only once where the next has the same.
func (r *doctor) tellProblem(sign string, p truststore.Problem, next *truststore.Remedy) {
	a := r.app
	printf(a.stdout, "%s %s\n", pad(sign, 3), a.text.problem(p))
	for _, c := range p.Consequences {
		r.tellConsequence(c)
	}
	if p.Remedy != nil && !reflect.DeepEqual(p.Remedy, next) {
		r.app.tellRemedy("    ", p.Remedy)
	}
}

func (r *doctor) tellConsequence(p truststore.Problem) {
	a := r.app
	printf(a.stdout, "    - %s\n", a.text.say("doctor.follows", "text", a.text.problem(p)))
	if p.Remedy != nil {
		r.app.tellRemedy("      ", p.Remedy)
	}
	for _, c := range p.Consequences {
		r.tellConsequence(c)
	}
}

// tellRemedy prints what to do, and a command on a line of its own.
func (a *app) tellRemedy(indent string, rem *truststore.Remedy) {
	printf(a.stdout, "%s-> %s\n", indent, a.text.remedy(rem))
	if len(rem.Command) == 0 {
		return
	}
	if rem.Elevated {
		printf(a.stdout, "%s   %s\n", indent, a.text.say("doctor.elevated"))
	}
	printf(a.stdout, "%s     %s\n", indent, commandLine(rem))
}

func (r *doctor) tellNotes(notes []truststore.Problem) {
	if len(notes) == 0 {
		return
	}
	a := r.app
	printf(a.stderr, "%s\n", a.text.say("doctor.notes"))
	for _, p := range notes {
		printf(a.stderr, "  ? %s\n", a.text.problem(p))
		if p.Remedy != nil && len(p.Remedy.Command) == 0 {
			printf(a.stderr, "    -> %s\n", a.text.remedy(p.Remedy))
		}
	}
}

func (r *doctor) tellWays(ways []truststore.Way) {
	a := r.app
	printf(a.stdout, "%s\n", a.text.say("doctor.ways"))
	for _, w := range ways {
		printf(a.stdout, "  %s\n", a.text.way(w))
	}
}

func (l language) way(w truststore.Way) string {
	return l.say("doctor.way", "way", l.say("doctor.way."+w.Code), "state", l.say("doctor.state."+string(w.State)))
}

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hktrust/hktrust/truststore"
)

// diagnosis CODE… wants standard output to be one document of doctor's schema,
// with problems of exactly these codes, in this order; those that follow from
// one stand behind it as CODE>CODE.
func diagnosis(ts *testscript.TestScript, _ bool, want []string) {
	data := []byte(ts.ReadFile("stdout"))
	ts.Check(checkDocument(data))
	var d truststore.Diagnosis
	ts.Check(json.Unmarshal(data, &d))
	var got []string
	for _, p := range d.Problems {
		text := string(p.Code)
		for _, c := range p.Consequences {
			text += ">" + string(c.Code)
		}
		got = append(got, text)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		ts.Fatalf("problems:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestDiagnosisIsOfItsSchema(t *testing.T) {
	data, err := json.MarshalIndent(sickDiagnosis(10), "", "  ")
	if err == nil {
		err = checkDocument(data)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, data)
	}
}

// Whatever a diagnosis says, there are words for it.
func TestEveryDiagnosisHasItsText(t *testing.T) {
	for _, group := range []struct{ file, typ, key string }{
		{"../../diagnose_remedy.go", "RemedyCode", "remedy."},
		{"../../diagnose.go", "Check", "doctor.check."},
		{"../../diagnose.go", "WayState", "doctor.state."},
	} {
		for _, code := range constants(t, group.file, group.typ) {
			if !english().has(group.key + code) {
				t.Errorf("no text %s%s", group.key, code)
			}
		}
	}
}

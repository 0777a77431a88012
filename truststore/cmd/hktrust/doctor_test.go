package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hktrust/hktrust/truststore"
)

// checkDiagnosis checks that data is one document of doctor's schema.
func checkDiagnosis(data []byte) error {
	s, err := jsonschema.NewCompiler().Compile("doctor.schema.json")
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// diagnosis CODE… wants standard output to be one document of doctor's schema,
// with problems of exactly these codes, in this order; those that follow from
// one stand behind it as CODE>CODE.
func diagnosis(ts *testscript.TestScript, _ bool, want []string) {
	data := []byte(ts.ReadFile("stdout"))
	if !bytes.HasPrefix(data, []byte("{\n  \"format\": \""+truststore.DiagnosisFormat+"\",\n")) {
		ts.Fatalf("the document begins with %.40q", data)
	}
	ts.Check(checkDiagnosis(data))
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
	data, err := json.Marshal(sickDiagnosis(10))
	if err == nil {
		err = checkDiagnosis(data)
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
	} {
		for _, code := range constants(t, group.file, group.typ) {
			if !english.has(group.key + code) {
				t.Errorf("no text %s%s", group.key, code)
			}
		}
	}
}

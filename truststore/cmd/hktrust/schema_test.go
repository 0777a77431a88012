package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hktrust/hktrust/truststore"
)

// schemas describe what --json prints, for programs that read it, by format.
var schemas = map[string]func() (*jsonschema.Schema, error){
	truststore.ReportFormat:    compiled("report.schema.json"),
	truststore.VerifyFormat:    compiled("verify.schema.json"),
	ecertFormat:                compiled("ecert.schema.json"),
	truststore.DiagnosisFormat: compiled("doctor.schema.json"),
}

func compiled(file string) func() (*jsonschema.Schema, error) {
	return sync.OnceValues(func() (*jsonschema.Schema, error) { return jsonschema.NewCompiler().Compile(file) })
}

// checkDocument checks that data is one JSON document, of the schema of its
// format, and that its first key is the format.
func checkDocument(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	var doc struct{ Format string }
	if err := in.Decode(&doc); err != nil {
		return err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	schema, ok := schemas[doc.Format]
	if !ok || !bytes.HasPrefix(data, []byte("{\n  \"format\": \""+doc.Format+"\",\n")) {
		return fmt.Errorf("the document begins with %.40q", data)
	}
	s, err := schema()
	if err != nil {
		return err
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(parsed)
}

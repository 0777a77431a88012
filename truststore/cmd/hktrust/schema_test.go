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

// schemaFile describes what --json prints, for programs that read it.
const schemaFile = "report.schema.json"

var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	return jsonschema.NewCompiler().Compile(schemaFile)
})

// checkDocument checks that data is one JSON document, of the schema, and that
// its first key is the format.
func checkDocument(data []byte) error {
	if !bytes.HasPrefix(data, []byte("{\n  \"format\": \""+truststore.ReportFormat+"\",\n")) {
		return fmt.Errorf("the document begins with %.40q", data)
	}
	in := json.NewDecoder(bytes.NewReader(data))
	if err := in.Decode(new(any)); err != nil {
		return err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	s, err := schema()
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

package javaks

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// errNaming means that a file which names installations is malformed.
var errNaming = errors.New("malformed file")

// parseToolchains returns the jdkHome of every toolchain that a Maven
// toolchains.xml describes, as far as it is well-formed XML
// (maven.apache.org/guides/mini/guide-using-toolchains.html).
func parseToolchains(data []byte) ([]string, error) {
	var homes, path []string
	wanted := []string{"toolchains", "toolchain", "configuration", "jdkHome"}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return homes, nil
		}
		if err != nil {
			return homes, fmt.Errorf("%w: %v", errNaming, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if dir := strings.TrimSpace(string(t)); dir != "" && slices.Equal(path, wanted) {
				homes = append(homes, dir)
			}
		}
	}
}

// parseGradleHomes returns the installations that a gradle.properties names
// (docs.gradle.org/current/userguide/toolchains.html).
func parseGradleHomes(data []byte) ([]string, error) {
	properties, err := parseProperties(data)
	if err != nil {
		return nil, err
	}
	homes := []string{strings.TrimSpace(properties["org.gradle.java.home"])}
	for dir := range strings.SplitSeq(properties["org.gradle.java.installations.paths"], ",") {
		homes = append(homes, strings.TrimSpace(dir))
	}
	return homes, nil
}

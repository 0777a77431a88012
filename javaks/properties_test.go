package javaks

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/hktrust/hktrust/testdata/oracle"
)

// trickyProperties are files that parsers disagree about.
var trickyProperties = []string{
	"", "a", "a=", "=b", ":", "a b", "a:b=c", "a = : b", "a\t\f b ", "a\\ b\\=c\\:d=e",
	"# a=b\n! c=d\n \t#e=f\ng=#h!", "a=b\\\n  c\\\r\n\td\\\re", "a=b\\\n\nc=d", "a=b\\\n   \nc=d", "a=b\\\n#c", "a=b\\",
	"a=b\\\\\nc=d", "a\\\n  b=c", "a=1\na=2", "a=\\u00e9\\u8a3c\\ud840\\udfb7", "a=\xe9\xff", "\\u0061=b", "a=\\q\\t\\n\\r\\f\\z\\\\",
	"a\\u003db=c", "a=b\r\n\r\nc=d\r", "\n\n\n", "a\\\\=b", "a=\\\n", "  a = b  ", "\\#a=b", "a==b", "a\\\n", "\f a \f=\f b",
	"a=\\u12", "a=\\u12g4", "a=\\u+123", "a=\\u", "\\u", "a=\\U0041", "a=b\x00c", "a=b\\\n\\\n\\\nc", "\\\na=b", "#\\\na=b",
}

// hexUnits writes a string as Java counts it.
func hexUnits(s string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, "%04x", unit)
	}
	return out.String()
}

const propertiesOracle = `
import java.nio.file.*;
import java.io.*;
import java.util.*;

public class Load {
	public static void main(String[] files) throws Exception {
		for (String file : files) {
			Properties p = new Properties();
			System.out.println(Path.of(file).getFileName());
			try (InputStream in = new FileInputStream(file)) {
				p.load(in);
			} catch (IllegalArgumentException e) {
				System.out.println("refused");
				continue;
			}
			for (String key : new TreeSet<>(p.stringPropertyNames()))
				System.out.println(hex(key) + "=" + hex(p.getProperty(key)));
		}
	}
	static String hex(String s) {
		StringBuilder b = new StringBuilder();
		for (char c : s.toCharArray()) b.append(String.format("%04x", (int) c));
		return b.toString();
	}
}`

func TestPropertiesAsJavaLoadsThem(t *testing.T) {
	java := oracle.Need(t, "java")
	dir := t.TempDir()
	source := filepath.Join(dir, "Load.java")
	if err := os.WriteFile(source, []byte(propertiesOracle), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{source}
	var want strings.Builder
	for i, content := range trickyProperties {
		name := fmt.Sprintf("%03d", i)
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
		fmt.Fprintln(&want, name)
		properties, err := parseProperties([]byte(content))
		if err != nil {
			fmt.Fprintln(&want, "refused")
		}
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			fmt.Fprintf(&want, "%s=%s\n", hexUnits(key), hexUnits(properties[key]))
		}
	}
	out, err := exec.CommandContext(t.Context(), java, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(out), "\r\n", "\n"), want.String()); diff != "" {
		t.Errorf("Java (-) and we (+) differ:\n%s", diff)
	}
}

func TestPropertiesAreBounded(t *testing.T) {
	if _, err := parseProperties(make([]byte, maxProperties+1)); !errors.Is(err, errProperties) {
		t.Errorf("error %v, want %v", err, errProperties)
	}
}

func FuzzProperties(f *testing.F) {
	for _, content := range trickyProperties {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		properties, err := parseProperties(data)
		if err != nil && properties != nil {
			t.Error("properties and an error")
		}
		// Every pair survives being written with all of it escaped.
		var out strings.Builder
		for key, value := range properties {
			fmt.Fprintf(&out, "%s=%s\n", escapeUnits(key), escapeUnits(value))
		}
		if out.Len() > maxProperties {
			return
		}
		again, err := parseProperties([]byte(out.String()))
		if err != nil || !maps.Equal(properties, again) {
			t.Errorf("%q became %q, %v", properties, again, err)
		}
	})
}

func escapeUnits(s string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, "\\u%04x", unit)
	}
	return out.String()
}

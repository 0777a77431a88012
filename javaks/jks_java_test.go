package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
)

// Java sees the same in a keystore that we have edited and in one that keytool
// has.
func TestJKSEditEqualsKeytools(t *testing.T) {
	for _, f := range jksFixtures {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			compareWithKeytool(t, fixture(t, f.file), f.password, f.victim)
		})
	}
	t.Run("cacerts", func(t *testing.T) {
		t.Parallel()
		jdk := javatest.JDKs(t)[0]
		data, err := os.ReadFile(jdk.Cacerts())
		if err != nil || javaks.Detect(data) != javaks.JKS {
			oracle.Optional(t, "a JKS as "+jdk.Cacerts())
		}
		compareWithKeytool(t, data, "changeit", "")
	})
	t.Run("p11-kit", func(t *testing.T) {
		t.Parallel()
		trust, err := exec.LookPath("trust")
		if err != nil {
			oracle.Optional(t, "p11-kit's trust")
		}
		file := filepath.Join(t.TempDir(), "cacerts")
		out, err := exec.Command(trust, "extract", "--format=java-cacerts", "--filter=ca-anchors",
			"--purpose=server-auth", file).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		compareWithKeytool(t, data, "changeit", "")
	})
}

func compareWithKeytool(t *testing.T, original []byte, password, victim string) {
	t.Helper()
	jdks := javatest.JDKs(t)
	dir := t.TempDir()
	ours, theirs, cert := filepath.Join(dir, "ours"), filepath.Join(dir, "theirs"), filepath.Join(dir, "cert")
	write(t, theirs, original)
	write(t, cert, extra(t))
	same := func(step string) {
		t.Helper()
		for _, jdk := range jdks {
			want := jdk.Dump(t, theirs, "JKS", &password)
			if got := jdk.Dump(t, ours, "JKS", &password); got != want {
				t.Errorf("%s: Java %d sees in ours\n%sin keytool's\n%s", step, jdk.Major, got, want)
			}
		}
	}
	keytool := func(args ...string) {
		t.Helper()
		jdks[0].Keytool(t, append(args, "-keystore", theirs, "-storetype", "JKS", "-storepass", password)...)
	}

	keytool("-importcert", "-noprompt", "-alias", "Extra", "-file", cert)
	created := find(t, open(t, read(t, theirs), password), "extra").Created
	ks := open(t, original, password)
	with, added := edit(t, ks, javaks.Edit{Add: []javaks.Addition{{Alias: "Extra", DER: extra(t), Created: created}}})
	if len(added) != 1 || added[0].Alias != "extra" {
		t.Fatalf("added %v", added)
	}
	write(t, ours, with)
	same("add")

	keytool("-delete", "-alias", "extra")
	without, _ := edit(t, open(t, with, password), javaks.Edit{Remove: []javaks.Removal{{SHA256: sha256.Sum256(extra(t))}}})
	if !bytes.Equal(without, original) {
		t.Error("add and remove do not give the original back")
	}
	write(t, ours, without)
	same("remove")

	if victim == "" {
		return
	}
	keytool("-delete", "-alias", victim)
	without, _ = edit(t, ks, javaks.Edit{Remove: []javaks.Removal{removal(t, ks, victim)}})
	write(t, ours, without)
	same("remove " + victim)
}

// A JVM rejects a server, trusts it when its root is added, and rejects it
// again when that is removed, which gives the original bytes back.
func TestJKSEditDecidesTLS(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		t.Parallel()
		pki := javatest.NewPKI(t)
		store := filepath.Join(t.TempDir(), "cacerts")
		original := fixture(t, "trust.jks")
		complete, leafOnly := pki.Serve(t, pki.Issuing), pki.Serve(t)
		probe := func(data []byte, addr, want string) {
			t.Helper()
			write(t, store, data)
			if got := jdk.TLS(t, store, nil, addr); !strings.HasPrefix(got, want) {
				t.Errorf("%s instead of %s", got, want)
			}
		}
		probe(original, complete, "REJECTED: SunCertPathBuilderException")

		root := javaks.Addition{Alias: "test root", DER: pki.Root.Raw}
		withRoot, _ := edit(t, open(t, original, "changeit"), javaks.Edit{Add: []javaks.Addition{root}})
		probe(withRoot, complete, "TRUSTED")
		probe(withRoot, leafOnly, "REJECTED: SunCertPathBuilderException")

		issuing := javaks.Addition{Alias: "test issuing", DER: pki.Issuing.Raw}
		withBoth, _ := edit(t, open(t, withRoot, "changeit"), javaks.Edit{Add: []javaks.Addition{issuing}})
		probe(withBoth, leafOnly, "TRUSTED")

		again, _ := edit(t, open(t, withBoth, "changeit"), javaks.Edit{Remove: []javaks.Removal{
			{SHA256: pki.Root.SHA256()}, {SHA256: pki.Issuing.SHA256()},
		}})
		probe(again, complete, "REJECTED: SunCertPathBuilderException")
		if !bytes.Equal(again, original) {
			t.Error("the original bytes are not back")
		}
	})
}

// What we call hidden is no anchor for Java, and what is no longer hidden is.
func TestJavaTrustsNoHiddenEntry(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		t.Parallel()
		pki := javatest.NewPKI(t)
		addr := pki.Serve(t, pki.Issuing)
		store := filepath.Join(t.TempDir(), "store")
		for _, c := range []struct {
			alias  string
			shadow bool
			kind   javaks.Kind
			want   string
		}{
			{"root", false, javaks.TrustedCertificate, "TRUSTED"},
			{"Root", false, javaks.Hidden, "REJECTED"},
			{"root", true, javaks.Hidden, "REJECTED"},
		} {
			entries := []rawEntry{{"other", extra(t)}, {c.alias, pki.Root.Raw}}
			if c.shadow {
				entries = append(entries, rawEntry{c.alias, extra(t)})
			}
			data := rawJKS(entries...)
			if got := open(t, data, "changeit").Entries()[1].Kind; got != c.kind {
				t.Errorf("%+v: kind %s", c, got)
			}
			write(t, store, data)
			if got := jdk.TLS(t, store, nil, addr); !strings.HasPrefix(got, c.want) {
				t.Errorf("%+v: %s", c, got)
			}
		}
	})
}

// A new keystore is what Java takes it for, whatever its password and aliases.
func TestJavaReadsNewJKS(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		t.Parallel()
		for _, password := range []string{"", "changeit", "café", "密碼測試", "𠮷"} {
			data, err := javaks.New(javaks.JKS, password, []javaks.Addition{
				{Alias: "香港 \x00𠮷", DER: extra(t)}, {Alias: "B", DER: javatest.NewPKI(t).Root.Raw},
			})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "store")
			write(t, file, data)
			got := jdk.Dump(t, file, "JKS", &password)
			if !strings.HasPrefix(got, `"b" trusted `) || !strings.Contains(got, "\n"+`"\u9999\u6e2f \u0000\ud842\udfb7" trusted `) {
				t.Errorf("password %q: Java sees\n%s", password, got)
			}
		}
	})
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

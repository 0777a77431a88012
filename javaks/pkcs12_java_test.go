package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
)

// forJava are the fixtures that Java opens. It knows no PBMAC1, no AES-192, no
// triple DES in PBES2 and none with two keys; and JDK 17 no password beyond ASCII.
func forJava() []p12Fixture {
	return slices.DeleteFunc(slices.Clone(p12Fixtures), func(f p12Fixture) bool {
		switch f.file {
		case "go-pbmac1", "openssl-aes192", "openssl-pbes2-3des", "openssl-2des":
			return true
		}
		return strings.Contains(f.file, "chinese")
	})
}

// We list what Java sees: aliases, kinds and whole chains.
func TestPKCS12EntriesEqualJavas(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	for _, f := range append(forJava(), p12Fixture{file: "nss-ber"}) {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			data := f.read(t)
			file := filepath.Join(t.TempDir(), "store")
			write(t, file, data)
			sameAsJava(t, jdk, file, open(t, data, f.secret()).Entries(), f.secret())
		})
	}
}

// The same for files that Java itself would not write: two entries of one name,
// and entries without a name, which Java numbers.
func TestPKCS12OddNamesEqualJavas(t *testing.T) {
	one, two, three := extra(t), fixtureCA(t), find(t, open(t, p12(t, "keytool-default"), ""), "Ca One").Chain[0]
	jdk := javatest.JDKs(t)[0]
	for name, bags := range map[string][]javaks.CraftedBag{
		"equal but for case": {{Alias: "Same", DER: one}, {Alias: "other", DER: two}, {Alias: "same", DER: three}},
		"nameless":           {{Nameless: true, DER: one}, {Alias: "a", DER: two}, {Nameless: true, DER: three}},
		"named like number":  {{Alias: "1", DER: one}, {Nameless: true, DER: two}, {Alias: "2", DER: three}},
		"empty name":         {{Alias: "", DER: one}, {Alias: "x", DER: two}},
	} {
		t.Run(name, func(t *testing.T) {
			data := javaks.CraftPKCS12(t, bags...)
			file := filepath.Join(t.TempDir(), "store")
			write(t, file, data)
			entries := open(t, data, "").Entries()
			nameless := 0
			for i, b := range bags {
				if b.Nameless {
					nameless++
					entries[i].Alias = strconv.Itoa(nameless)
				}
			}
			sameAsJava(t, jdk, file, entries, "")
		})
	}
}

// Java and we try the empty password in both its forms.
func TestPKCS12UnterminatedEqualsJavas(t *testing.T) {
	data := javaks.CraftUnterminated(t, extra(t))
	out, _ := edit(t, open(t, data, ""), javaks.Edit{Add: []javaks.Addition{{Alias: "two", DER: fixtureCA(t)}}})
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		for _, data := range [][]byte{data, out} {
			file := filepath.Join(t.TempDir(), "store")
			write(t, file, data)
			sameAsJava(t, jdk, file, open(t, data, "").Entries(), "")
		}
	})
}

func sameAsJava(t *testing.T, jdk javatest.JDK, file string, entries []javaks.Entry, password string) {
	t.Helper()
	lines := strings.SplitAfter(keyDetails.ReplaceAllString(jdk.Dump(t, file, "PKCS12", &password), "$1"), "\n")
	slices.Sort(lines)
	want := strings.Join(lines, "")
	if got := javaView(entries); got != want {
		t.Errorf("Java %d sees\n%swe list\n%s", jdk.Major, want, got)
	}
}

// keyDetails are the parts of a Dump that javaks does not know: digests of keys
// and attributes.
var keyDetails = regexp.MustCompile(`(?m)( key) (?:locked|\S+ \S+)| \{.*$`)

// javaView writes entries as Dump does.
func javaView(entries []javaks.Entry) string {
	var lines []string
	for _, e := range entries {
		var chain []string
		for _, der := range e.Chain {
			sum := sha256.Sum256(der)
			chain = append(chain, " "+hex.EncodeToString(sum[:]))
		}
		line := strconv.QuoteToASCII(strings.ToLower(e.Alias))
		switch e.Kind {
		case javaks.TrustedCertificate:
			line += " trusted" + chain[0]
		case javaks.PrivateKey, javaks.SecretKey:
			line += fmt.Sprintf(" key chain %d%s", len(chain), strings.Join(chain, ""))
		default:
			continue
		}
		lines = append(lines, line+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// Java sees the same in a keystore that we have edited and in one that keytool
// has: one certificate added, one removed.
func TestPKCS12EditEqualsKeytools(t *testing.T) {
	jdks := javatest.JDKs(t)
	for _, f := range forJava() {
		if f.password == empty {
			continue // keytool has no way to say it
		}
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ours, theirs, cert := filepath.Join(dir, "ours"), filepath.Join(dir, "theirs"), filepath.Join(dir, "cert")
			write(t, theirs, f.read(t))
			write(t, cert, extra(t))
			keytool := func(args ...string) {
				t.Helper()
				jdks[0].Keytool(t, append(args, "-keystore", theirs, "-storetype", "PKCS12", "-storepass", f.secret())...)
			}
			ks := open(t, f.read(t), f.secret())
			change := javaks.Edit{Add: []javaks.Addition{{Alias: "extra", DER: extra(t)}}}
			keytool("-importcert", "-noprompt", "-alias", "extra", "-file", cert)
			for _, e := range ks.Entries() {
				if e.Kind == javaks.TrustedCertificate {
					keytool("-delete", "-alias", e.Alias)
					change.Remove = []javaks.Removal{{SHA256: fingerprint(t, e)}}
					break
				}
			}
			out, _ := edit(t, ks, change)
			write(t, ours, out)
			want := jdks[0].Dump(t, theirs, "PKCS12", new(f.secret()))
			for _, jdk := range jdks {
				if got := jdk.Dump(t, ours, "PKCS12", new(f.secret())); got != want {
					t.Errorf("Java %d sees in ours\n%sin keytool's\n%s", jdk.Major, got, want)
				}
			}
		})
	}
}

// What each JDK makes today, we edit, whatever its defaults are.
func TestPKCS12DefaultsOfEachJDK(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		dir := t.TempDir()
		file, cert := filepath.Join(dir, "store"), filepath.Join(dir, "cert")
		write(t, cert, fixtureCA(t))
		jdk.Keytool(t, "-importcert", "-noprompt", "-alias", "one", "-file", cert,
			"-keystore", file, "-storetype", "PKCS12", "-storepass", "secret")
		out, _ := edit(t, open(t, read(t, file), "secret"), javaks.Edit{Add: []javaks.Addition{{Alias: "two", DER: extra(t)}}})
		write(t, file, out)
		sameAsJava(t, jdk, file, open(t, out, "secret").Entries(), "secret")
	})
}

// Without encryption and MAC there is nothing random: our bytes are keytool's.
func TestPKCS12PasswordlessBytesEqualKeytools(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		for _, name := range []string{"keytool-passwordless", "keytool-emptied-passwordless"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				theirs, cert := filepath.Join(dir, "theirs"), filepath.Join(dir, "cert")
				original := p12(t, name)
				write(t, theirs, original)
				write(t, cert, extra(t))
				keytool := func(args ...string) {
					t.Helper()
					jdk.Keytool(t, append([]string{
						"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
						"-keystore", theirs, "-storetype", "PKCS12", "-storepass", "changeit",
					}, args...)...)
				}
				ks := open(t, original, "")
				same := func(step string) {
					t.Helper()
					if got, want := ks, read(t, theirs); !bytes.Equal(bytesOf(t, got), want) {
						t.Errorf("%s: ours\n%x\nkeytool's\n%x", step, bytesOf(t, got), want)
					}
				}
				change := func(e javaks.Edit) {
					t.Helper()
					out, _ := edit(t, ks, e)
					ks = open(t, out, "")
				}

				keytool("-importcert", "-noprompt", "-alias", "香港 extra", "-file", cert)
				change(javaks.Edit{Add: []javaks.Addition{{Alias: "香港 extra", DER: extra(t)}}})
				same("add")
				for _, e := range ks.Entries() {
					keytool("-delete", "-alias", e.Alias)
					change(javaks.Edit{Remove: []javaks.Removal{{SHA256: fingerprint(t, e)}}})
					same("remove " + e.Alias)
				}
			})
		}
	})
}

// bytesOf returns a keystore's own bytes: an empty edit gives them back.
func bytesOf(t testing.TB, ks *javaks.Keystore) []byte {
	t.Helper()
	out, _ := edit(t, ks, javaks.Edit{})
	return out
}

// A JVM rejects a server, trusts it when its root is added, and rejects it
// again when that is removed, in each kind of file that it can use.
func TestPKCS12EditDecidesTLS(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		pki := javatest.NewPKI(t)
		addr := pki.Serve(t, pki.Issuing)
		for _, c := range []struct {
			file     string
			password *string // as javax.net.ssl.trustStorePassword
		}{
			{"keytool-default", new("changeit")},
			{"keytool-passwordless", nil},
			{"keytool-passwordless", new("changeit")},
			{"keytool-mac-only", nil},
			{"keytool-encrypted-only", new("changeit")},
			{"keytool-legacy-rc2-40", new("changeit")},
			{"keytool-key-and-trusted", new("changeit")},
		} {
			t.Run(c.file, func(t *testing.T) {
				t.Parallel()
				store := filepath.Join(t.TempDir(), "cacerts")
				probe := func(data []byte, want string) {
					t.Helper()
					write(t, store, data)
					if got := jdk.TLS(t, store, c.password, addr); !strings.HasPrefix(got, want) {
						t.Errorf("%s instead of %s", got, want)
					}
				}
				original := p12(t, c.file)
				with, _ := edit(t, open(t, original, "changeit"), javaks.Edit{Add: []javaks.Addition{{Alias: "root", DER: pki.Root.Raw}}})
				without, _ := edit(t, open(t, with, "changeit"), javaks.Edit{Remove: []javaks.Removal{{SHA256: pki.Root.SHA256()}}})
				probe(original, "REJECTED: SunCertPathBuilderException")
				probe(with, "TRUSTED")
				probe(without, "REJECTED: SunCertPathBuilderException")
			})
		}
	})
}

// A JVM that is told no password sees nothing of what is encrypted: what
// Protection says about cacerts.
func TestPKCS12EncryptedWithoutPasswordIsEmptyToJava(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		for _, f := range p12Fixtures[:4] {
			file := filepath.Join(t.TempDir(), "store")
			write(t, file, f.read(t))
			got := jdk.Dump(t, file, "PKCS12", nil)
			if sees := got != ""; sees == f.protection.Certificates {
				t.Errorf("%s: Java sees\n%s", f.file, got)
			}
		}
	})
}

// A new keystore is what Java takes it for.
func TestJavaReadsNewPKCS12(t *testing.T) {
	add := []javaks.Addition{{Alias: "香港 𠮷", DER: extra(t)}, {Alias: "B", DER: fixtureCA(t)}}
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		for _, password := range []string{"", "changeit"} {
			for _, add := range [][]javaks.Addition{nil, add} {
				data, err := javaks.New(javaks.PKCS12, password, add)
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(t.TempDir(), "store")
				write(t, file, data)
				got := jdk.Dump(t, file, "PKCS12", &password)
				if strings.Count(got, " trusted ") != len(add) || len(add) > 0 && !strings.Contains(got, `"\u9999\u6e2f \ud842\udfb7" trusted `) {
					t.Errorf("password %q: Java sees\n%s", password, got)
				}
				if password == "" && jdk.Dump(t, file, "PKCS12", nil) != got {
					t.Error("Java sees something else without a password")
				}
			}
		}
	})
}

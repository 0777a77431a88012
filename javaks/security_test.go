package javaks

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
)

// What options say of security properties means to us what it means to a JVM: where
// it has others than without, they are the ones that are told, or it is said that
// they are not known.
func TestSecurityIsTheJVMs(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("more", "jdk.security.caDistrustPolicies=\n")
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		t.Parallel()
		without, _ := jdk.Security(t)
		unknown := 0
		for _, value := range []string{
			write("compat", "keystore.type.compat = false\n"), write("spaces", "ssl.TrustManagerFactory.algorithm=PKIX \n"),
			write("include", "keystore.type=jks\ninclude more\n"), write("provider", "security.provider.1=SunJCE\n"),
			write("harmless", "networkaddress.cache.ttl=3\n"), write("loop", "include loop\n"), write("malformed", "x=\\u12\n"),
			"=" + write("alone", "keystore.type.compat=false\n"), "file:" + filepath.Join(dir, "compat"), "file://" + filepath.Join(dir, "compat"),
			filepath.Join(dir, "missing"), "=" + filepath.Join(dir, "missing"), dir, "", "http://127.0.0.1:1/x", "${java.home}/conf/net.properties",
		} {
			option := TrustOptions{Security: Option{Value: value, Sources: []string{"X"}}}
			got, err := ReadSecurity(&host.Host{}, Home{Dir: jdk.Home, Version: jdk.Version}, option)
			want, starts := jdk.Security(t, "-Djava.security.properties="+value)
			switch {
			case errors.Is(err, ErrSecurityFile):
				unknown++
				continue
			case err != nil || !starts:
				t.Fatalf("%s: %v; a JVM starts: %v", value, err, starts)
			}
			var changed []string
			for name := range merged(without, want) {
				if bearsOnTrust(name) && strings.TrimSpace(without[name]) != strings.TrimSpace(want[name]) {
					changed = append(changed, name)
				}
				if strings.TrimSpace(want[name]) != got.property(name) {
					t.Errorf("%s: %s is %q, a JVM says %q", value, name, got.property(name), want[name])
				}
			}
			if slices.Sort(changed); !slices.Equal(changed, got.Changed) {
				t.Errorf("%s: %q, a JVM says %q", value, got.Changed, changed)
			}
		}
		if unknown > 4 { // a loop, a malformed file, what a URL or a variable names
			t.Errorf("%d are not followed", unknown)
		}
	})
}

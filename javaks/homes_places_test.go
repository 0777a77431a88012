package javaks

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hktrust/hktrust/truststore/host"
)

// Each place of each system is found as itself. The list is what the tools
// really make, written without the patterns that search for it.
func TestHomesInEveryPlace(t *testing.T) {
	for goos, dirs := range map[string][]string{
		"linux": {
			"system /usr/lib/jvm/java-21-openjdk-amd64",
			"system /usr/lib64/jvm/java-21-openjdk-21",
			"system /usr/java/jdk-21.0.2-oracle-x64",
			"system /usr/local/java/jdk-21",
			"system /usr/local/openjdk-17",
			"system /usr/lib64/zulu-openjdk21",
			"system /opt/jdk-21.0.5+11",
			"system /opt/java/openjdk",
			"system /opt/jdks/21",
			"system /opt/openjdk-bin-21.0.5_p11",
			"system /opt/hostedtoolcache/Java_Temurin-Hotspot_jdk/21.0.5-11/x64",
			"snap /snap/openjdk/current/jdk",
			"snap /snap/intellij-idea-community/current/jbr",
			"flatpak /var/lib/flatpak/runtime/org.freedesktop.Sdk.Extension.openjdk21/x86_64/24.08/active/files/jvm/openjdk-21",
			"flatpak /home/amy/.local/share/flatpak/runtime/org.freedesktop.Sdk.Extension.openjdk17/x86_64/23.08/active/files/jvm/openjdk-17",
			"homebrew /home/linuxbrew/.linuxbrew/opt/openjdk@21/libexec",
			"sdkman /home/amy/.sdkman/candidates/java/21.0.5-tem",
			"sdkman /usr/local/sdkman/candidates/java/21.0.5-ms",
			"asdf /home/amy/.asdf/installs/java/temurin-21.0.5+11.0.LTS",
			"mise /home/amy/.local/share/mise/installs/java/21.0.2",
			"jabba /home/amy/.jabba/jdk/temurin@21.0.5",
			"jbang /home/amy/.jbang/cache/jdks/21",
			"coursier /home/amy/.cache/coursier/jvm/adopt@1.11.0-7",
			"coursier /home/amy/.cache/coursier/arc/https/github.com/adoptium/temurin21-binaries/releases/download/jdk-21.0.5%2B11/OpenJDK21U-jdk_x64_linux_hotspot_21.0.5_11.tar.gz/jdk-21.0.5+11",
			"gradle /home/amy/.gradle/jdks/eclipse_adoptium-21-amd64-linux.2",
			"gradle /home/amy/.gradle/jdks/eclipse_adoptium-17-amd64-linux/jdk-17.0.9+9",
			"intellij /home/amy/.jdks/corretto-21.0.5",
			"ide /opt/idea-IU-243.21565.193/jbr",
			"system /opt/android-studio/jre",
			"ide /usr/share/dbeaver-ce/jre",
			"ide /home/amy/.local/share/JetBrains/Toolbox/apps/goland/jbr",
			"ide /home/amy/.local/share/JetBrains/Toolbox/apps/IDEA-U/ch-0/213.7172.25/jbr",
			"ide /home/amy/android-studio/jbr",
			"ide /home/amy/.vscode/extensions/redhat.java-1.36.0-linux-x64/jre/17.0.13-linux-x86_64",
			"openwebstart /home/amy/.cache/icedtea-web/jvm-cache/Eclipse_1.8.0_432",
		},
		"darwin": {
			"system /Library/Java/JavaVirtualMachines/temurin-21.jdk/Contents/Home",
			"system /Library/Internet Plug-Ins/JavaAppletPlugin.plugin/Contents/Home",
			"system /Users/amy/Library/Java/JavaVirtualMachines/corretto-21.0.5/Contents/Home",
			"homebrew /opt/homebrew/opt/openjdk@21/libexec/openjdk.jdk/Contents/Home",
			"homebrew /usr/local/opt/openjdk/libexec/openjdk.jdk/Contents/Home",
			"sdkman /opt/homebrew/opt/sdkman-cli/libexec/candidates/java/21.0.5-tem",
			"jabba /Users/amy/.jabba/jdk/zulu@21/Contents/Home",
			"mise /Users/amy/.local/share/mise/installs/java/temurin-21/Contents/Home",
			"coursier /Users/amy/Library/Caches/Coursier/jvm/adopt@1.11/Contents/Home",
			"ide /Applications/IntelliJ IDEA.app/Contents/jbr/Contents/Home",
			"ide /Applications/Android Studio.app/Contents/jre/jdk/Contents/Home",
			"ide /Users/amy/Applications/GoLand.app/Contents/jbr/Contents/Home",
		},
		"windows": {
			`program-files C:\Program Files\Java\jdk-21`,
			`program-files C:\Program Files (x86)\Java\jre1.8.0_431`,
			`program-files C:\Program Files\Eclipse Adoptium\jdk-21.0.5.11-hotspot`,
			`program-files C:\Program Files\Amazon Corretto\jdk21.0.5_11`,
			`program-files C:\Program Files\Microsoft\jdk-21.0.5.11-hotspot`,
			`program-files C:\Program Files\Zulu\zulu-21`,
			`program-files C:\Program Files\SapMachine\JDK\21`,
			`program-files C:\Program Files\BellSoft\LibericaJDK-21`,
			`program-files C:\Users\amy\AppData\Local\Programs\Eclipse Adoptium\jdk-21.0.5.11-hotspot`,
			`scoop C:\Users\amy\scoop\apps\temurin21-jdk\current`,
			`scoop C:\ProgramData\scoop\apps\openjdk\current`,
			`intellij C:\Users\amy\.jdks\ms-21.0.5`,
			`gradle C:\Users\amy\.gradle\jdks\adoptium-21-x64-hotspot-windows`,
			`mise C:\Users\amy\AppData\Local\mise\installs\java\21`,
			`coursier C:\Users\amy\AppData\Local\Coursier\cache\jvm\adopt@1.11`,
			`ide C:\Program Files\JetBrains\IntelliJ IDEA 2024.3\jbr`,
			`ide C:\Program Files\Android\Android Studio\jbr`,
			`ide C:\Users\amy\AppData\Local\Programs\GoLand\jbr`,
			`openwebstart C:\Users\amy\.cache\icedtea-web\jvm-cache\Azul_17.0.9`,
		},
	} {
		t.Run(goos, func(t *testing.T) {
			m := newTree(t, goos)
			for _, d := range dirs {
				_, dir, _ := strings.Cut(d, " ")
				m.java(dir)
			}
			slices.Sort(dirs)
			if diff := cmp.Diff(dirs, found(m.homes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Where a variable moves a place, it is found there too.
func TestHomesWhereVariablesSay(t *testing.T) {
	m := newTree(t, "linux")
	want := []string{}
	for variable, c := range map[string]struct{ value, source, dir string }{
		"JAVA_HOME":             {"/j/1", "JAVA_HOME", "/j/1"},
		"JDK_HOME":              {`"/j/2"`, "JDK_HOME", "/j/2"},
		"JAVA_HOME_21_X64":      {"/j/3", "JAVA_HOME_21_X64", "/j/3"},
		"GRAALVM_HOME":          {"/j/4/", "GRAALVM_HOME", "/j/4"},
		"SDKMAN_DIR":            {"/m/sdkman", "sdkman", "/m/sdkman/candidates/java/21"},
		"SDKMAN_CANDIDATES_DIR": {"/m/candidates", "sdkman", "/m/candidates/java/21"},
		"ASDF_DATA_DIR":         {"/m/asdf", "asdf", "/m/asdf/installs/java/21"},
		"MISE_DATA_DIR":         {"/m/mise", "mise", "/m/mise/installs/java/21"},
		"JENV_ROOT":             {"/m/jenv", "jenv", "/m/jenv/versions/21"},
		"JABBA_HOME":            {"/m/jabba", "jabba", "/m/jabba/jdk/21"},
		"GRADLE_USER_HOME":      {"/m/gradle", "gradle", "/m/gradle/jdks/21"},
		"JBANG_DIR":             {"/m/jbang", "jbang", "/m/jbang/cache/jdks/21"},
	} {
		m.Environ[variable] = c.value
		m.java(c.dir)
		want = append(want, c.source+" "+c.dir)
	}
	m.java("/relative")
	m.Environ["JRE_HOME"] = "relative"
	slices.Sort(want)
	if diff := cmp.Diff(want, found(m.homes())); diff != "" {
		t.Error(diff)
	}
}

// jenv only links to what others installed.
func TestHomesThatJenvLinksTo(t *testing.T) {
	m := newTree(t, "linux")
	dir := m.java("/srv/jdk")
	m.link("/home/amy/.jenv/versions/21", "/srv/jdk")
	m.link("/home/amy/.jenv/versions/21.0", "/srv/jdk")
	if diff := cmp.Diff([]string{"jenv " + dir}, found(m.homes())); diff != "" {
		t.Error(diff)
	}
}

func TestHomesThatBuildToolsName(t *testing.T) {
	m := newTree(t, "linux")
	m.Environ["BUILD_JDK"] = "/j/env"
	want := []string{}
	for _, d := range []string{"maven /j/plain", "maven /home/amy/j", "maven /j/env", "gradle /j/daemon", "gradle /j/a", "gradle /j/b"} {
		_, dir, _ := strings.Cut(d, " ")
		m.java(dir)
		want = append(want, d)
	}
	m.java("/j/other")
	m.write("/home/amy/.m2/toolchains.xml", `<?xml version="1.0" encoding="UTF-8"?>
<toolchains xmlns="http://maven.apache.org/TOOLCHAINS/1.1.0">
  <toolchain><type>jdk</type><configuration><jdkHome>/j/plain</jdkHome></configuration></toolchain>
  <toolchain><type>jdk</type><configuration><jdkHome> ${user.home}/j </jdkHome></configuration></toolchain>
  <toolchain><type>jdk</type><configuration><jdkHome>${env.BUILD_JDK}</jdkHome></configuration></toolchain>
  <toolchain><type>jdk</type><configuration><jdkHome>${env.NONE}</jdkHome></configuration></toolchain>
  <jdkHome>/j/other</jdkHome>
</toolchains>`)
	m.write("/home/amy/.gradle/gradle.properties",
		"org.gradle.java.home=/j/daemon\norg.gradle.java.installations.paths=/j/a, /j/b\n")
	slices.Sort(want)
	if diff := cmp.Diff(want, found(m.homes())); diff != "" {
		t.Error(diff)
	}
}

func TestHomesNamedInABrokenFile(t *testing.T) {
	m := newTree(t, "linux")
	dir := m.java("/j/plain")
	m.write("/home/amy/.m2/toolchains.xml",
		`<toolchains><toolchain><configuration><jdkHome>/j/plain</jdkHome></configuration></toolchain><a></b>`)
	homes, problems := m.search()
	if diff := cmp.Diff([]string{"maven " + dir}, found(homes)); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 || problems[0].Path != "/home/amy/.m2/toolchains.xml" {
		t.Errorf("problems %v", problems)
	}
}

func FuzzNamedHomes(f *testing.F) {
	f.Add([]byte("<toolchains><toolchain><configuration><jdkHome>/j</jdkHome></configuration></toolchain></toolchains>"))
	f.Add([]byte("<a></b></a>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dirs, _ := parseToolchains(data)
		env := finder{Host: &host.Host{OS: "linux", Environ: map[string]string{}}}
		for _, dir := range dirs {
			env.interpolate(dir)
		}
	})
}

// registry is a Windows registry: hive\key, "view value" or "" for a key.
type registry map[string]string

func registryPath(hive host.Hive, view host.View, key string) string {
	if view == host.View32 {
		return string(hive) + `\32\` + key
	}
	return string(hive) + `\64\` + key
}

func (r registry) SubKeys(hive host.Hive, key string, view host.View) ([]string, error) {
	var out []string
	for path := range r {
		if rest, ok := strings.CutPrefix(path, registryPath(hive, view, key)+`\`); ok {
			name, _, _ := strings.Cut(rest, `\`)
			out = append(out, name)
		}
	}
	if out == nil {
		return nil, fs.ErrNotExist
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (r registry) String(hive host.Hive, key, value string, view host.View) (string, error) {
	s, ok := r[registryPath(hive, view, key)+`\`+value]
	if !ok {
		return "", fs.ErrNotExist
	}
	return s, nil
}

func TestHomesOfTheRegistry(t *testing.T) {
	m := newTree(t, "windows")
	m.Environ["ProgramFiles"] = `C:\Program Files`
	for _, dir := range []string{`D:\jre8`, `D:\jdk21`, `D:\temurin`, `D:\ms`, `D:\semeru`, `D:\zulu`, `D:\liberica`, `D:\mine`, `C:\Program Files\own`} {
		m.java(dir)
	}
	m.Registry = registry{
		`HKLM\32\SOFTWARE\JavaSoft\Java Runtime Environment\1.8\JavaHome`:              `D:\jre8`,
		`HKLM\32\SOFTWARE\JavaSoft\Java Runtime Environment\1.8.0_431\JavaHome`:        `D:\JRE8\`,
		`HKLM\32\SOFTWARE\JavaSoft\Java Runtime Environment\CurrentVersion`:            `1.8`,
		`HKLM\64\SOFTWARE\JavaSoft\JDK\21.0.5\JavaHome`:                                `D:\jdk21`,
		`HKLM\64\SOFTWARE\JavaSoft\JDK\20\JavaHome`:                                    `D:\removed`,
		`HKLM\64\SOFTWARE\Eclipse Adoptium\JDK\21.0.5.11\hotspot\MSI\Path`:             `D:\temurin\`,
		`HKLM\64\SOFTWARE\Microsoft\JDK\21.0.5.11\hotspot\MSI\Path`:                    `D:\ms\`,
		`HKLM\64\SOFTWARE\Semeru\JRE\21.0.5\openj9\MSI\Path`:                           `D:\semeru`,
		`HKLM\64\SOFTWARE\Azul Systems\Zulu\zulu-21\InstallationPath`:                  `D:\zulu`,
		`HKLM\64\SOFTWARE\BellSoft\Liberica\21\InstallationPath`:                       `D:\liberica`,
		`HKLM\64\SOFTWARE\JavaSoft\JDK\own\JavaHome`:                                   `%ProgramFiles%\own`,
		`HKCU\64\SOFTWARE\Eclipse Adoptium\JRE\21.0.5.11\hotspot\MSI\Path`:             `D:\mine`,
		`HKLM\64\SOFTWARE\Eclipse Adoptium\JDK\8.0.432.6\hotspot\MSI\FeatureSomething`: `x`,
	}
	// On a case-insensitive file system D:\JRE8 is D:\jre8.
	m.java(`D:\JRE8`)
	want := []string{
		`registry C:\Program Files\own`, `registry D:\jdk21`, `registry D:\jre8`, `registry D:\liberica`, `registry D:\mine`,
		`registry D:\ms`, `registry D:\semeru`, `registry D:\temurin`, `registry D:\zulu`,
	}
	if diff := cmp.Diff(want, found(m.homes())); diff != "" {
		t.Error(diff)
	}
}

func TestHomesOnWindowsPath(t *testing.T) {
	m := newTree(t, "windows")
	dir := m.java(`D:\jdk 21`)
	m.write(`C:\Program Files\Common Files\Oracle\Java\javapath\java.exe`, "") // Oracle's launcher, no installation
	m.Environ["PATH"] = `C:\Program Files\Common Files\Oracle\Java\javapath;"D:\jdk 21\bin";.;C:\Windows`
	if diff := cmp.Diff([]string{"PATH " + dir}, found(m.homes())); diff != "" {
		t.Error(diff)
	}
}

// A program called java somewhere is not an installation.
func TestHomesAreNotStubs(t *testing.T) {
	m := newTree(t, "darwin")
	m.write("/usr/bin/java", "")                    // macOS's stub
	m.write("/usr/lib/security/pam_unix.so", "")    // of another system
	m.write("/Users/amy/.jenv/shims/java", "")      // a script
	m.write("/Users/amy/.jdks/half/bin/java/x", "") // a directory
	m.Environ["PATH"] = "/Users/amy/.jenv/shims:/usr/bin"
	if got := found(m.homes()); len(got) != 0 {
		t.Errorf("found %q", got)
	}
}

func TestManagedBy(t *testing.T) {
	for _, c := range []struct {
		goos, path, hook string
		release          string
		want             ManagedBy
		regenerated, ro  bool
	}{
		{goos: "linux", path: "/etc/ssl/certs/java/cacerts", want: ManagedByDebian},
		{goos: "linux", path: "/etc/ssl/certs/java/cacerts", hook: "java-cacerts", want: ManagedByAlpine, regenerated: true},
		{goos: "linux", path: "/etc/ssl/certs/java/cacerts", release: "ID=alpine\n"},
		{goos: "linux", path: "/usr/local/openjdk-17/lib/security/cacerts", hook: "docker-openjdk", want: ManagedByDocker, regenerated: true},
		{goos: "linux", path: "/usr/local/openjdk-17/lib/security/cacerts"},
		{goos: "linux", path: "/etc/pki/ca-trust/extracted/java/cacerts", want: ManagedByRHEL, regenerated: true},
		{goos: "linux", path: "/etc/pki/java/cacerts", want: ManagedByRHEL, regenerated: true},
		{goos: "linux", path: "/etc/ca-certificates/extracted/java-cacerts.jks", want: ManagedByArch, regenerated: true},
		{goos: "linux", path: "/var/lib/ca-certificates/java-cacerts", want: ManagedBySUSE, regenerated: true},
		{goos: "linux", path: "/nix/store/abc-openjdk-21/lib/openjdk/lib/security/cacerts", want: ManagedByNix, ro: true},
		{goos: "darwin", path: "/nix/store/abc-zulu-21/lib/security/cacerts", want: ManagedByNix, ro: true},
		{goos: "linux", path: "/gnu/store/abc-openjdk-21/lib/security/cacerts", want: ManagedByGuix, ro: true},
		{goos: "linux", path: "/snap/openjdk/1735/jdk/lib/security/cacerts", want: ManagedBySnap, ro: true},
		{goos: "linux", path: "/var/lib/flatpak/runtime/x/active/files/jvm/openjdk-21/lib/security/cacerts", want: ManagedByFlatpak, ro: true},
		{goos: "linux", path: "/home/amy/.local/share/flatpak/app/x/lib/security/cacerts", want: ManagedByFlatpak, ro: true},
		{goos: "darwin", path: "/System/Library/Java/x/lib/security/cacerts", want: ManagedByApple, ro: true},
		{goos: "linux", path: "/opt/jdk/lib/security/cacerts"},
		{goos: "darwin", path: "/etc/pki/java/cacerts"},
		{goos: "windows", path: `C:\Program Files\Java\jdk\lib\security\cacerts`},
	} {
		m := newTree(t, c.goos)
		if c.hook != "" {
			m.write("/etc/ca-certificates/update.d/"+c.hook, "")
		}
		if c.release != "" {
			m.write("/etc/os-release", c.release)
		}
		got := ManagerOf(m.Host, c.path)
		if got != c.want || got.Regenerated() != c.regenerated || got.ReadOnly() != c.ro {
			t.Errorf("%s: %q, regenerated %v, read-only %v", c.path, got, got.Regenerated(), got.ReadOnly())
		}
	}
}

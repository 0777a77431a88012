package javaks

// scope says whose a place is.
type scope int

const (
	eitherScope  scope = iota // the environment, which may point anywhere
	machineScope              // searched with HomeSearch.Machine
	userScope                 // searched with HomeSearch.User
)

// A place is where installations are found.
//
// A pattern is a path with "/" between its elements. Any element may hold
// "*". "~" at the beginning is the home of the user searched, and "$NAME" or
// "${NAME}" an environment variable; where it is not set, or not absolute,
// the pattern is passed over.
type place struct {
	source   string // Home.Source of what is found
	scope    scope
	goos     string // "" for every system
	what     findKind
	patterns []string
	guessed  bool // a name is tried in every directory of some kind: those closed to us are no sign of Java
}

// findKind is what the patterns of a place match.
type findKind int

const (
	homeDirs           findKind = iota // installations
	namedHomes                         // no "*": an installation, where somebody says that there is one
	programs                           // java programs, or links to them
	toolchains                         // Maven's toolchains.xml
	gradleProperties                   // Gradle's gradle.properties
	pathVariable                       // no pattern: the directories of PATH
	versionedVariables                 // no pattern: JAVA_HOME_17_X64 and the like
	runningJVMs                        // no pattern: what /proc tells
)

// places returns all of them, in the order of the search. The first source
// that leads to an installation names it.
func places() []place {
	return []place{
		{source: "JAVA_HOME", what: namedHomes, patterns: []string{"$JAVA_HOME"}},
		{source: "JDK_HOME", what: namedHomes, patterns: []string{"$JDK_HOME"}},
		{source: "JRE_HOME", what: namedHomes, patterns: []string{"$JRE_HOME"}},
		{source: "GRAALVM_HOME", what: namedHomes, patterns: []string{"$GRAALVM_HOME"}},
		{what: versionedVariables}, // GitHub's and Azure's runners
		{source: "PATH", what: pathVariable},

		// Linux distributions: the link of update-alternatives, packages, and
		// the places that vendors' archives recommend.
		{source: "alternatives", scope: machineScope, goos: "linux", what: programs, patterns: []string{
			"/etc/alternatives/java", "/usr/bin/java",
		}},
		{source: "system", scope: machineScope, goos: "linux", patterns: []string{
			"/usr/lib/jvm/*", "/usr/lib64/jvm/*", "/usr/lib32/jvm/*", // Debian, Fedora, SUSE, Arch, Alpine, Void
			"/usr/java/*",                          // Oracle's RPMs, docker.io/openjdk
			"/usr/local/java/*", "/usr/local/java", // by hand, as Oracle's instructions say
			"/usr/local/openjdk*", "/usr/local/jdk*", // docker.io/openjdk
			"/usr/local/lib/jvm/*",                    // Alpine's and others' local builds
			"/usr/lib64/zulu*", "/usr/lib64/openjdk*", // Slackware
			"/opt/*", "/opt/java/*", "/opt/jdks/*", "/opt/jvm/*", // eclipse-temurin's images, Gentoo, by hand
			"/opt/hostedtoolcache/Java_*/*/*",                        // GitHub's runners
			"/app/jdk", "/app/jre", "/layers/*/jre", "/layers/*/jdk", // flatpak sandboxes, buildpacks
		}},
		{source: "system", scope: machineScope, goos: "freebsd", patterns: []string{
			"/usr/local/openjdk*", "/usr/local/linux-*jdk*",
		}},
		{source: "nix", scope: machineScope, patterns: []string{
			"/run/current-system/sw/lib/openjdk", "/nix/var/nix/profiles/default/lib/openjdk",
			"/run/current-system/profile/lib/openjdk", // Guix
		}},
		{source: "nix", scope: userScope, patterns: []string{"~/.nix-profile/lib/openjdk", "~/.nix-profile", "~/.guix-profile"}},
		{source: "snap", scope: machineScope, goos: "linux", patterns: []string{
			"/snap/openjdk/current/jdk", "/snap/*/current/jbr", "/snap/*/current/usr/lib/jvm/*",
		}},
		{source: "flatpak", scope: machineScope, goos: "linux", patterns: []string{
			"/var/lib/flatpak/runtime/org.freedesktop.Sdk.Extension.openjdk*/*/*/active/files/jvm/*",
			"/var/lib/flatpak/app/*/current/active/files/extra/*/jbr",
			"/var/lib/flatpak/app/*/current/active/files/*/jbr",
		}},
		{source: "flatpak", scope: userScope, goos: "linux", patterns: []string{
			"~/.local/share/flatpak/runtime/org.freedesktop.Sdk.Extension.openjdk*/*/*/active/files/jvm/*",
			"~/.local/share/flatpak/app/*/current/active/files/extra/*/jbr",
			"~/.local/share/flatpak/app/*/current/active/files/*/jbr",
		}},

		// macOS: what /usr/libexec/java_home lists, and the Oracle JRE 8 of the
		// browser plug-in.
		{source: "system", scope: machineScope, goos: "darwin", patterns: []string{
			"/Library/Java/JavaVirtualMachines/*", "/System/Library/Java/JavaVirtualMachines/*",
			"/System/Library/Frameworks/JavaVM.framework/Versions/*/Home",
			"/Library/Internet Plug-Ins/JavaAppletPlugin.plugin",
			"/Users/runner/hostedtoolcache/Java_*/*/*", // GitHub's runners
		}},
		{source: "system", scope: userScope, goos: "darwin", patterns: []string{"~/Library/Java/JavaVirtualMachines/*"}},

		// Homebrew, also on Linux.
		{source: "homebrew", scope: machineScope, goos: "darwin", patterns: []string{
			"/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk", "/usr/local/opt/openjdk*/libexec/openjdk.jdk",
		}},
		{source: "homebrew", scope: machineScope, goos: "linux", patterns: []string{
			"/home/linuxbrew/.linuxbrew/opt/openjdk*/libexec",
		}},
		{source: "homebrew", scope: userScope, goos: "linux", patterns: []string{"~/.linuxbrew/opt/openjdk*/libexec"}},

		// Windows: where the vendors' installers put theirs. The registry is in
		// registryKeys.
		{source: "program-files", scope: machineScope, goos: "windows", patterns: windowsVendors(
			"${ProgramFiles}", "${ProgramFiles(x86)}", "${ProgramW6432}",
		)},
		{source: "program-files", scope: machineScope, goos: "windows", patterns: []string{
			"C:/hostedtoolcache/windows/Java_*/*/*", // GitHub's runners
		}},
		{source: "program-files", scope: userScope, goos: "windows", patterns: windowsVendors("${LOCALAPPDATA}/Programs")},

		// Version managers.
		{source: "sdkman", scope: machineScope, patterns: []string{
			"/usr/local/sdkman/candidates/java/*", // the devcontainers' feature
			"/opt/homebrew/opt/sdkman-cli/libexec/candidates/java/*", "/usr/local/opt/sdkman-cli/libexec/candidates/java/*",
		}},
		{source: "sdkman", scope: userScope, patterns: []string{
			"$SDKMAN_CANDIDATES_DIR/java/*", "$SDKMAN_DIR/candidates/java/*", "~/.sdkman/candidates/java/*",
		}},
		{source: "asdf", scope: userScope, patterns: []string{"$ASDF_DATA_DIR/installs/java/*", "~/.asdf/installs/java/*"}},
		{source: "mise", scope: userScope, patterns: []string{
			"$MISE_DATA_DIR/installs/java/*", "$XDG_DATA_HOME/mise/installs/java/*", "~/.local/share/mise/installs/java/*",
			"~/.local/share/rtx/installs/java/*", // its name until 2024
		}},
		{source: "mise", scope: userScope, goos: "windows", patterns: []string{"$LOCALAPPDATA/mise/installs/java/*"}},
		{source: "jenv", scope: userScope, patterns: []string{"$JENV_ROOT/versions/*", "~/.jenv/versions/*"}},
		{source: "jabba", scope: userScope, patterns: []string{"$JABBA_HOME/jdk/*", "~/.jabba/jdk/*"}},
		{source: "jbang", scope: userScope, patterns: []string{
			"$JBANG_CACHE_DIR/jdks/*", "$JBANG_DIR/cache/jdks/*", "~/.jbang/cache/jdks/*", "~/.jbang/jdks/*",
		}},
		{source: "coursier", scope: userScope, patterns: coursier("$COURSIER_JVM_CACHE/*", "$COURSIER_ARCHIVE_CACHE")},
		{source: "coursier", scope: userScope, goos: "linux", patterns: coursier(
			"$XDG_CACHE_HOME/coursier/jvm/*", "$XDG_CACHE_HOME/coursier/arc", "~/.cache/coursier/jvm/*", "~/.cache/coursier/arc",
		)},
		{source: "coursier", scope: userScope, goos: "darwin", patterns: coursier(
			"~/Library/Caches/Coursier/jvm/*", "~/Library/Caches/Coursier/arc",
		)},
		{source: "coursier", scope: userScope, goos: "windows", patterns: coursier(
			"$LOCALAPPDATA/Coursier/cache/jvm/*", "$LOCALAPPDATA/Coursier/cache/arc",
		)},
		{source: "scoop", scope: machineScope, goos: "windows", patterns: []string{
			"$SCOOP_GLOBAL/apps/*/current", "$ProgramData/scoop/apps/*/current",
		}},
		{source: "scoop", scope: userScope, goos: "windows", patterns: []string{"$SCOOP/apps/*/current", "~/scoop/apps/*/current"}},

		// Build tools, which download JDKs of their own or name others'.
		{source: "gradle", scope: userScope, patterns: []string{
			"$GRADLE_USER_HOME/jdks/*", "$GRADLE_USER_HOME/jdks/*/*", "~/.gradle/jdks/*", "~/.gradle/jdks/*/*",
		}},
		{source: "gradle", scope: userScope, what: gradleProperties, patterns: []string{
			"$GRADLE_USER_HOME/gradle.properties", "~/.gradle/gradle.properties",
		}},
		{source: "maven", scope: machineScope, what: toolchains, patterns: []string{
			"$MAVEN_HOME/conf/toolchains.xml", "$M2_HOME/conf/toolchains.xml",
		}},
		{source: "maven", scope: machineScope, goos: "linux", what: toolchains, patterns: []string{
			"/etc/maven/toolchains.xml", "/usr/share/maven/conf/toolchains.xml",
		}},
		{source: "maven", scope: userScope, what: toolchains, patterns: []string{"~/.m2/toolchains.xml"}},

		// IDEs: downloads of IntelliJ, and the runtimes they bring along.
		{source: "intellij", scope: userScope, patterns: []string{"~/.jdks/*"}},
		{source: "ide", scope: machineScope, goos: "linux", patterns: []string{
			"/opt/*/jbr", "/opt/*/jre", "/opt/*/*/jbr", "/usr/share/*/jbr", "/usr/share/*/jre", "/usr/local/*/jbr",
			"/usr/lib/*/jbr", "/usr/local/android-studio/jre", "/opt/*/plugins/org.eclipse.justj.openjdk.*/jre",
		}},
		{source: "ide", scope: userScope, goos: "linux", patterns: []string{
			"~/.local/share/JetBrains/Toolbox/apps/*/jbr", "~/.local/share/JetBrains/Toolbox/apps/*/*/*/jbr",
			"~/*/jbr", "~/.local/share/*/jbr", "~/android-studio/jre", "~/eclipse/*/eclipse/plugins/org.eclipse.justj.openjdk.*/jre",
		}},
		{source: "ide", scope: machineScope, goos: "darwin", patterns: macApplications("/Applications")},
		{source: "ide", scope: userScope, goos: "darwin", patterns: append(macApplications("~/Applications"),
			"~/Library/Application Support/JetBrains/Toolbox/apps/*/*/*/*.app/Contents/jbr",
		)},
		{source: "ide", scope: machineScope, goos: "windows", patterns: []string{
			"$ProgramFiles/JetBrains/*/jbr", "$ProgramFiles/Android/*/jbr", "$ProgramFiles/Android/*/jre",
			"$ProgramFiles/*/jbr", "$ProgramFiles/*/jre", "${ProgramFiles(x86)}/*/jre",
			"$ProgramFiles/*/plugins/org.eclipse.justj.openjdk.*/jre",
		}},
		{source: "ide", scope: userScope, goos: "windows", patterns: []string{
			"$LOCALAPPDATA/JetBrains/Toolbox/apps/*/jbr", "$LOCALAPPDATA/JetBrains/Toolbox/apps/*/*/*/jbr",
			"$LOCALAPPDATA/Programs/*/jbr", "$LOCALAPPDATA/Programs/*/jre",
			"~/eclipse/*/eclipse/plugins/org.eclipse.justj.openjdk.*/jre",
		}},
		// The Java that servers and applications bring along, and the runtimes
		// of applications made by jpackage.
		{source: "application", scope: machineScope, goos: "linux", guessed: true, patterns: applications("/opt/*", "/opt/*/*", "/usr/local/*", "/srv/*", "/snap/*/current")},
		{source: "application", scope: machineScope, goos: "linux", guessed: true, patterns: []string{
			// Packages; there are hundreds of directories beside theirs, so few names are tried.
			"/usr/share/*/jdk", "/usr/lib/*/jre", "/usr/lib/*/jdk", "/var/lib/*/jdk",
			"/usr/lib/graalvm/*", "/usr/lib64/graalvm/*", // Oracle's RPMs of GraalVM
			"/opt/*/app/third-party/java", "/opt/*/*/app/third-party/java", // JFrog
			"/opt/ibm/java*", "/opt/IBM/*/*/java", "/opt/IBM/*/*/java/*", "/opt/ibm/*/*/java", // WebSphere and others
			"/opt/*/internal/java/*", // YouTrack, Hub
			"/u01/app/oracle/product/*/jdk", "/u01/app/oracle/product/*/*/jdk", "/opt/oracle/product/*/*/jdk",
			"/usr/sap/*/*/exe/sapjvm_*", "/usr/openv/java/jre",
			"/usr/local/MATLAB/*/sys/java/jre/*/jre",
		}},
		{source: "application", scope: userScope, goos: "linux", patterns: applications("~/*")},
		{source: "application", scope: userScope, patterns: []string{
			"~/.minecraft/runtime/*/*/*", "~/.local/share/PrismLauncher/java/*",
		}},
		{source: "application", scope: machineScope, goos: "freebsd", patterns: applications("/usr/local/*", "/usr/local/lib/*", "/usr/local/share/*")},
		{source: "application", scope: machineScope, goos: "darwin", patterns: macBundled("/Applications")},
		{source: "application", scope: userScope, goos: "darwin", patterns: macBundled("~/Applications")},
		{source: "application", scope: machineScope, goos: "windows", patterns: applications(
			"$ProgramFiles/*", "$ProgramFiles/*/*", "${ProgramFiles(x86)}/*", "${ProgramFiles(x86)}/*/*", "$ProgramData/*")},
		{source: "application", scope: userScope, goos: "windows", patterns: applications("$LOCALAPPDATA/*", "$LOCALAPPDATA/Programs/*")},

		{source: "ide", scope: userScope, patterns: []string{
			"~/.vscode/extensions/redhat.java-*/jre/*", "~/.vscode-server/extensions/redhat.java-*/jre/*",
		}},

		{source: "running", goos: "linux", what: runningJVMs},

		// What OpenWebStart downloads to run applications with.
		{source: "openwebstart", scope: userScope, patterns: []string{
			"$XDG_CACHE_HOME/icedtea-web/jvm-cache/*", "~/.cache/icedtea-web/jvm-cache/*",
			"$XDG_CACHE_HOME/icedtea-web/jvm-cache/*/*", "~/.cache/icedtea-web/jvm-cache/*/*",
		}},
	}
}

// windowsVendors are the folders of the vendors' installers below each of
// the given directories.
func windowsVendors(below ...string) []string {
	var out []string
	for _, dir := range below {
		for _, vendor := range []string{
			"Java", "Eclipse Adoptium", "Eclipse Foundation", "AdoptOpenJDK", "Amazon Corretto", "Microsoft",
			"Zulu", "SapMachine/JDK", "SapMachine/JRE", "Semeru", "BellSoft", "RedHat", "OpenLogic", "GraalVM", "OpenJDK",
		} {
			out = append(out, dir+"/"+vendor+"/*")
		}
	}
	return out
}

// applications are the directories in which an application that is installed in
// one of the given directories keeps its Java: Elasticsearch's and OpenSearch's
// jdk, Atlassian's and install4j's jre, Bitnami's and IBM's java, jpackage's
// runtime.
func applications(dirs ...string) []string {
	var out []string
	for _, dir := range dirs {
		for _, name := range []string{"jdk", "jre", "jre64", "jbr", "java", "runtime", "lib/runtime"} {
			out = append(out, dir+"/"+name)
		}
	}
	return out
}

// macBundled are the runtimes of jpackage, install4j and others inside the
// application bundles of a directory.
func macBundled(dir string) []string {
	return []string{
		dir + "/*.app/Contents/runtime", dir + "/*.app/Contents/PlugIns/*", dir + "/*.app/Contents/jre.bundle",
		dir + "/*.app/Contents/Resources/jre.bundle", dir + "/*.app/Contents/Java/*", dir + "/*/*.app/Contents/runtime",
	}
}

// macApplications are the runtimes inside the application bundles of a
// directory: JetBrains' and Android Studio's, old and new.
func macApplications(dir string) []string {
	return []string{
		dir + "/*.app/Contents/jbr", dir + "/*.app/Contents/jre", dir + "/*.app/Contents/jre/jdk",
		dir + "/*.app/Contents/Eclipse/plugins/org.eclipse.justj.openjdk.*/jre",
	}
}

// coursier turns coursier's archive caches among the given directories into
// the pattern of the archives it unpacks there, which are named by their URL.
func coursier(dirs ...string) []string {
	for i, dir := range dirs {
		if dir[len(dir)-1] != '*' {
			dirs[i] = dir + "/https/github.com/*/*/releases/download/*/*/*"
		}
	}
	return dirs
}

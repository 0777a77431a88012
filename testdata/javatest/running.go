package javatest

import (
	"bufio"
	"testing"
)

// Start starts a JVM with options in a directory, "" for the test's own, and waits
// until it runs. It runs to the end of the test.
func (j JDK) Start(t testing.TB, dir string, options ...string) {
	t.Helper()
	const shell = "jdk.jshell/jdk.internal.jshell.tool.JShellToolProvider"
	jvm := j.command("java", append(options, "-m", shell, "-", "-R-Djavax.net.ssl.trustStore=/not/this")...)
	jvm.Dir = dir
	stdin, err := jvm.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := jvm.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := jvm.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // jshell ends with its input
		jvm.Wait()
	})
	stdin.Write([]byte("System.out.println(\"running\")\n"))
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("jshell: %q, %v", line, err)
	}
}

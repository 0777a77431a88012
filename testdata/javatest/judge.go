package javatest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"time"
)

// Judge is a JVM that answers for as long as the test runs what its own trust
// manager makes of chains.
type Judge struct {
	in  io.Writer
	out *bufio.Reader
}

// Case is a question for a Judge.
type Case struct {
	Anchors, Presented [][]byte // DER
	Time               time.Time
	Host               string // "" for no check of the name
	Client             bool   // the chain of a client, not of a server
	Tries              int    // how often to ask, each time with a store of its own; 0 is once
}

// Answer is what the JVM said.
type Answer struct {
	Yes, Tries int
	Words      string // the last exception: "Class: message"
}

// Judge starts the JVM; it ends with the test.
func (j JDK) Judge(t testing.TB) *Judge {
	t.Helper()
	args := append(append([]string{}, speed...), "--add-exports=java.base/sun.security.x509=ALL-UNNAMED", "-cp", classes(t), "Judge")
	cmd := j.command("java", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("Judge on Java %d: %v\n%s", j.Major, err, complaints.Bytes())
		}
	})
	return &Judge{in, bufio.NewReader(out)}
}

// Ask asks the JVM.
func (j *Judge) Ask(c Case) (Answer, error) {
	if c.Tries == 0 {
		c.Tries = 1
	}
	var out bytes.Buffer
	put := func(v any) { binary.Write(&out, binary.BigEndian, v) }
	text := func(s string) { put(uint16(len(s))); out.WriteString(s) }
	put(int32(c.Tries))
	put(c.Time.UnixMilli())
	text(c.Host)
	if c.Client {
		text("client")
	} else {
		text("server")
	}
	for _, list := range [][][]byte{c.Anchors, c.Presented} {
		put(int32(len(list)))
		for _, der := range list {
			put(int32(len(der)))
			out.Write(der)
		}
	}
	if _, err := j.in.Write(out.Bytes()); err != nil {
		return Answer{}, err
	}
	var yes int32
	var length uint16
	if err := binary.Read(j.out, binary.BigEndian, &yes); err != nil {
		return Answer{}, fmt.Errorf("the JVM ended: %w", err)
	}
	if err := binary.Read(j.out, binary.BigEndian, &length); err != nil {
		return Answer{}, err
	}
	words := make([]byte, length)
	_, err := io.ReadFull(j.out, words)
	return Answer{int(yes), c.Tries, string(words)}, err
}

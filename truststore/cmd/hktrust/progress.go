package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/hktrust/hktrust/truststore/host"
)

// unsaid is how long something may take before a person is told what it is.
const unsaid = 500 * time.Millisecond

// progress tells a person at a terminal what takes long. Its line is taken away
// before anything else is written.
type progress struct {
	text  language
	out   io.Writer // nil where nobody watches
	wipes bool      // the terminal can take a line away

	sync.Mutex
	what  string
	timer *time.Timer
	shown bool
}

// newProgress shows nothing but to a terminal: one that is dumb, or that is asked
// to be plain, gets lines that stay.
func newProgress(text language, out io.Writer, h *host.Host) *progress {
	p := &progress{text: text}
	file, ok := out.(*os.File)
	if ok && term.IsTerminal(int(file.Fd())) {
		kind := h.Getenv("TERM")
		p.out = out
		p.wipes = kind != "dumb" && (kind != "" || h.GOOS() == "windows") && h.Getenv("NO_COLOR") == ""
	}
	return p
}

// show says what is being looked at, if that takes long.
func (p *progress) show(what string) {
	if p == nil || p.out == nil {
		return
	}
	p.Lock()
	defer p.Unlock()
	p.what = what
	if p.timer == nil {
		p.timer = time.AfterFunc(unsaid, p.write)
		return
	}
	p.timer.Reset(unsaid)
}

func (p *progress) write() {
	p.Lock()
	defer p.Unlock()
	if p.what == "" {
		return
	}
	p.wipe()
	line := p.text.say("progress.working", "what", p.what)
	if !p.wipes {
		fmt.Fprintln(plain{p.out}, line)
		return
	}
	fmt.Fprint(plain{p.out}, clip(line, terminalColumns-1))
	p.shown = true
}

// terminalColumns is how wide the narrowest terminal is that a line should fit.
const terminalColumns = 80

// clip cuts a text to a number of columns.
func clip(text string, columns int) string {
	n := 0
	for i, r := range text {
		if n += columnsOf(string(r)); n > columns {
			return text[:i]
		}
	}
	return text
}

// clear takes the line away; nothing is being looked at any more.
func (p *progress) clear() {
	if p == nil || p.out == nil {
		return
	}
	p.Lock()
	defer p.Unlock()
	p.what = ""
	p.wipe()
}

func (p *progress) wipe() {
	if p.shown {
		io.WriteString(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// beside writes what is no progress.
type beside struct {
	progress *progress
	io.Writer
}

func (b beside) Write(data []byte) (int, error) {
	b.progress.clear()
	return b.Writer.Write(data)
}

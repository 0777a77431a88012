package browser

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// marionette speaks Firefox's remote control protocol, version 3: messages of
// JSON, each preceded by its length in decimal and a colon. A command is
// [0, id, name, parameters], its response [1, id, error, result].
type marionette struct {
	conn   net.Conn
	in     *bufio.Reader
	lastID int
}

// maxMessage bounds a message of Firefox.
const maxMessage = 64 << 20

// dialMarionette connects and reads the greeting.
func dialMarionette(port int) (*marionette, error) {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), commandDeadline)
	if err != nil {
		return nil, err
	}
	m := &marionette{conn: conn, in: bufio.NewReader(conn)}
	conn.SetDeadline(time.Now().Add(commandDeadline))
	var greeting struct {
		Protocol int `json:"marionetteProtocol"`
	}
	if err := m.receive(&greeting); err != nil || greeting.Protocol != 3 {
		conn.Close()
		return nil, fmt.Errorf("no marionette greeting (protocol %d): %w", greeting.Protocol, err)
	}
	return m, nil
}

// marionetteError is a failure that Firefox reports.
type marionetteError struct {
	Kind    string `json:"error"` // of the WebDriver standard, such as "insecure certificate"
	Message string `json:"message"`
}

func (e *marionetteError) Error() string { return e.Kind + ": " + e.Message }

// call sends a command and stores its result in into, which may be nil.
func (m *marionette) call(name string, params map[string]any, into any) error {
	m.conn.SetDeadline(time.Now().Add(commandDeadline))
	m.lastID++
	if params == nil {
		params = map[string]any{}
	}
	message, err := json.Marshal([]any{0, m.lastID, name, params})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(message), message); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var failure *marionetteError
	var result json.RawMessage
	var kind, id int
	if err := m.receive(&[4]any{&kind, &id, &failure, &result}); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case kind != 1 || id != m.lastID:
		return fmt.Errorf("%s: answer to another command", name)
	case failure != nil:
		return fmt.Errorf("%s: %w", name, failure)
	case into == nil:
		return nil
	}
	return json.Unmarshal(result, into)
}

func (m *marionette) receive(into any) error {
	digits, err := m.in.ReadString(':')
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(digits, ":"))
	if err != nil || n < 0 || n > maxMessage {
		return errors.New("bad message length")
	}
	message := make([]byte, n)
	if _, err := io.ReadFull(m.in, message); err != nil {
		return err
	}
	return json.Unmarshal(message, into)
}

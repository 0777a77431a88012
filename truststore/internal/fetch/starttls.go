package fetch

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// startTLS brings a plain connection to the point where TLS begins.
func startTLS(conn net.Conn, t Target) error {
	var err error
	switch t.StartTLS {
	case "":
	case "smtp":
		err = startSMTP(conn)
	case "imap":
		err = startIMAP(conn)
	case "ldap":
		err = startLDAP(conn)
	default:
		return fmt.Errorf("%w: no STARTTLS for %q", ErrAddress, t.StartTLS)
	}
	if err != nil {
		return fmt.Errorf("STARTTLS (%s): %w", t.StartTLS, err)
	}
	return nil
}

// startSMTP is RFC 3207.
func startSMTP(conn net.Conn) error {
	if err := expectSMTP(conn, "220"); err != nil {
		return err
	}
	for _, step := range []struct{ say, expect string }{{"EHLO localhost", "250"}, {"STARTTLS", "220"}} {
		if _, err := io.WriteString(conn, step.say+"\r\n"); err != nil {
			return err
		}
		if err := expectSMTP(conn, step.expect); err != nil {
			return err
		}
	}
	return nil
}

// expectSMTP reads a reply, of one or more lines.
func expectSMTP(conn net.Conn, code string) error {
	for range maxLines {
		line, err := readLine(conn)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(line, code) {
			return fmt.Errorf("%w: %q", ErrNoTLS, line)
		}
		if len(line) == len(code) || line[len(code)] == ' ' {
			return nil
		}
	}
	return fmt.Errorf("%w: a reply of more than %d lines", ErrTooLong, maxLines)
}

// startIMAP is RFC 3501 §6.2.1.
func startIMAP(conn net.Conn) error {
	if line, err := readLine(conn); err != nil {
		return err
	} else if !strings.HasPrefix(line, "* OK") {
		return fmt.Errorf("%w: %q", ErrNoTLS, line)
	}
	if _, err := io.WriteString(conn, "a1 STARTTLS\r\n"); err != nil {
		return err
	}
	for range maxLines {
		line, err := readLine(conn)
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(line, "a1 OK"):
			return nil
		case strings.HasPrefix(line, "a1 "):
			return fmt.Errorf("%w: %q", ErrNoTLS, line)
		}
	}
	return fmt.Errorf("%w: a reply of more than %d lines", ErrTooLong, maxLines)
}

// readLine reads up to a line feed, an octet at a time: what follows belongs
// to TLS.
func readLine(conn net.Conn) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxLine {
		if _, err := io.ReadFull(conn, one); err != nil {
			return "", err
		}
		if one[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, one[0])
	}
	return "", fmt.Errorf("%w: a line of more than %d octets", ErrTooLong, maxLine)
}

// ldapStartTLS is the object identifier of the operation (RFC 4511 §4.14).
const ldapStartTLS = "1.3.6.1.4.1.1466.20037"

// startLDAP is RFC 4511 §4.14.
func startLDAP(conn net.Conn) error {
	var request cryptobyte.Builder
	request.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.Tag(0x77), func(b *cryptobyte.Builder) { // ExtendedRequest, APPLICATION 23
			b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(ldapStartTLS)) })
		})
	})
	if _, err := conn.Write(request.BytesOrPanic()); err != nil {
		return err
	}
	response, err := readElement(conn)
	if err != nil {
		return err
	}
	in := cryptobyte.String(response)
	var id int
	var result cryptobyte.String
	var code int
	if !in.ReadASN1Integer(&id) || !in.ReadASN1(&result, asn1.Tag(0x78)) || !result.ReadASN1Enum(&code) {
		return fmt.Errorf("%w: no LDAP", ErrNoTLS)
	}
	if code != 0 {
		return fmt.Errorf("%w: LDAP result %d", ErrNoTLS, code)
	}
	return nil
}

// readElement reads the content of one BER SEQUENCE of definite length.
func readElement(conn net.Conn) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	if head[0] != 0x30 {
		return nil, fmt.Errorf("%w: no LDAP", ErrNoTLS)
	}
	length := int(head[1])
	if length > 0x80 {
		octets := make([]byte, length-0x80)
		if len(octets) > 3 {
			return nil, fmt.Errorf("%w: LDAP", ErrTooLong)
		}
		if _, err := io.ReadFull(conn, octets); err != nil {
			return nil, err
		}
		length = 0
		for _, b := range octets {
			length = length<<8 | int(b)
		}
	}
	if length > MaxBytes {
		return nil, fmt.Errorf("%w: LDAP", ErrTooLong)
	}
	var content bytes.Buffer
	_, err := io.CopyN(&content, conn, int64(length))
	return content.Bytes(), err
}

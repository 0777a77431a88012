package fetch

import (
	"bytes"
	"net"

	"golang.org/x/crypto/cryptobyte"
)

// recorder keeps what is read.
type recorder struct {
	net.Conn
	seen bytes.Buffer // at most MaxBytes, by the connection below
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.seen.Write(p[:n])
	return n, err
}

const (
	recordHandshake    = 22 // RFC 5246 §6.2.1
	messageCertificate = 11 // RFC 5246 §7.4
)

// certificatesIn finds the Certificate message in what a TLS 1.2 server sent;
// nil if there is none.
func certificatesIn(stream []byte) [][]byte {
	var messages cryptobyte.String
	for in := cryptobyte.String(stream); !in.Empty(); {
		var kind uint8
		var version uint16
		var body cryptobyte.String
		if !in.ReadUint8(&kind) || !in.ReadUint16(&version) || !in.ReadUint16LengthPrefixed(&body) || kind != recordHandshake {
			break
		}
		messages = append(messages, body...)
	}
	for !messages.Empty() {
		var kind uint8
		var body, list cryptobyte.String
		if !messages.ReadUint8(&kind) || !messages.ReadUint24LengthPrefixed(&body) {
			return nil
		}
		if kind != messageCertificate {
			continue
		}
		if !body.ReadUint24LengthPrefixed(&list) || !body.Empty() {
			return nil
		}
		return readCertificates(list)
	}
	return nil
}

func readCertificates(list cryptobyte.String) [][]byte {
	var out [][]byte
	for !list.Empty() {
		var one cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&one) || len(out) == MaxCertificates {
			return nil
		}
		out = append(out, bytes.Clone(one))
	}
	return out
}

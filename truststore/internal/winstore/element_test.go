package winstore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

// The property that limits a root to TLS servers, as Windows' own tools write it.
func TestUsageOfTLSServers(t *testing.T) {
	want, _ := hex.DecodeString("300a06082b06010505070301")
	if got := LimitedTo(ServerAuth).encode(); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	for _, u := range []Usage{LimitedTo(ServerAuth, ClientAuth, "1.3.6.1.4.1.311.10.3.4"), LimitedTo("2.999.16777215")} {
		if got := decodeUsage(u.encode()); !reflect.DeepEqual(got, u) {
			t.Errorf("%+v, want %+v", got, u)
		}
	}
	for _, der := range [][]byte{{0x30, 0x00}, nil, {0x30}, []byte("junk"), LimitedTo("1", "x.y").encode()} {
		if u := decodeUsage(der); u.Allows(ServerAuth) || !u.Limited {
			t.Errorf("%x allows %+v", der, u)
		}
	}
}

func TestDecodeElementRefuses(t *testing.T) {
	whole := encodeElement([]byte("der"), LimitedTo(ServerAuth), "name")
	for cut := range whole {
		if _, err := decodeElement(whole[:cut]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	endless := bytes.Repeat(make([]byte, elementHeader), maxProperties+1)
	for name, element := range map[string][]byte{"too many": append(endless, whole...), "too long": make([]byte, maxElement+1), "nothing": nil} {
		if _, err := decodeElement(element); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWithUsageKeepsTheRest(t *testing.T) {
	c, err := decodeElement(encodeElement([]byte("der"), LimitedTo(EmailProtection), "name"))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []Usage{LimitedTo(EmailProtection, ServerAuth), {}} {
		if got, want := c.WithUsage(u), encodeElement([]byte("der"), u, "name"); !bytes.Equal(got, want) {
			t.Errorf("%x, want %x", got, want)
		}
	}
}

func FuzzDecodeElement(f *testing.F) {
	f.Add(encodeElement([]byte("der"), LimitedTo(ServerAuth), "name 名"))
	f.Add(encodeElement([]byte("der"), Usage{}, ""))
	f.Add([]byte{9, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, element []byte) {
		c, err := decodeElement(element)
		if err != nil {
			return
		}
		if !bytes.Contains(element, c.DER) || !bytes.Equal(c.Element, element) {
			t.Errorf("%+v", c)
		}
		if same, err := decodeElement(c.WithUsage(c.Usage)); err != nil || !bytes.Equal(same.DER, c.DER) {
			t.Errorf("with the same usage: %+v, %v", same, err)
		}
		again, err := decodeElement(encodeElement(c.DER, c.Usage, ""))
		if err != nil || again.Usage.Limited != c.Usage.Limited || !bytes.Equal(again.DER, c.DER) {
			t.Errorf("written anew: %+v, %v", again, err)
		}
	})
}

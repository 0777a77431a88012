package javaks_test

import (
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       javaks.Format
	}{
		{"empty", "", javaks.Unknown},
		{"JKS", "\xFE\xED\xFE\xED\x00\x00\x00\x02", javaks.JKS},
		{"JKS, magic alone", "\xFE\xED\xFE\xED", javaks.JKS},
		{"JKS, magic cut off", "\xFE\xED\xFE", javaks.Unknown},
		{"JCEKS", "\xCE\xCE\xCE\xCE\x00\x00\x00\x02", javaks.JCEKS},
		{"PKCS#12, short length", "\x30\x29\x02\x01\x03\x30", javaks.PKCS12},
		{"PKCS#12, one octet", "\x30\x81\xA0\x02\x01\x03\x30", javaks.PKCS12},
		{"PKCS#12, two octets", "\x30\x82\x0A\x00\x02\x01\x03\x30", javaks.PKCS12},
		{"PKCS#12, four octets", "\x30\x84\x00\x00\x0A\x00\x02\x01\x03\x30", javaks.PKCS12},
		{"PKCS#12, indefinite length", "\x30\x80\x02\x01\x03\x30\x80", javaks.PKCS12},
		{"PKCS#12, cut off in its length", "\x30\x84\x00", javaks.Unknown},
		{"PKCS#12, absurd length", "\x30\xFF\x02\x01\x03", javaks.Unknown},
		{"X.509", "\x30\x82\x01\x6F\x30\x82\x01\x16", javaks.Unknown},
		{"text", "The quick brown fox jumps over the lazy dog.", javaks.Unknown},
		{"zeros", string(make([]byte, 100)), javaks.Unknown},
		{"PKCS#8", "\x30\x41\x02\x01\x00\x30", javaks.Unknown},
		{"PEM", "-----BEGIN CERTIFICATE-----", javaks.PEM},
	} {
		if got := javaks.Detect([]byte(c.data)); got != c.want {
			t.Errorf("%s: %q instead of %q", c.name, got, c.want)
		}
	}
}

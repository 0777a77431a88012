package anchors

import "crypto/x509"

// SubjectHash is for tests that compare it with OpenSSL's.
var SubjectHash = subjectHash

// Encode is how our files are written.
var Encode = encode

// Object is what parsing finds.
type Object = object

func (o object) DER() []byte                  { return o.der }
func (o object) Purposes() []x509.ExtKeyUsage { return o.purposes }

func ParseDebian(data []byte) ([]Object, error) { return (&family{}).parse("x.crt", data) }
func ParseP11Kit(data []byte) ([]Object, error) { return (&family{neutral: "/"}).parse("x.crt", data) }
func ParsePersisted(data []byte) ([]Object, error) {
	return (&family{neutral: "/"}).parse("x.p11-kit", data)
}

// Certificates are those of PEM blocks of the usual type.
func Certificates(data []byte) ([][]byte, error) {
	blocks, err := certificates(data)
	var out [][]byte
	for _, b := range blocks {
		if b.trust == nil {
			out = append(out, b.der)
		}
	}
	return out, err
}

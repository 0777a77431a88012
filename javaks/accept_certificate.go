package javaks

import "bytes"

// certificate follows X509Factory.readOneBlock and X509CertImpl.parse.
func (j *jvm) certificate(der []byte) error {
	j.reading(RefusedCertificate, "certificate")
	if len(der) > MaxJudged {
		return j.doubt(DoubtSize, "a very large certificate")
	}
	if len(der) > 0 && der[0] != tagSequence {
		// Java goes on to look for PEM.
		if bytes.Contains(der, []byte("-----")) {
			return j.doubt(DoubtText, "no DER, but perhaps PEM")
		}
		return j.refuse("no SEQUENCE")
	}
	rest := der
	outer, err := j.next(&rest)
	if err != nil {
		return err
	}
	parts, err := j.firstThree(outer.content)
	if err != nil {
		return err
	}
	if err := j.parts(parts); err != nil {
		return err
	}
	if len(rest) > 0 {
		j.reading(RefusedCertificate, "certificate")
		return j.doubt(DoubtTrailing, "bytes after the certificate")
	}
	return nil
}

// parts checks the three elements of a certificate.
func (j *jvm) parts(parts [3]value) error {
	if parts[0].tag != tagSequence {
		return j.refuse("no tbsCertificate")
	}
	j.reading(RefusedAlgorithm, "signatureAlgorithm")
	algorithm, err := j.algorithm(parts[1])
	if err != nil {
		return err
	}
	j.reading(RefusedCertificate, "signatureValue")
	if _, _, err := j.bitString(parts[2]); err != nil {
		return err
	}
	inner, err := j.signed(parts[0].content)
	if err != nil {
		return err
	}
	j.reading(RefusedAlgorithm, "signature")
	if !algorithm.equal(inner) {
		return j.refuse("another algorithm than the signatureAlgorithm")
	}
	return nil
}

// firstThree reads the three elements of a certificate.
func (j *jvm) firstThree(content []byte) (parts [3]value, err error) {
	for i := range parts {
		if parts[i], err = j.next(&content); err != nil {
			return parts, err
		}
	}
	if len(content) > 0 {
		return parts, j.refuse("a fourth element")
	}
	return parts, nil
}

// Versions as the certificate's INTEGER numbers them.
const (
	version1 = 0
	version3 = 2
)

// signed follows X509CertInfo.parse. It returns the algorithm.
func (j *jvm) signed(in []byte) (algorithm algorithmID, err error) {
	version, err := j.versionAndSerial(&in)
	if err != nil {
		return algorithm, err
	}
	j.reading(RefusedAlgorithm, "signature")
	v, err := j.next(&in)
	if err != nil {
		return algorithm, err
	}
	if algorithm, err = j.algorithm(v); err != nil {
		return algorithm, err
	}
	j.reading(RefusedIssuer, "issuer")
	named, err := j.name(&in)
	if err != nil {
		return algorithm, err
	}
	if !named {
		return algorithm, j.refuse("an issuer without a name")
	}
	if err := j.validity(&in); err != nil {
		return algorithm, err
	}
	j.reading(RefusedSubject, "subject")
	if named, err = j.name(&in); err != nil {
		return algorithm, err
	}
	if !named && version == version1 {
		return algorithm, j.refuse("no subject in a certificate of version 1")
	}
	j.reading(RefusedKey, "subjectPublicKeyInfo")
	if v, err = j.next(&in); err != nil {
		return algorithm, err
	}
	if err := j.publicKey(v); err != nil {
		return algorithm, err
	}
	return algorithm, j.afterKey(in, version, named)
}

// versionAndSerial reads the version, which may be missing or of any number, and
// the serial number, which may be negative.
func (j *jvm) versionAndSerial(in *[]byte) (version int32, err error) {
	j.reading(RefusedVersion, "version")
	v, err := j.next(in)
	if err != nil {
		return 0, err
	}
	if v.context(0) {
		if v.constructed() {
			number, err := j.inner(v)
			if err != nil {
				return 0, err
			}
			if version, err = j.number(number, tagInteger); err != nil {
				return 0, err
			}
		}
		if v, err = j.next(in); err != nil {
			return 0, err
		}
	}
	j.reading(RefusedSerial, "serialNumber")
	return version, j.integer(v, tagInteger)
}

// validity follows CertificateValidity.
func (j *jvm) validity(in *[]byte) error {
	j.reading(RefusedValidity, "validity")
	times, err := j.sequence(in)
	if err != nil {
		return err
	}
	if len(times) != 2 {
		return j.refuse("not two times")
	}
	for _, t := range times {
		switch t.tag {
		case tagUTCTime:
			err = j.utcTime(t.content)
		case tagTime:
			err = j.generalizedTime(t.content)
		default:
			err = j.refuse("no time")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// afterKey reads the unique identifiers and extensions. What follows the
// extensions, or stands in their place, Java ignores; and only where something
// stands there does it ask about a missing subject.
func (j *jvm) afterKey(in []byte, version int32, subject bool) error {
	if len(in) == 0 {
		return nil
	}
	j.reading(RefusedVersion, "version")
	if version == version1 {
		return j.refuse("fields after the key in a certificate of version 1")
	}
	v, err := j.next(&in)
	if err != nil {
		return err
	}
	for n, part := range []string{"issuerUniqueID", "subjectUniqueID"} {
		if !v.context(byte(n + 1)) {
			continue
		}
		j.reading(RefusedUniqueID, part)
		if _, _, err := j.bits(v.content); err != nil {
			return err
		}
		if len(in) == 0 {
			return nil
		}
		if v, err = j.next(&in); err != nil {
			return err
		}
	}
	if version != version3 {
		j.reading(RefusedVersion, "version")
		return j.refuse("extensions in a certificate of another version than 3")
	}
	alternative := false
	if v.explicit(3) {
		if alternative, err = j.extensions(v.content); err != nil {
			return err
		}
	}
	if !subject && !alternative {
		j.reading(RefusedSubject, "subject")
		return j.refuse("no subject and no critical subjectAltName")
	}
	return nil
}

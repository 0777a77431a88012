package javaks

import "bytes"

// generalNames follows GeneralNames: one at least.
func (j *jvm) generalNames(v value) error {
	if v.tag == tagSequence && len(v.content) == 0 {
		return j.refuse("no names")
	}
	return j.elements(v, func(v value) error { return j.generalName(v, false) })
}

// generalName follows GeneralName. In a constraint, a URI is the name of a host.
func (j *jvm) generalName(v value, constraint bool) error {
	switch v.tag {
	case 0xa0:
		return j.otherName(v.content)
	case 0x81:
		return j.rfc822Name(v.content)
	case 0x82, 0xa3: // dNSName, x400Address: taken as they are
		return nil
	case 0xa4:
		return j.directoryName(v.content)
	case 0xa5:
		return j.ediPartyName(v.content)
	case 0x86:
		if constraint {
			return j.uriConstraint(v.content)
		}
		return j.uri(v.content)
	case 0x87:
		return j.ipAddress(v.content)
	case 0x88:
		_, err := j.oidContent(v.content)
		return err
	}
	return j.refuse("a GeneralName of unknown tag")
}

// otherName follows OtherName, which takes the identifiers of extensions for
// classes that it then fails to use.
func (j *jvm) otherName(in []byte) error {
	id, err := j.nextOID(&in)
	if err != nil {
		return err
	}
	v, err := j.next(&in)
	if err != nil {
		return err
	}
	if j.since(21) && !v.explicit(0) {
		return j.refuse("an otherName whose value is not tagged [0]")
	}
	if _, known := javaExtensions()[id]; known {
		return j.refuse("an otherName of an extension's type")
	}
	return nil
}

// rfc822Name follows RFC822Name.
func (j *jvm) rfc822Name(b []byte) error {
	domain := b[bytes.IndexByte(b, '@')+1:]
	if len(domain) == 0 {
		return j.refuse("an rfc822Name that is empty or ends with @")
	}
	if string(domain) == "." {
		return j.refuse("an rfc822Name whose domain is a dot")
	}
	return nil
}

// ediPartyName follows EDIPartyName.
func (j *jvm) ediPartyName(content []byte) error {
	parts, err := j.all(content)
	if err != nil {
		return err
	}
	if len(parts) < 1 || len(parts) > 2 {
		return j.refuse("an ediPartyName not of one or two names")
	}
	var named [2]bool
	for _, v := range parts {
		// What stands in a nameAssigner may itself be a partyName.
		for n := range byte(2) {
			if !v.primitive(n) {
				continue
			}
			if named[n] {
				return j.refuse("an ediPartyName with a name repeated")
			}
			if v, err = j.inner(v); err != nil {
				return err
			}
			named[n] = isJavaString(v.tag)
		}
	}
	if j.since(21) && !named[1] {
		return j.refuse("an ediPartyName without a party")
	}
	return nil
}

// isJavaString says whether DerValue.getAsString makes a string of a value of
// this tag.
func isJavaString(tag byte) bool {
	switch tag {
	case 0x0c, 0x13, 0x14, 0x16, 0x1b, 0x1c, tagBMPString:
		return true
	}
	return false
}

// ipAddress follows IPAddressName: an address, or one with a mask. Since 2026,
// JDK 17 takes an IPv4 address in an IPv6 one for what it is, and then wants
// its mask to be one of IPv4.
func (j *jvm) ipAddress(b []byte) error {
	switch len(b) {
	case 4, 8, 16:
		return nil
	case 32:
		if !j.since(25) && bytes.Equal(b[:12], mappedPrefix[:]) && !bytes.Equal(b[16:28], allOnes[:]) {
			return j.refuse("an IPv4 address within IPv6, with a mask of IPv6")
		}
		return nil
	}
	return j.refuse("an iPAddress of impossible length")
}

var (
	mappedPrefix = [12]byte{10: 0xff, 11: 0xff} // RFC 4291, section 2.5.5.2
	allOnes      = [12]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

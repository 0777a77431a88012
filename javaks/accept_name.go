package javaks

// name reads the next value of in, a Name (X500Name), and says whether it names
// anything.
func (j *jvm) name(in *[]byte) (bool, error) {
	rdns, err := j.sequence(in)
	if err != nil {
		return false, err
	}
	return j.rdns(rdns)
}

// rdns follows RDN for each of the values.
func (j *jvm) rdns(rdns []value) (named bool, err error) {
	for _, rdn := range rdns {
		if rdn.tag != tagSet {
			return false, j.refuse("a RelativeDistinguishedName that is no SET")
		}
		some, err := j.rdn(rdn.content)
		if err != nil {
			return false, err
		}
		named = named || some
	}
	return named, nil
}

func (j *jvm) rdn(content []byte) (named bool, err error) {
	pairs, err := j.all(content)
	if err != nil {
		return false, err
	}
	for _, pair := range pairs {
		if err := j.attribute(pair); err != nil {
			return false, err
		}
	}
	return len(pairs) > 0, nil
}

// attribute follows AVA: any type of value goes, but two.
func (j *jvm) attribute(pair value) error {
	if pair.tag != tagSequence {
		return j.refuse("an attribute that is no SEQUENCE")
	}
	in := pair.content
	if _, err := j.nextOID(&in); err != nil {
		return err
	}
	v, err := j.next(&in)
	if err != nil {
		return err
	}
	if len(in) > 0 {
		return j.refuse("an attribute of more than two elements")
	}
	if v.tag == tagBMPString && hasSurrogates(v.content) {
		return j.refuse("surrogates in a BMPString")
	}
	return nil
}

// hasSurrogates says whether Java's UTF-16 decoder makes surrogates of b: of a
// high one and a low one in a row. It replaces all others; a high one takes the
// unit after it along.
func hasSurrogates(b []byte) bool {
	for i := 0; i+3 < len(b); {
		switch {
		case b[i]&0xfc != 0xd8:
			i += 2
		case b[i+2]&0xfc == 0xdc:
			return true
		default:
			i += 4
		}
	}
	return false
}

// directoryName follows X500Name in a GeneralName: a Name, or, its SEQUENCE
// being unreadable, what it should hold. What follows the Name is ignored.
func (j *jvm) directoryName(content []byte) error {
	in := content
	rdns, err := j.sequence(&in)
	if _, refused := err.(*RefusedError); refused {
		rdns, err = j.all(content)
	}
	if err != nil {
		return err
	}
	_, err = j.rdns(rdns)
	return err
}

package javaks

import "errors"

// name reads the next value of in, a Name (X500Name), and says whether it names
// anything.
func (j *jvm) name(in *[]byte) (bool, error) {
	v, err := j.next(in)
	if err != nil {
		return false, err
	}
	if v.tag != tagSequence {
		return false, j.refuse("no SEQUENCE")
	}
	return j.rdns(v.content)
}

// rdns follows RDN for each of the values. Like Java, it reads all of them
// before it looks into the first.
func (j *jvm) rdns(in []byte) (named bool, err error) {
	if _, err := j.count(in); err != nil {
		return false, err
	}
	for len(in) > 0 {
		rdn, _ := j.next(&in)
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
	pairs, err := j.count(content)
	if err != nil {
		return false, err
	}
	for len(content) > 0 {
		pair, _ := j.next(&content)
		if err := j.attribute(pair); err != nil {
			return false, err
		}
	}
	return pairs > 0, nil
}

// attribute follows AVA: any type of value goes, but two.
func (j *jvm) attribute(pair value) error {
	if pair.tag != tagSequence {
		return j.refuse("an attribute that is no SEQUENCE")
	}
	in := pair.content
	id, err := j.next(&in)
	if err != nil {
		return err
	}
	if id.tag != tagOID {
		return j.refuse("no OBJECT IDENTIFIER")
	}
	if err := j.checkOID(id.content); err != nil {
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
	if v, err := j.next(&in); err == nil && v.tag == tagSequence {
		if _, err := j.count(v.content); err == nil {
			content = v.content
		} else if !errors.Is(err, ErrRefused) {
			return err
		}
	} else if err != nil && !errors.Is(err, ErrRefused) {
		return err
	}
	_, err := j.rdns(content)
	return err
}

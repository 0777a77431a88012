package javaks

import "sync"

// mgf1 is id-mgf1 (RFC 8017, appendix B.2.1).
var mgf1 = sync.OnceValue(func() oid { return dotted("1.2.840.113549.1.1.8") })

// mgf1Digests are the digests that PSSParameters takes for MGF1.
var mgf1Digests = sync.OnceValue(func() map[oid]bool {
	digests := map[oid]bool{dotted("1.3.14.3.2.26"): true} // SHA-1
	for n := byte(1); n <= 10; n++ {                       // SHA-2 and SHA-3
		digests[dotted("2.16.840.1.101.3.4.2.1")[:8]+oid(n)] = true
	}
	return digests
})

// pssParameters follows PSSParameters.engineInit. Elements may be missing,
// repeated and in any order.
func (j *jvm) pssParameters(v value) error {
	if v.tag != tagSequence {
		return j.refuse("RSASSA-PSS parameters that are no SEQUENCE")
	}
	elements, err := j.all(v.content)
	if err != nil {
		return err
	}
	for _, e := range elements {
		if err := j.pssElement(e); err != nil {
			return err
		}
	}
	return nil
}

func (j *jvm) pssElement(e value) error {
	if e.tag&0xc0 != 0x80 || e.tag&0x1f > 3 {
		return j.refuse("an RSASSA-PSS parameter that is none")
	}
	v, err := j.inner(e)
	if err != nil {
		return err
	}
	switch e.tag & 0x1f {
	case 0:
		_, err := j.algorithm(v)
		return err
	case 1:
		return j.maskGeneration(v)
	}
	n, err := j.number(v, tagInteger)
	if err != nil {
		return err
	}
	if e.tag&0x1f == 2 && n < 0 {
		return j.refuse("a negative length of the salt")
	}
	if e.tag&0x1f == 3 && n != 1 {
		return j.refuse("a trailer field other than 1")
	}
	return nil
}

func (j *jvm) maskGeneration(v value) error {
	a, err := j.algorithm(v)
	if err != nil {
		return err
	}
	if a.oid != mgf1() || a.parameters == nil {
		return j.refuse("a mask generation function other than MGF1 with a digest")
	}
	digest, err := j.algorithm(*a.parameters)
	if err != nil {
		return err
	}
	if !mgf1Digests()[digest.oid] {
		return j.refuse("MGF1 with an unknown digest")
	}
	return nil
}

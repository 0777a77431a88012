package javaks

// policy follows PolicyInformation and PolicyQualifierInfo, which look at the
// identifiers alone.
func (j *jvm) policy(v value) error {
	if v.tag != tagSequence {
		return j.refuse("a policy that is no SEQUENCE")
	}
	in := v.content
	if _, err := j.nextOID(&in); err != nil || len(in) == 0 {
		return err
	}
	qualifiers, err := j.next(&in)
	if err != nil {
		return err
	}
	if len(qualifiers.content) == 0 {
		return j.refuse("policyQualifiers without any")
	}
	return j.elements(qualifiers, func(v value) error {
		if v.tag != tagSequence {
			return j.refuse("a policy qualifier that is no SEQUENCE")
		}
		in := v.content
		_, err := j.nextOID(&in)
		return err
	})
}

// policyMapping follows CertificatePolicyMap.
func (j *jvm) policyMapping(v value) error {
	if v.tag != tagSequence {
		return j.refuse("a policy mapping that is no SEQUENCE")
	}
	in := v.content
	for range 2 {
		if _, err := j.nextOID(&in); err != nil {
			return err
		}
	}
	return nil
}

// policyConstraints follows PolicyConstraintsExtension. A number of -1 counts
// as none there, so that it may be repeated.
func (j *jvm) policyConstraints(v value) error {
	limits := [2]int32{-1, -1}
	return j.elements(v, func(v value) error {
		n := v.tag & 0x1f
		if n > 1 || !v.primitive(n) || limits[n] != -1 {
			return j.refuse("an unknown or repeated element")
		}
		number, err := j.number(value{tagInteger, v.content}, tagInteger)
		limits[n] = number
		return err
	})
}

// inhibitAny follows InhibitAnyPolicyExtension.
func (j *jvm) inhibitAny(v value) error {
	n, err := j.number(v, tagInteger)
	if err == nil && n < -1 {
		err = j.refuse("a number below -1")
	}
	return err
}

// nameConstraints follows NameConstraintsExtension.
func (j *jvm) nameConstraints(v value) error {
	var seen [2]bool
	return j.elements(v, func(v value) error {
		n := v.tag & 0x1f
		if n > 1 || !v.explicit(n) || seen[n] {
			return j.refuse("an unknown or repeated element")
		}
		seen[n] = true
		return j.elements(value{tagSequence, v.content}, j.subtree)
	})
}

// subtree follows GeneralSubtree.
func (j *jvm) subtree(v value) error {
	if v.tag != tagSequence {
		return j.refuse("a subtree that is no SEQUENCE")
	}
	in := v.content
	base, err := j.next(&in)
	if err != nil {
		return err
	}
	if err := j.generalName(base, true); err != nil {
		return err
	}
	limits, err := j.allLimits(in)
	if err != nil {
		return err
	}
	for _, limit := range limits {
		if _, err := j.number(value{tagInteger, limit.content}, tagInteger); err != nil {
			return err
		}
	}
	return nil
}

// allLimits reads the minimum and maximum of a subtree, which may be repeated.
func (j *jvm) allLimits(in []byte) ([]value, error) {
	limits, err := j.all(in)
	if err != nil {
		return nil, err
	}
	for _, limit := range limits {
		if !limit.primitive(0) && !limit.primitive(1) {
			return nil, j.refuse("an unknown element of a subtree")
		}
	}
	return limits, nil
}

// distributionPoint follows DistributionPoint.
func (j *jvm) distributionPoint(v value) error {
	var seen [3]bool
	err := j.elements(v, func(v value) error {
		n := v.tag & 0x1f
		if n > 2 || seen[n] {
			return j.refuse("an unknown or repeated element of a distribution point")
		}
		seen[n] = true
		switch {
		case v.explicit(0):
			return j.pointName(v)
		case v.primitive(1):
			_, _, err := j.bits(v.content)
			return err
		case v.explicit(2):
			return j.generalNames(value{tagSequence, v.content})
		}
		return j.refuse("an unknown element of a distribution point")
	})
	if err == nil && !seen[0] && !seen[2] {
		err = j.refuse("a distribution point without a name")
	}
	return err
}

// pointName follows DistributionPointName, within its explicit tag.
func (j *jvm) pointName(tagged value) error {
	v, err := j.inner(tagged)
	if err != nil {
		return err
	}
	switch {
	case v.explicit(0):
		return j.generalNames(value{tagSequence, v.content})
	case v.explicit(1):
		_, err := j.rdn(v.content)
		return err
	}
	return j.refuse("no name of a distribution point")
}

// issuingPoint follows IssuingDistributionPointExtension. Elements may be
// repeated.
func (j *jvm) issuingPoint(v value) error {
	return j.elements(v, func(v value) error {
		switch {
		case v.explicit(0):
			return j.pointName(v)
		case v.primitive(1), v.primitive(2), v.primitive(4), v.primitive(5):
			_, err := j.boolean(v.content)
			return err
		case v.primitive(3):
			_, _, err := j.bits(v.content)
			return err
		}
		return j.refuse("an unknown element")
	})
}

package javaks

// jvm judges one certificate by the rules of one release. It follows the JDK's
// parser: what that never looks at is not looked at here either.
type jvm struct {
	release int
	code    Refusal // of what is being read
	part    string  // likewise
	kind    oid     // of the extension that is being read
	loose   bool    // a length was not in its shortest form
	nested  int     // algorithms within parameters of algorithms
	// asked: the release made a difference somewhere, if not in the verdict.
	asked bool
}

// since reports whether the rules are those of a release or of a newer one.
func (j *jvm) since(release int) bool {
	j.asked = true
	return j.release >= release
}

// reading notes what is being read, for errors.
func (j *jvm) reading(code Refusal, part string) { j.code, j.part, j.kind = code, part, "" }

// readingExtension notes that an extension is being read.
func (j *jvm) readingExtension(kind oid) { j.code, j.kind = RefusedExtension, kind }

// where is the Part of errors.
func (j *jvm) where() string {
	if j.kind != "" {
		return j.kind.String()
	}
	return j.part
}

func (j *jvm) refuse(detail string) error {
	return &RefusedError{Code: j.code, Part: j.where(), Detail: detail, Releases: []int{j.release}}
}

func (j *jvm) doubt(code Doubt, detail string) error {
	return &UnprovenError{Code: code, Part: j.where(), Detail: detail}
}

// Tags as the JDK's DerValue names them.
const (
	tagBoolean    = 0x01
	tagInteger    = 0x02
	tagBitString  = 0x03
	tagOctets     = 0x04
	tagNull       = 0x05
	tagOID        = 0x06
	tagEnumerated = 0x0a
	tagUTCTime    = 0x17
	tagTime       = 0x18
	tagBMPString  = 0x1e
	tagSequence   = 0x30
	tagSet        = 0x31
)

// value is a DerValue: a tag byte and its content.
type value struct {
	tag     byte
	content []byte
}

// context says whether the value is tagged [n], primitive or constructed.
func (v value) context(n byte) bool { return v.tag&0xc0 == 0x80 && v.tag&0x1f == n }

func (v value) constructed() bool { return v.tag&0x20 != 0 }

// primitive says whether the value is tagged [n] and primitive.
func (v value) primitive(n byte) bool { return v.tag == 0x80|n }

// explicit says whether the value is tagged [n] and constructed.
func (v value) explicit(n byte) bool { return v.tag == 0xa0|n }

// next reads a value from in as DerInputStream.getDerValue does, and moves in
// past it. It does not look into the content.
func (j *jvm) next(in *[]byte) (value, error) {
	b := *in
	if len(b) < 2 {
		return value{}, j.refuse("too short for a value")
	}
	if b[0]&0x1f == 0x1f {
		return value{}, j.refuse("a tag above 30")
	}
	v := value{tag: b[0]}
	size, at := int64(b[1]), 2
	switch {
	case b[1] == 0x80 && !v.constructed():
		return value{}, j.refuse("a primitive value of indefinite length")
	case b[1] == 0x80:
		return value{}, j.doubt(DoubtIndefinite, "an indefinite length")
	case b[1] > 0x80:
		n := int(b[1] & 0x7f)
		if n > 4 || len(b) < 2+n {
			return value{}, j.refuse("an impossible length")
		}
		size = 0
		for _, octet := range b[2 : 2+n] {
			size = size<<8 | int64(octet)
		}
		if size > 1<<31-1 {
			return value{}, j.refuse("an impossible length")
		}
		at += n
		j.loose = j.loose || size < 0x80 || b[2] == 0
	}
	if int64(len(b)-at) < size {
		return value{}, j.refuse("a value longer than what holds it")
	}
	v.content = b[at : at+int(size)]
	*in = b[at+int(size):]
	return v, nil
}

// only reads the one value that b must be, as DerValue's constructor does.
func (j *jvm) only(b []byte) (value, error) {
	v, err := j.next(&b)
	if err == nil && len(b) > 0 {
		err = j.refuse("bytes after a value")
	}
	return v, err
}

// all reads the values of b up to its end.
func (j *jvm) all(b []byte) ([]value, error) {
	n, err := j.count(b)
	if n == 0 || err != nil {
		return nil, err
	}
	list := make([]value, n)
	for i := range list {
		list[i], _ = j.next(&b)
	}
	return list, nil
}

// count counts the values of b up to its end, each of which can be read then.
func (j *jvm) count(b []byte) (n int, err error) {
	for ; len(b) > 0; n++ {
		if _, err := j.next(&b); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// sequence reads the next value of in, a SEQUENCE, and its elements.
func (j *jvm) sequence(in *[]byte) ([]value, error) {
	v, err := j.next(in)
	if err != nil {
		return nil, err
	}
	if v.tag != tagSequence {
		return nil, j.refuse("no SEQUENCE")
	}
	return j.all(v.content)
}

// inner reads the first value in v; what follows it Java ignores.
func (j *jvm) inner(v value) (value, error) {
	in := v.content
	return j.next(&in)
}

// maxJavaOID is what ObjectIdentifier.checkOidSize allows.
const maxJavaOID = 4096

// oid checks an OBJECT IDENTIFIER as ObjectIdentifier does.
func (j *jvm) oid(v value) (oid, error) {
	if v.tag != tagOID {
		return "", j.refuse("no OBJECT IDENTIFIER")
	}
	return j.oidContent(v.content)
}

func (j *jvm) oidContent(b []byte) (oid, error) {
	if err := j.checkOID(b); err != nil {
		return "", err
	}
	return oid(b), nil
}

func (j *jvm) checkOID(b []byte) error {
	switch {
	case len(b) > maxJavaOID:
		return j.refuse("an OBJECT IDENTIFIER of more than 4096 bytes")
	case len(b) == 0 || b[len(b)-1]&0x80 != 0:
		return j.refuse("an OBJECT IDENTIFIER without end")
	}
	for i, octet := range b {
		if octet == 0x80 && (i == 0 || b[i-1]&0x80 == 0) {
			return j.refuse("an OBJECT IDENTIFIER with a useless octet")
		}
	}
	return nil
}

// nextOID reads the next value of in, an OBJECT IDENTIFIER.
func (j *jvm) nextOID(in *[]byte) (oid, error) {
	v, err := j.next(in)
	if err != nil {
		return "", err
	}
	return j.oid(v)
}

// integer checks an INTEGER of any size, of the given tag.
func (j *jvm) integer(v value, tag byte) error {
	if v.tag != tag {
		return j.refuse("no INTEGER")
	}
	if len(v.content) == 0 {
		return j.refuse("an INTEGER without content")
	}
	return nil
}

// nextInteger reads the next value of in, an INTEGER of any size, and returns
// its content.
func (j *jvm) nextInteger(in *[]byte) ([]byte, error) {
	v, err := j.next(in)
	if err == nil {
		err = j.integer(v, tagInteger)
	}
	return v.content, err
}

// number reads an INTEGER that must fit into 32 bits, of the given tag.
func (j *jvm) number(v value, tag byte) (int32, error) {
	if err := j.integer(v, tag); err != nil {
		return 0, err
	}
	negative := v.content[0]&0x80 != 0
	fill := byte(0)
	if negative {
		fill = 0xff
	}
	b := v.content
	for len(b) > 1 && b[0] == fill {
		b = b[1:]
	}
	// One more octet holds the sign where the highest bit would be taken for it.
	if len(b) > 4 || len(b) == 4 && (b[0]&0x80 != 0) != negative {
		return 0, j.refuse("an INTEGER beyond 32 bits")
	}
	n := int32(int8(fill))
	for _, octet := range b {
		n = n<<8 | int32(octet)
	}
	return n, nil
}

// boolean reads a BOOLEAN; everything but 0 is true.
func (j *jvm) boolean(content []byte) (bool, error) {
	if len(content) != 1 {
		return false, j.refuse("a BOOLEAN not of one octet")
	}
	return content[0] != 0, nil
}

// bits checks the content of a BIT STRING and returns its octets, with the
// unused bits cleared, and the number of its bits.
func (j *jvm) bits(content []byte) ([]byte, int, error) {
	if len(content) == 0 {
		return nil, 0, j.refuse("a BIT STRING without content")
	}
	unused, octets := int(content[0]), content[1:]
	if unused > 7 || len(octets)*8 < unused {
		return nil, 0, j.refuse("a BIT STRING with an impossible number of unused bits")
	}
	if unused > 0 {
		octets = append([]byte(nil), octets...)
		octets[len(octets)-1] &= 0xff << unused
	}
	return octets, len(octets)*8 - unused, nil
}

func (j *jvm) bitString(v value) ([]byte, int, error) {
	if v.tag != tagBitString {
		return nil, 0, j.refuse("no BIT STRING")
	}
	return j.bits(v.content)
}

// maxOctetNesting is DerValue.MAX_CONSTRUCTED_NEST, which newer releases have
// not.
const maxOctetNesting = 30

// octets reads an OCTET STRING, which Java also takes in segments; of those,
// and only of those, the class of the tag does not matter.
func (j *jvm) octets(v value, level int) ([]byte, error) {
	if level > maxOctetNesting {
		if j.since(25) {
			return nil, j.doubt(DoubtDepth, "an OCTET STRING in very many segments")
		}
		return nil, j.refuse("an OCTET STRING nested too deep")
	}
	if v.tag != tagOctets && v.tag&0x3f != 0x20|tagOctets {
		return nil, j.refuse("no OCTET STRING")
	}
	if !v.constructed() {
		return v.content, nil
	}
	segments, err := j.all(v.content)
	if err != nil {
		return nil, err
	}
	var whole []byte
	for _, s := range segments {
		part, err := j.octets(s, level+1)
		if err != nil {
			return nil, err
		}
		whole = append(whole, part...)
	}
	return whole, nil
}

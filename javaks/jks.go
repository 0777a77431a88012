package javaks

import "fmt"

// jks is an opened JKS or JCEKS file.
type jks struct {
	*jksFile
	password string // the one that the digest is made with; "" if refused
	refused  error  // why it cannot be edited
}

// openJKS opens a JKS or JCEKS file, which Detect has recognised. Listing
// needs no password: without the right one, only edits are refused.
func openJKS(data []byte, passwords []string) (body, error) {
	file, err := parseJKS(data)
	if err != nil {
		return nil, err
	}
	k := &jks{jksFile: file}
	switch {
	case Detect(data) == JCEKS:
		k.refused = fmt.Errorf("%w%s", &FormatError{JCEKS}, file.unlisted())
	case file.trailing() > 0:
		k.refused = fmt.Errorf("%w: %d bytes follow the end of the JKS", ErrUnsupported, file.trailing())
	default:
		k.password, k.refused = file.unlock(passwords)
	}
	return k, nil
}

// unlisted says that parseJKS could not read to the end.
func (f *jksFile) unlisted() string {
	if f.complete {
		return ""
	}
	return fmt.Sprintf("; what follows the secret key %q cannot be listed", f.list[len(f.list)-1].Alias)
}

// unlock finds the password of a complete file.
func (f *jksFile) unlock(given []string) (string, error) {
	password, ok := jksPassword(f.data[:f.end], f.digest(), candidates(given))
	if !ok {
		return "", locked(given)
	}
	return password, nil
}

func (k *jks) entries() []Entry {
	list := make([]Entry, len(k.list))
	for i, e := range k.list {
		list[i] = e.Entry
	}
	return list
}

func (k *jks) misread() []Unloadable {
	var list []Unloadable
	for _, e := range k.list {
		for _, f := range e.foreign {
			list = append(list, misreadEntry(e.Entry, f.link, "type", fmt.Sprintf("a certificate of the type %.20q", f.kind)))
		}
	}
	return list
}

// protection: a JKS always ends with a digest under its password, and never
// hides its certificates.
func (k *jks) protection() Protection { return Protection{Integrity: true} }

func (k *jks) editError() error { return k.refused }

func (k *jks) bytes() []byte { return k.data }

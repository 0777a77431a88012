package javaks

import "fmt"

// pkcs12Store is a PKCS#12 file (RFC 7292), opened.
type pkcs12Store struct {
	data     []byte
	authSafe []byte // the octets that the MAC covers
	contents []content
	mac      *mac // nil if there is none; unusable if refusal says so
	key      unlocking
	ber      bool  // some of it is not DER
	refusal  error // why edit refuses
}

// unlocking is the password that opened a store.
type unlocking struct {
	password string
	mac      secret // the form of it that the MAC is made with
}

// openPKCS12 parses a PKCS#12 file, verifies its MAC and decrypts its contents.
//
// A file without MAC and encryption needs no password: any is ignored, as in
// Java. A file with a MAC whose contents are all in clear can be listed without
// its password, as a JVM reads it; the error then comes with edit.
func openPKCS12(data []byte, passwords []string) (body, error) {
	return openPKCS12With(data, candidates(passwords), locked(passwords), newWork())
}

// openPKCS12With tries the given passwords; fails is the error if none is right.
func openPKCS12With(data []byte, passwords []string, fails error, w *work) (*pkcs12Store, error) {
	s, macError, err := parsePKCS12(data)
	if err != nil {
		return nil, err
	}
	if macError == nil && s.unprotected() {
		return s, s.parseBags()
	}
	if macError == nil {
		macError = s.unlock(passwords, fails, w)
	}
	if macError != nil && s.encrypted() {
		return nil, macError
	}
	if macError != nil {
		s.refusal = macError
	}
	return s, s.parseBags()
}

// unprotected: a JVM reads the file without a password, or with any.
func (s *pkcs12Store) unprotected() bool { return s.mac == nil && !s.encrypted() }

func (s *pkcs12Store) encrypted() bool {
	for _, c := range s.contents {
		if c.encryption != nil {
			return true
		}
	}
	return false
}

// unlock finds the password and decrypts the contents with it.
func (s *pkcs12Store) unlock(passwords []string, fails error, w *work) error {
	for _, password := range passwords {
		ok, err := s.try(password, w)
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
	}
	return fails
}

// try opens the file with one password. A password that the MAC proves and that
// does not decrypt the contents is an error: no other can do better.
func (s *pkcs12Store) try(password string, w *work) (bool, error) {
	if s.mac != nil {
		ok, err := s.verifyMAC(password, w)
		if err != nil || !ok {
			return false, err
		}
	}
	for i := range s.contents {
		ok, err := s.contents[i].decrypt(password, w)
		if err == nil && !ok && s.mac != nil {
			err = fmt.Errorf("%w: MAC and encryption under two passwords", ErrUnsupported)
		}
		if err != nil || !ok {
			return false, err
		}
	}
	s.key.password = password
	return true, nil
}

func (s *pkcs12Store) verifyMAC(password string, w *work) (bool, error) {
	for _, form := range secrets(password) {
		ok, err := s.mac.verify(form, s.authSafe, w)
		if err != nil || ok {
			s.key.mac = form
			return ok, err
		}
	}
	return false, nil
}

func (s *pkcs12Store) entries() []Entry {
	var all []Entry
	chains := completedChains(s.contents)
	for _, c := range s.contents {
		for _, b := range c.bags {
			e := Entry{Alias: b.alias, Kind: b.kind}
			switch b.kind {
			case "":
				continue
			case PrivateKey:
				e.Chain, chains = chains[0], chains[1:]
			case TrustedCertificate, ChainCertificate:
				e.Chain = [][]byte{b.certificate}
			}
			if b.hidden {
				e.Kind = Hidden
			}
			all = append(all, e)
		}
	}
	return all
}

// misread lists the entries of bags with attributes that Java does not read.
// What is no entry to this package is none to be named, but for its name.
func (s *pkcs12Store) misread() []Unloadable {
	var list []Unloadable
	for _, c := range s.contents {
		for _, b := range c.bags {
			if b.misread == "" {
				continue
			}
			e := Entry{Alias: b.alias, Kind: b.kind}
			if b.isCertificate() {
				e.Chain = [][]byte{b.certificate}
			}
			list = append(list, misreadEntry(e, 0, b.misread, "an attribute whose value is none that it may have"))
		}
	}
	return list
}

func (s *pkcs12Store) protection() Protection {
	p := Protection{Integrity: s.mac != nil}
	for _, c := range s.contents {
		if c.encryption != nil && c.holds(bag.isCertificate) {
			p.Certificates = true
		}
	}
	return p
}

func (s *pkcs12Store) editError() error { return s.refusal }

// malformed is the error for a part of a PKCS#12 file that cannot be parsed.
func malformed(part string) error { return fmt.Errorf("%w: malformed %s", ErrDamaged, part) }

// foundBER notes that the file, or a part of it, had to be converted to DER.
func (s *pkcs12Store) foundBER() {
	s.ber = true
	s.refuse("BER encoding")
}

// refuse notes why the file cannot be edited; the first reason stays.
func (s *pkcs12Store) refuse(reason string) {
	if s.refusal == nil {
		s.refusal = fmt.Errorf("%w: PKCS#12 with %s is not edited", ErrUnsupported, reason)
	}
}

func (s *pkcs12Store) bytes() []byte { return s.data }

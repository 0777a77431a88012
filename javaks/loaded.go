package javaks

// LoadedWith says what a JVM that gives a password, "" for none, makes of a
// keystore (sun.security.ssl.TrustStoreManager). With ErrWrongPassword it fails
// as a whole, "problem accessing trust store"; with ErrPasswordRequired it sees
// nothing of what is encrypted, and says "the trustAnchors parameter must be
// non-empty" where nothing is left. A JKS is read without a password, and a
// PKCS#12 that has no MAC and nothing encrypted with any.
func LoadedWith(data []byte, password string) error {
	switch format := Detect(data); format {
	case JKS, JCEKS:
		file, err := parseJKS(data)
		if err != nil || password == "" || !file.complete {
			return err
		}
		if _, ok := jksPassword(file.data[:file.end], file.digest(), []string{password}); !ok {
			return ErrWrongPassword
		}
		return nil
	case PKCS12:
		return pkcs12LoadedWith(data, password)
	default:
		return notKeystore(data, format)
	}
}

func pkcs12LoadedWith(data []byte, password string) error {
	s, macError, err := parsePKCS12(data)
	switch {
	case err != nil:
		return err
	case s.unprotected() || password == "" && !s.encrypted():
		return nil
	case password == "":
		return ErrPasswordRequired
	case macError != nil:
		return macError
	}
	ok, err := s.try(password, newWork())
	if err == nil && !ok {
		err = ErrWrongPassword
	}
	return err
}

package javaks

// Unloadable is a certificate because of which JVMs cannot load a keystore.
type Unloadable struct {
	Entry Entry
	Link  int // the certificate's place in Entry.Chain
	Err   error
}

// Unloadable lists the certificates of a keystore that JVMs refuse (their Err is
// a [*RefusedError]) or that this package cannot judge (a [*UnprovenError]), in
// the order of the file. A JVM reads all of a keystore or none: also entries
// that it then does not show, and certificates that only chains are made of.
//
// Certificates of a JKS whose type is not X.509 are judged as if it were; what
// is encrypted in a PKCS#12, Java without the password does not read either.
func (k *Keystore) Unloadable() []Unloadable {
	var list []Unloadable
	known := make(map[string]error) // chains share certificates
	for _, e := range k.Entries() {
		for i, der := range e.Chain {
			err, judged := known[string(der)]
			if !judged {
				err = Acceptable(der)
				known[string(der)] = err
			}
			if err != nil {
				list = append(list, Unloadable{Entry: e, Link: i, Err: err})
			}
		}
	}
	return list
}

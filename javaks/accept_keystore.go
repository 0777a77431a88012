package javaks

import (
	"crypto/sha256"
	"sync"
)

// Unloadable is an entry because of which JVMs cannot load a keystore.
type Unloadable struct {
	Entry Entry
	Link  int // the certificate's place in Entry.Chain
	Err   error
}

// Unloadable lists what of a keystore JVMs refuse (its Err is a [*RefusedError])
// or this package cannot judge (a [*UnprovenError]): entries whose type or
// attributes no JVM reads, then certificates in the order of the file. A JVM
// reads all of a keystore or none: also entries that it then does not show, and
// certificates that only chains are made of. What is encrypted in a PKCS#12,
// Java without the password does not read either.
func (k *Keystore) Unloadable() []Unloadable {
	list := k.body.misread()
	for _, e := range k.Entries() {
		for i, der := range e.Chain {
			if err := verdicts.of(der); err != nil {
				list = append(list, Unloadable{Entry: e, Link: i, Err: err})
			}
		}
	}
	return list
}

// misreadEntry is what no JVM can read of an entry beside its certificates.
func misreadEntry(e Entry, link int, part, detail string) Unloadable {
	return Unloadable{Entry: e, Link: link, Err: &RefusedError{Code: RefusedEntry, Part: part, Detail: detail, Releases: Releases[:]}}
}

// verdicts are what Acceptable said of certificates: most keystores of a
// machine hold the same ones, and are read more than once.
var verdicts verdictCache

// verdictCache keeps a bounded number of verdicts by fingerprint.
type verdictCache struct {
	mu    sync.RWMutex
	known map[[sha256.Size]byte]error
}

// maxVerdicts bounds the cache: to some hundred KiB, and to more certificates
// than all public authorities have.
const maxVerdicts = 4096

func (c *verdictCache) of(der []byte) error {
	id := sha256.Sum256(der)
	c.mu.RLock()
	err, judged := c.known[id]
	c.mu.RUnlock()
	if judged {
		return err
	}
	err = Acceptable(der)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[[sha256.Size]byte]error{}
	}
	if len(c.known) < maxVerdicts {
		c.known[id] = err
	}
	return err
}

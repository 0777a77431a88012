package chains

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// Hand is the list of hand-made chains, each with one fault or one liberty.
// Names, serial numbers and keys identifiers differ from chain to chain, so
// that one store can hold the anchors of all.
func Hand() []Chain {
	return handMade()
}

var handMade = sync.OnceValue(func() []Chain {
	var list []Chain
	for i, c := range handCases {
		list = append(list, c.make(i))
	}
	return list
})

// family is the root, the issuing CA and the leaf of a hand-made chain before
// they are signed; alter changes what is to be different.
type family struct {
	root, sub, leaf Template
	host            string
	// anchors and sent list what the store holds and the server sends, of
	// "root", "sub", "leaf" and more.
	anchors, sent string
	more          map[string]*Template
}

type handCase struct {
	name  string
	alter func(*family)
}

func (c handCase) make(index int) Chain {
	id := func(s string) string { return fmt.Sprintf("%s %s", s, c.name) }
	f := &family{host: "www.vb.test", anchors: "root", sent: "leaf sub", more: map[string]*Template{}}
	serial := func(n byte) []byte { return []byte{2, byte(index >> 8), byte(index), n} }
	from, to := Now.AddDate(0, -3, 0), Now.AddDate(2, 0, 0)
	f.root = Template{Serial: serial(1), Subject: CN(id("Root")), Issuer: CN(id("Root")), NotBefore: from, NotAfter: to,
		Key: KeyNamed("p256-0"), Signer: KeyNamed("p256-0"),
		Extensions: []Extension{BasicConstraints(true, -1), KeyUsage(1<<5 | 1<<6), SubjectKeyID(id("r"))}}
	f.sub = Template{Serial: serial(2), Subject: CN(id("Sub")), Issuer: f.root.Subject, NotBefore: from, NotAfter: to,
		Key: KeyNamed("p256-1"), Signer: f.root.Key,
		Extensions: []Extension{BasicConstraints(true, -1), KeyUsage(1<<5 | 1<<6), SubjectKeyID(id("s")), AuthorityKeyID(id("r"), nil, nil)}}
	f.leaf = Template{Serial: serial(3), Subject: CN(id("Leaf")), Issuer: f.sub.Subject, NotBefore: from, NotAfter: Now.AddDate(0, 6, 0),
		Key: KeyNamed("p256-2"), Signer: f.sub.Key,
		Extensions: []Extension{BasicConstraints(false, -1), KeyUsage(1), ExtKeyUsage("1.3.6.1.5.5.7.3.1"),
			SubjectKeyID(id("l")), AuthorityKeyID(id("s"), nil, nil), SubjectAltName(false, DNS("www.vb.test"))}}
	if c.alter != nil {
		c.alter(f)
	}
	return f.chain(c.name)
}

func (f *family) chain(name string) Chain {
	made := map[string][]byte{"root": Make(f.root), "sub": Make(f.sub), "leaf": Make(f.leaf)}
	for n, t := range f.more {
		made[n] = Make(*t)
	}
	list := func(names string) (out [][]byte) {
		for _, n := range strings.Fields(names) {
			if made[n] == nil {
				panic("no certificate " + n)
			}
			out = append(out, made[n])
		}
		return out
	}
	return Chain{Name: name, Anchors: list(f.anchors), Presented: list(f.sent), Host: f.host, Time: Now, LeafKey: f.leaf.Key}
}

// set replaces or adds an extension.
// selfSigned makes the server's certificate its own issuer, and what is stored and
// sent.
func (f *family) selfSigned() {
	f.leaf.Issuer, f.leaf.Signer = f.leaf.Subject, f.leaf.Key
	f.leaf.drop(oidAKI)
	f.anchors, f.sent = "leaf", "leaf"
}

func (f *family) selfSignedCA() {
	f.selfSigned()
	f.leaf.set(BasicConstraints(true, -1))
}

func (t *Template) set(e Extension) {
	for i := range t.Extensions {
		if t.Extensions[i].OID == e.OID {
			t.Extensions[i] = e
			return
		}
	}
	t.Extensions = append(t.Extensions, e)
}

// drop removes extensions.
func (t *Template) drop(oids ...string) {
	var kept []Extension
	for _, e := range t.Extensions {
		if !strings.Contains(" "+strings.Join(oids, " ")+" ", " "+e.OID+" ") {
			kept = append(kept, e)
		}
	}
	t.Extensions = kept
}

// names makes the leaf's subjectAltName.
func (f *family) names(names ...[]byte) { f.leaf.set(SubjectAltName(false, names...)) }

// more adds a certificate made like another.
func (f *family) add(name string, like Template, alter func(*Template)) {
	t := like
	t.Extensions = append([]Extension(nil), like.Extensions...)
	t.Serial = append([]byte(nil), like.Serial...)
	t.Serial[len(t.Serial)-1] += byte(16 * (1 + len(f.more)))
	alter(&t)
	f.more[name] = &t
}

const (
	oidBC, oidKU, oidEKU, oidSAN = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17"
	oidSKI, oidAKI               = "2.5.29.14", "2.5.29.35"
)

func (f *family) expired(t *Template) { t.NotAfter = Now.AddDate(0, 0, -5) }
func (f *family) future(t *Template)  { t.NotBefore = Now.AddDate(0, 0, 5) }

// deep puts n CAs between sub and leaf.
func (f *family) deep(n int) {
	prev := f.sub
	f.sent = "sub"
	for i := range n {
		name := fmt.Sprintf("deep%d", i)
		f.add(name, prev, func(t *Template) {
			t.Issuer, t.Signer = prev.Subject, prev.Key
			t.Subject = append(append(Name(nil), f.sub.Subject...), Attribute{OID: "2.5.4.11", Tag: asn1.UTF8String, Value: name})
			t.set(SubjectKeyID(name + string(f.sub.Serial)))
			t.drop(oidAKI)
		})
		f.sent = name + " " + f.sent
		prev = *f.more[name]
	}
	f.leaf.Issuer, f.leaf.Signer = prev.Subject, prev.Key
	f.leaf.drop(oidAKI)
	f.sent = "leaf " + f.sent
}

var unknownCritical = Extension{"1.3.6.1.4.1.99999.9.2", true, []byte{5, 0}}

var handCases = []handCase{
	{"plain", nil},
	{"root-sent", func(f *family) { f.sent = "leaf sub root" }},
	{"swapped", func(f *family) { f.sent = "leaf root sub" }},
	{"duplicate", func(f *family) { f.sent = "leaf sub sub" }},
	{"leaf-twice", func(f *family) { f.sent = "leaf leaf sub" }},
	{"sub-omitted", func(f *family) { f.sent = "leaf" }},
	{"sub-stored", func(f *family) { f.anchors = "sub" }},
	{"sub-stored-omitted", func(f *family) { f.anchors, f.sent = "sub", "leaf" }},
	{"both-stored-omitted", func(f *family) { f.anchors, f.sent = "root sub", "leaf" }},
	{"leaf-stored", func(f *family) { f.anchors = "leaf" }},
	{"nothing-fits", func(f *family) {
		f.add("other", f.root, func(t *Template) {
			t.Subject, t.Issuer = CN("Other Root"), CN("Other Root")
			t.Key, t.Signer = KeyNamed("p256-5"), KeyNamed("p256-5")
		})
		f.anchors = "other"
	}},
	{"root-of-same-name", func(f *family) {
		f.add("other", f.root, func(t *Template) { t.Key, t.Signer = KeyNamed("p256-5"), KeyNamed("p256-5") })
		f.anchors = "other"
	}},
	{"root-reissued-stored-valid", func(f *family) {
		f.add("new", f.root, func(t *Template) { t.NotAfter = t.NotAfter.AddDate(1, 0, 0) })
		f.sent = "leaf sub new"
	}},
	{"root-reissued-stored-expired", func(f *family) {
		f.add("new", f.root, func(t *Template) {})
		f.expired(&f.root)
		f.sent = "leaf sub new"
	}},
	{"root-expired-and-new-stored", func(f *family) {
		f.add("new", f.root, func(t *Template) {})
		f.expired(&f.root)
		f.anchors = "root new"
	}},
	{"leaf-expired", func(f *family) { f.expired(&f.leaf) }},
	{"leaf-future", func(f *family) { f.future(&f.leaf) }},
	{"sub-expired", func(f *family) { f.expired(&f.sub) }},
	{"root-expired", func(f *family) { f.expired(&f.root) }},
	{"root-future", func(f *family) { f.future(&f.root) }},
	{"two-subs-one-expired", func(f *family) {
		f.add("old", f.sub, f.expired)
		f.sent = "leaf old sub"
	}},
	{"two-subs-one-expired-after", func(f *family) {
		f.add("old", f.sub, f.expired)
		f.sent = "leaf sub old"
	}},
	{"cross-signed", func(f *family) {
		f.add("root2", f.root, func(t *Template) {
			t.Subject, t.Issuer = CN("Second Root"), CN("Second Root")
			t.Key, t.Signer = KeyNamed("p256-4"), KeyNamed("p256-4")
			t.set(SubjectKeyID("second root"))
		})
		f.add("cross", f.root, func(t *Template) {
			t.Issuer, t.Signer = CN("Second Root"), KeyNamed("p256-4")
		})
		f.anchors, f.sent = "root2", "leaf sub cross"
	}},
	{"signature-leaf", func(f *family) { f.leaf.Spoiled = true }},
	{"signature-sub", func(f *family) { f.sub.Spoiled = true }},
	{"signature-root", func(f *family) { f.root.Spoiled = true }},
	{"sub-no-constraints", func(f *family) { f.sub.drop(oidBC) }},
	{"sub-not-ca", func(f *family) { f.sub.set(BasicConstraints(false, -1)) }},
	{"sub-v1", func(f *family) { f.sub.Version, f.sub.Extensions = 1, nil; f.leaf.drop(oidAKI) }},
	{"sub-no-certsign", func(f *family) { f.sub.set(KeyUsage(1 << 6)) }},
	{"sub-no-keyusage", func(f *family) { f.sub.drop(oidKU) }},
	{"sub-pathlen-0", func(f *family) { f.sub.set(BasicConstraints(true, 0)) }},
	{"sub-pathlen-broken", func(f *family) {
		f.sub.set(BasicConstraints(true, 0))
		f.deep(1)
		f.more["deep0"].set(BasicConstraints(true, -1))
	}},
	{"root-pathlen-0", func(f *family) { f.root.set(BasicConstraints(true, 0)) }},
	{"root-no-constraints", func(f *family) { f.root.drop(oidBC) }},
	{"root-not-ca", func(f *family) { f.root.set(BasicConstraints(false, -1)) }},
	{"root-v1", func(f *family) { f.root.Version, f.root.Extensions = 1, nil; f.sub.drop(oidAKI) }},
	{"root-no-certsign", func(f *family) { f.root.set(KeyUsage(1 << 6)) }},
	{"root-no-keyusage", func(f *family) { f.root.drop(oidKU) }},
	{"root-critical-unknown", func(f *family) { f.root.set(unknownCritical) }},
	{"root-eku-client", func(f *family) { f.root.set(ExtKeyUsage("1.3.6.1.5.5.7.3.2")) }},
	{"root-eku-any", func(f *family) { f.root.set(ExtKeyUsage("2.5.29.37.0")) }},
	{"root-names-excluded", func(f *family) { f.root.set(NameConstraints(nil, [][]byte{DNS("vb.test")})) }},
	{"sub-critical-unknown", func(f *family) { f.sub.set(unknownCritical) }},
	{"sub-eku-client", func(f *family) { f.sub.set(ExtKeyUsage("1.3.6.1.5.5.7.3.2")) }},
	{"sub-eku-any", func(f *family) { f.sub.set(ExtKeyUsage("2.5.29.37.0")) }},
	{"sub-eku-sgc", func(f *family) { f.sub.set(ExtKeyUsage("2.16.840.1.113730.4.1")) }},
	{"sub-names-permitted", func(f *family) { f.sub.set(NameConstraints([][]byte{DNS("vb.test")}, nil)) }},
	{"sub-names-other", func(f *family) { f.sub.set(NameConstraints([][]byte{DNS("other.test")}, nil)) }},
	{"sub-names-excluded", func(f *family) { f.sub.set(NameConstraints(nil, [][]byte{DNS("www.vb.test")})) }},
	{"sub-names-directory", func(f *family) { f.sub.set(NameConstraints([][]byte{Directory(f.leaf.Subject[:1])}, nil)) }},
	{"sub-keyid-wrong", func(f *family) { f.sub.set(AuthorityKeyID("wrong", nil, nil)) }},
	{"leaf-keyid-wrong", func(f *family) { f.leaf.set(AuthorityKeyID("wrong", nil, nil)) }},
	{"leaf-critical-unknown", func(f *family) { f.leaf.set(unknownCritical) }},
	{"leaf-no-eku", func(f *family) { f.leaf.drop(oidEKU) }},
	{"leaf-eku-client", func(f *family) { f.leaf.set(ExtKeyUsage("1.3.6.1.5.5.7.3.2")) }},
	{"leaf-eku-any", func(f *family) { f.leaf.set(ExtKeyUsage("2.5.29.37.0")) }},
	{"leaf-eku-sgc", func(f *family) { f.leaf.set(ExtKeyUsage("2.16.840.1.113730.4.1")) }},
	{"leaf-no-keyusage", func(f *family) { f.leaf.drop(oidKU) }},
	{"leaf-keyusage-encipher", func(f *family) { f.leaf.set(KeyUsage(1 << 2)) }},
	{"leaf-keyusage-certsign", func(f *family) { f.leaf.set(KeyUsage(1 << 5)) }},
	{"leaf-is-ca", func(f *family) { f.leaf.set(BasicConstraints(true, -1)); f.leaf.set(KeyUsage(1 | 1<<5)) }},
	{"leaf-duplicate-extension", func(f *family) { f.leaf.Extensions = append(f.leaf.Extensions, KeyUsage(1)) }},
	{"leaf-v1", func(f *family) {
		f.leaf.Version, f.leaf.Extensions = 1, nil
		f.leaf.Subject = append(f.leaf.Subject[:1:1], Attribute{OID: "2.5.4.3", Tag: asn1.UTF8String, Value: "www.vb.test"})
	}},
	{"leaf-empty-subject", func(f *family) { f.leaf.Subject = nil }},
	{"leaf-empty-subject-critical", func(f *family) { f.leaf.Subject = nil; f.leaf.set(SubjectAltName(true, DNS("www.vb.test"))) }},
	{"serial-negative", func(f *family) { f.sub.Serial = append([]byte{0x80}, f.sub.Serial...) }},
	{"sha1-leaf", func(f *family) { f.leaf.Hash = "SHA1" }},
	{"sha1-sub", func(f *family) { f.sub.Hash = "SHA1" }},
	{"md5-sub", func(f *family) {
		f.root.Key, f.root.Signer = KeyNamed("rsa2048-1"), KeyNamed("rsa2048-1")
		f.sub.Signer = f.root.Key
		f.sub.Hash = "MD5"
	}},
	{"rsa1024-leaf", func(f *family) { f.leaf.Key = KeyNamed("rsa1024-1") }},
	{"rsa1024-sub", func(f *family) { f.sub.Key = KeyNamed("rsa1024-1"); f.leaf.Signer = f.sub.Key }},
	{"rsa1024-root", func(f *family) {
		f.root.Key, f.root.Signer = KeyNamed("rsa1024-1"), KeyNamed("rsa1024-1")
		f.sub.Signer = f.root.Key
	}},
	{"pss-sub", func(f *family) {
		f.root.Key, f.root.Signer = KeyNamed("rsa2048-1"), KeyNamed("rsa2048-1")
		f.sub.Signer = f.root.Key
		f.sub.Hash = "PSS"
	}},
	{"ed25519-sub", func(f *family) { f.sub.Key = KeyNamed("ed25519-1"); f.leaf.Signer = f.sub.Key }},
	{"p384-sub", func(f *family) { f.sub.Key = KeyNamed("p384-1"); f.leaf.Signer = f.sub.Key }},
	{"deep-6", func(f *family) { f.deep(5) }},
	{"deep-7", func(f *family) { f.deep(6) }},
	{"deep-9", func(f *family) { f.deep(8) }},
	{"self-signed", func(f *family) {
		f.leaf.Issuer, f.leaf.Signer = f.leaf.Subject, f.leaf.Key
		f.leaf.drop(oidAKI)
		f.sent = "leaf"
	}},
	{"self-signed-stored", func(f *family) { f.selfSigned() }},
	{"self-signed-ca", func(f *family) { f.selfSignedCA(); f.anchors = "root" }},
	{"self-signed-ca-stored", func(f *family) { f.selfSignedCA(); f.leaf.drop(oidKU) }},
	{"self-signed-ca-stored-signs", func(f *family) { f.selfSignedCA(); f.leaf.set(KeyUsage(1 | 1<<5)) }},
	{"self-signed-ca-stored-usage", func(f *family) { f.selfSignedCA() }},
	{"self-signed-ca-stored-eku", func(f *family) { f.selfSignedCA(); f.leaf.drop(oidKU); f.leaf.set(ExtKeyUsage("1.3.6.1.5.5.7.3.2")) }},
	{"self-signed-ca-stored-critical", func(f *family) {
		f.selfSignedCA()
		f.leaf.drop(oidKU)
		f.leaf.set(unknownCritical)
	}},
	{"self-signed-ca-stored-ca-usage", func(f *family) { f.selfSignedCA(); f.leaf.set(KeyUsage(1<<5 | 1<<6)) }},
	{"self-signed-stored-eku", func(f *family) { f.selfSigned(); f.leaf.set(ExtKeyUsage("1.3.6.1.5.5.7.3.2")) }},
	{"self-signed-stored-usage", func(f *family) { f.selfSigned(); f.leaf.set(KeyUsage(1 << 6)) }},
	{"self-signed-stored-critical", func(f *family) { f.selfSigned(); f.leaf.set(unknownCritical) }},
	{"leaf-is-ca-unknown", func(f *family) {
		f.leaf.set(BasicConstraints(true, -1))
		f.sent = "leaf"
	}},
	{"host-other", func(f *family) { f.host = "other.test" }},
	{"host-case", func(f *family) { f.names(DNS("WWW.VB.TEST")) }},
	{"host-wildcard", func(f *family) { f.names(DNS("*.vb.test")) }},
	{"host-wildcard-deep", func(f *family) { f.host = "a.www.vb.test"; f.names(DNS("*.vb.test")) }},
	{"host-wildcard-partial", func(f *family) { f.names(DNS("w*.vb.test")) }},
	{"host-wildcard-inner", func(f *family) { f.names(DNS("www.*.test")) }},
	{"host-wildcard-tld", func(f *family) { f.host = "vb.test"; f.names(DNS("*.test")) }},
	{"host-cn-only", func(f *family) {
		f.leaf.drop(oidSAN)
		f.leaf.Subject = append(f.leaf.Subject[:1:1], Attribute{OID: "2.5.4.3", Tag: asn1.UTF8String, Value: "www.vb.test"})
	}},
	{"host-cn-beside-san", func(f *family) {
		f.names(DNS("other.test"))
		f.leaf.Subject = append(f.leaf.Subject[:1:1], Attribute{OID: "2.5.4.3", Tag: asn1.UTF8String, Value: "www.vb.test"})
	}},
	{"host-ip", func(f *family) { f.host = "127.0.0.1"; f.names(IP(127, 0, 0, 1)) }},
	{"host-ip-other", func(f *family) { f.host = "127.0.0.1"; f.names(IP(127, 0, 0, 9)) }},
	{"host-ip-as-dns", func(f *family) { f.host = "127.0.0.1"; f.names(DNS("127.0.0.1")) }},
	{"host-dot", func(f *family) { f.names(DNS("www.vb.test.")) }},
	{"policy-required", func(f *family) { f.sub.set(PolicyConstraints(0, -1)) }},
	{"policy-required-met", func(f *family) {
		f.sub.set(PolicyConstraints(0, -1))
		f.sub.set(Policies(false, policyBase+"1"))
		f.leaf.set(Policies(false, policyBase+"1"))
	}},
	{"policy-qualifier-critical", func(f *family) { f.leaf.set(Policies(true, policyBase+"1+")) }},
	{"policy-mapping-critical", func(f *family) {
		f.sub.set(Policies(false, policyBase+"1"))
		f.sub.set(PolicyMappings([2]string{policyBase + "1", policyBase + "2"}))
	}},
	{"policy-inhibit-any-critical", func(f *family) { f.sub.set(InhibitAnyPolicy(0)) }},
}

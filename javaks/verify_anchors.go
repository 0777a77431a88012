package javaks

// Anchors lists, as DER, what a JVM that reads this keystore trusts: every
// trusted entry, and the first certificate of every entry with a private key
// (sun.security.validator.TrustStoreUtil). A JKS entry whose alias has capital
// letters in the file is never found by Java and is left out.
func (k *Keystore) Anchors() [][]byte {
	var anchors [][]byte
	for _, e := range k.Entries() {
		if len(e.Chain) == 0 {
			continue
		}
		if k.format == JKS && lowerAlias(e.Alias) != e.Alias {
			continue
		}
		anchors = append(anchors, e.Chain[0])
	}
	return anchors
}

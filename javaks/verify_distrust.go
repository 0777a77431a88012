package javaks

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/chain"
)

// distrustPolicy is a policy of jdk.security.caDistrustPolicies: TLS server
// certificates below some roots, in whatever store these lie, are refused
// (sun.security.validator.CADistrustPolicy and the class that it names).
type distrustPolicy struct {
	name  string // as the property has it
	owner string // in the exception's text
	roots []string
	// until is the last day, in UTC, on which a leaf may have begun to be
	// valid; zero refuses every leaf.
	until time.Time
	// never refuses every leaf after this day of the JVM's own clock; zero
	// for no such day.
	never time.Time
	// exempt are CAs directly below the root with a day of their own.
	exempt      []string
	exemptUntil time.Time
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// distrustPolicies are the policies as a JDK of 2026 has them. In JDK 17 the
// three older ones refuse always.
func distrustPolicies(legacy bool) []distrustPolicy {
	list := []distrustPolicy{
		{name: "SYMANTEC_TLS", owner: "Symantec", roots: symantecRoots, until: day(2019, 4, 16),
			exempt: symantecExempt, exemptUntil: day(2019, 12, 31)},
		{name: "ENTRUST_TLS", owner: "Entrust", roots: entrustRoots, until: day(2024, 11, 11)},
		{name: "CAMERFIRMA_TLS", owner: "Camerfirma", roots: camerfirmaRoots, until: day(2025, 4, 15)},
		{name: "CHUNGHWA_TLS", owner: "Chunghwa", roots: chunghwaRoots, until: day(2026, 3, 17)},
	}
	if !legacy {
		return list
	}
	for i := range list[:3] {
		list[i].until, list[i].exempt = time.Time{}, nil
	}
	list[3].never = day(2027, 4, 19)
	return list
}

func (v *verification) checkDistrust(path []*certificate) *refusal {
	if v.Purpose != chain.Server {
		return nil
	}
	anchor := path[len(path)-1]
	root := fingerprintText(anchor)
	for _, p := range v.distrust {
		if slices.Contains(p.roots, root) && p.refuses(path, v.clock()) {
			return &refusal{code: chain.CADistrusted, at: anchor,
				words: "TLS Server certificate anchored by a distrusted legacy " + p.owner + " root CA: " + anchor.Subject.String()}
		}
	}
	return nil
}

func (p distrustPolicy) refuses(path []*certificate, now time.Time) bool {
	until := p.until
	if len(path) > 2 && slices.Contains(p.exempt, fingerprintText(path[len(path)-2])) {
		until = p.exemptUntil
	}
	if !p.never.IsZero() && now.UTC().Truncate(24*time.Hour).After(p.never) {
		return true
	}
	return path[0].NotBefore.UTC().Truncate(24 * time.Hour).After(until)
}

func fingerprintText(c *certificate) string {
	return strings.ToUpper(hex.EncodeToString(c.Fingerprint[:]))
}

var symantecRoots = []string{
	"FF856A2D251DCD88D36656F450126798CFABAADE40799C722DE4D2B5DB36A73A", // GeoTrust Primary CA
	"37D51006C512EAAB626421F1EC8C92013FC5F82AE98EE533EB4619B8DEB4D06C", // GeoTrust Primary CA - G2
	"5EDB7AC43B82A06A8761E8D7BE4979EBF2611F7DD79BF91C1C6B566A219ED766", // GeoTrust Primary CA - G3
	"B478B812250DF878635C2AA7EC7D155EAA625EE82916E2CD294361886CD1FBD4", // GeoTrust Universal
	"A0459B9F63B22559F5FA5D4C6DB3F9F72FF19342033578F073BF1D1B46CBB912", // GeoTrust Universal 2
	"8D722F81A9C113C0791DF136A2966DB26C950A971DB46B4199F4EA54B78BFB9F", // thawte Primary Root
	"A4310D50AF18A6447190372A86AFAF8B951FFB431D837F1E5688B45971ED1557", // thawte Primary Root - G2
	"4B03F45807AD70F21BFC2CAE71C9FDE4604C064CF5FFB686BAE5DBAAD7FDD34C", // thawte Primary Root - G3
	"3F9F27D583204B9E09C8A3D2066C4B57D3A2479C3693650880505698105DBCE9", // thawte Server (premium)
	"3A43E220FE7F3EA9653D1E21742EAC2B75C20FD8980305BC502CAF8C2D9B41A1", // VeriSign Class 1
	"A4B6B3996FC2F306B3FD8681BD63413D8C5009CC4FA329C2CCF0E2FA1B140305", // VeriSign Class 2
	"83CE3C1229688A593D485F81973C0F9195431EDA37CC5E36430E79C7A888638B", // VeriSign Class 3 - G1
	"EB04CF5EB1F39AFA762F2BB120F296CBA520C1B97DB1589565B81CB9A17B7244", // VeriSign Class 3 - G3
	"69DDD7EA90BB57C93E135DC85EA6FCD5480B603239BDC454FC758B2A26CF7F79", // VeriSign Class 3 - G4
	"9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF", // VeriSign Class 3 - G5
	"2399561127A57125DE8CEFEA610DDF2FA078B5C8067F4E828290BFB860E84B3C", // VeriSign Universal
}

var symantecExempt = []string{
	"AC2B922ECFD5E01711772FEA8ED372DE9D1E2245FCE3F57A9CDBEC77296A424B", // Apple IST CA 2 - G1
	"A4FE7C7F15155F3F0AEF7AAA83CF6E06DEB97CA3F909DF920AC1490882D488ED", // Apple IST CA 8 - G1
}

var entrustRoots = []string{
	"73C176434F1BC6D5ADF45B0E76E727287C8DE57616C1E6E6141A2B2CBC7D8E4C", // Entrust
	"02ED0EB28C14DA45165C566791700D6451D7FB56F0B2AB1D3B8EB070E56EDFF5", // Entrust - EC1
	"43DF5774B03E7FEF5FE40D931A7BEDF1BB2E6B42738C4E6D3841103D3AA7F339", // Entrust - G2
	"DB3517D1F6732A2D5AB97C533EC70779EE3270A62FB4AC4238372460E6F01E88", // Entrust - G4
	"6DC47172E01CBCB0BF62580D895FE2B8AC9AD4F873801E0C10B9C837D21EB177", // Entrust.net 2048
}

var camerfirmaRoots = []string{
	"063E4AFAC491DFD332F3089B8542E94617D893D7FE944E10A7937EE29D9693C0", // Chambers of Commerce
}

var chunghwaRoots = []string{
	"C0A6F4DC63A24BFDCF54EF2A6A082A0A72DE35803E2FF5FF527AE5D87206DFD5", // ePKI Root
}

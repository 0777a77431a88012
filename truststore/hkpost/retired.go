package hkpost

import "slices"

// Retirement is a certificate that stores should no longer hold, and why.
type Retirement struct {
	Certificate
	// Reason is ConditionKnownBad, ConditionExpired or ConditionSuperseded,
	// the first that applies.
	Reason ConditionCode
	Bad    Bad // says more for ConditionKnownBad
}

// Retired lists the certificates that a rotation removes where the same
// program installed them before: those known to be bad, those that had expired
// on [CatalogueDate], and those superseded that no current profile wants. It
// depends on the catalogue alone, not on the clock.
//
// A superseded certificate that a profile still wants (the e-Cert CAs under
// Root CA 2 in their first generation) is not retired; neither are GlobalSign's
// root and its cross certificate, which no profile wants but nothing replaced.
func Retired() []Retirement {
	wanted := currentlyWanted()
	checked := mustDay(CatalogueDate)
	var out []Retirement
	for _, c := range Certificates() {
		r := Retirement{Certificate: c}
		for _, condition := range c.Condition(checked) {
			if condition.Code == ConditionSuperseded && slices.Contains(wanted, c.Slug) {
				continue
			}
			r.Reason, r.Bad = condition.Code, condition.Bad
			out = append(out, r)
			break
		}
	}
	return out
}

// LookupRetired finds a certificate in the list of [Retired].
func LookupRetired(f Fingerprint) (Retirement, bool) {
	for _, r := range Retired() {
		if r.SHA256 == f {
			return r, true
		}
	}
	return Retirement{}, false
}

func currentlyWanted() []string {
	var slugs []string
	for _, m := range append(members(serverMembers), members(ecertMembers)...) {
		slugs = append(slugs, m.Slug)
	}
	return slugs
}

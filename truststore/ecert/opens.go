package ecert

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/javaks"
)

// windowsRounds is the most rounds that Windows 10 and 11 take; of more they say
// that the password is wrong (github.com/hwdsl2/setup-ipsec-vpn, issue 414).
const windowsRounds = 600_000

// whoOpensIt tells of protection with which some programs do not open the file.
// Most of them say that the password is wrong.
func (x *examination) whoOpensIt(all []javaks.Scheme) {
	weak := slices.IndexFunc(all, func(s javaks.Scheme) bool { return s.Weak })
	if weak >= 0 {
		x.result.find(CodeWeakProtection, "scheme", all[weak].Name)
	}
	mac := x.pfx.MAC()
	if mac == nil && len(all) > 0 {
		x.result.find(CodeNoMAC)
	}
	if mac != nil {
		all = append(all, *mac)
	}
	// Windows before 10 and Server 2019, and macOS's keychain at times, know
	// no hash but SHA-1 in such files (rust-security-framework, issue 216; xca,
	// issue 528). No JDK before 26 knows PBMAC1.
	if i := slices.IndexFunc(all, newerThanSHA1); i >= 0 {
		x.result.find(CodeNewProtection, "scheme", all[i].Name)
	}
	rounds := 0
	for _, s := range all {
		rounds = max(rounds, s.Iterations)
	}
	if rounds > windowsRounds {
		x.result.find(CodeManyRounds, "count", strconv.Itoa(rounds))
	}
}

func newerThanSHA1(s javaks.Scheme) bool {
	return strings.HasPrefix(s.Name, "PB") || strings.HasPrefix(s.Name, "HMAC") && s.Name != "HMAC-SHA-1"
}

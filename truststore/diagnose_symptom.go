package truststore

import (
	"slices"
	"strings"
)

// symptomRow is a thing that programs say, and what can be the cause.
type symptomRow struct {
	code string
	// words are parts of what programs show, in lower case.
	words []string
	// serves are the families of programs that show it; nil for all.
	serves []string
	// causes are codes that can be the cause; nil for all.
	causes []Code
	// notes are codes that are worth knowing otherwise, and a cause here.
	notes []Code
	// brings is the program that shows it, if that has roots of its own.
	brings *ownRoots
}

// What keeps a store's content from counting, or from being right.
var storeCauses = []Code{
	CodeRootMissing, CodeIssuerMissing, CodeStoreBlocked, CodeStoreUnread, CodeStoreUnloadable, CodeStoreIgnored, CodeStoreOverridden, CodeStoreNamed,
	CodeStoreUnreadable, CodePasswordedCA, CodeOptionElsewhere, CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeSecurityUnknown, CodeJavaEmpty, CodePendingRefresh, CodeBundleMissing, CodeProgramStale, CodeStoreShadowed, CodeNSSVoid, CodeNSSConflict, CodeNSSLegacy,
	CodeReceiptOpen, CodePlaceUnreadable, CodeProgramRefuses, CodeEnvironmentVoid,
}

// What lies between the server and the machine.
var pathCauses = []Code{CodeIntercepted, CodeServerStrange, CodeServerUnasked, "chain.issuer-omitted", "chain.signature", CodeIssuerUnfetched, CodeIssuerUnlisted}

// symptoms is the table, the more particular rows first.
var symptoms = []symptomRow{
	{
		code: "kaspersky", words: []string{"pay-e-0000", "pay e 0000", "cannot guarantee authenticity", "certificate verification problem", "kaspersky", "卡巴斯基"},
		causes: slices.Concat(pathCauses, []Code{CodeKaspersky, CodeInterceptor, CodeClockWrong, CodeClockLate, CodeRootMissing, CodeProgramRefuses}),
		notes:  []Code{CodeKaspersky, CodeInterceptor},
	},
	{
		code: "distrusted", serves: []string{servesBrowsers},
		words:  []string{"sec_error_untrusted_issuer", "sec_error_untrusted_cert", "不再受信任的憑證機構", "isn’t trusted anymore", "isn't trusted anymore", "已被使用者標記為不受信任", "marked as not trusted"},
		causes: []Code{CodeRootDistrusted, CodeDistrustIgnored, CodeProgramRefuses},
	},
	{
		code: "revoked", words: []string{"err_cert_revoked", "sec_error_revoked_certificate", "certificate has been revoked", "已撤銷", "撤銷"},
		causes: []Code{CodeChainKnownBad, CodeChainSuperseded, CodeRetiredPresent, CodeProgramRefuses},
		notes:  []Code{CodeRetiredPresent},
	},
	{
		code: "dates", words: []string{
			"sec_error_expired", "not_yet_valid", "err_cert_date_invalid", "certificate has expired", "certificateexpired", "certificatenotyetvalid", "cert_has_expired", "certificate is not yet valid",
			"validity check failed", "過期", "失效", "到期", "時鐘", "clock is",
		},
		causes: []Code{CodeClockWrong, CodeClockLate, "chain.clock", "chain.expired", "chain.not-yet-valid", CodeChainSuperseded, CodeIntercepted, CodeProgramRefuses, CodeStoreUnread},
	},
	{
		code: "name", words: []string{
			"ssl_error_bad_cert_domain", "err_cert_common_name_invalid", "no subject alternative", "no name matching", "hostname mismatch", "altname_invalid",
			"does not match host", "僅對下列網址有效", "其安全憑證來自",
		},
		causes: []Code{"chain.host", CodeIntercepted, CodeProgramRefuses},
	},
	{
		code: "java-password", serves: []string{servesJava},
		words:  []string{"password was incorrect", "keystore was tampered with", "problem accessing trust store", "integrity check failed"},
		causes: []Code{CodeOptionPassword, CodeOptionType, CodeSecurityUnknown, CodeOptionElsewhere, CodeOptionNoPassword, CodePasswordedCA, CodeStoreUnread, CodeStoreBlocked, CodeStoreUnloadable, CodeStoreOverridden, CodeStoreNamed, CodeProgramRefuses},
	},
	{
		code: "java-empty", serves: []string{servesJava},
		words:  []string{"trustanchors parameter must be non-empty", "trustanchors", "invalid keystore format"},
		causes: []Code{CodeOptionNone, CodeSecurityUnknown, CodeOptionElsewhere, CodeJavaEmpty, CodeOptionNoPassword, CodeStoreUnreadable, CodePasswordedCA, CodeStoreUnread, CodeStoreUnloadable, CodeStoreOverridden, CodeStoreNamed, CodeProgramRefuses},
	},
	{
		code: "java", serves: []string{servesJava},
		words: []string{
			"pkix path", "unable to find valid certification path", "suncertpathbuilderexception", "validatorexception", "sslhandshakeexception",
			"issued by a company that is not trusted", "company that is not trusted", "由不受信任的公司", "未獲信任的公司",
		},
		causes: slices.Concat(storeCauses, pathCauses, []Code{CodeClockWrong, CodeClockLate, CodeRootDistrusted, CodeKaspersky}),
		notes:  []Code{CodeProgramStale, CodeStoreShadowed},
	},
	{
		code: "node", serves: []string{servesTools}, brings: &nodeRoots,
		words:  []string{"self_signed_cert_in_chain", "depth_zero_self_signed_cert", "unable_to_verify_leaf_signature", "unable_to_get_issuer_cert", "unable to verify the first certificate"},
		causes: slices.Concat(storeCauses, pathCauses, []Code{CodeProgramOwnRoots, CodeClockWrong, CodeClockLate}),
	},
	{
		code: "requests", serves: []string{servesTools}, brings: &requestsRoots,
		words:  []string{"requests.exceptions", "certifi/cacert", "httpsconnectionpool"},
		causes: slices.Concat(storeCauses, pathCauses, []Code{CodeProgramOwnRoots, CodeClockWrong, CodeClockLate}),
	},
	{
		code: "browser", serves: []string{servesBrowsers},
		words: []string{
			"sec_error_unknown_issuer", "unknown_issuer", "bad_signature", "self_signed_cert", "err_cert_authority_invalid", "connection is not private", "your connection is untrusted",
			"connection is untrusted", "warning: security risk", "potential security risk", "be careful. something",
			"此連線不受信任", "連線不受信任", "你的連線不是私人連線", "您的連線不是私人連線", "mitm_detected", "警告：有安全性風險", "有安全性風險", "隱私權設定發生錯誤", "其安全憑證未取得", "無法得知憑證簽發者", "err_cert_invalid", "不安全", "privacy error",
		},
		causes: slices.Concat(storeCauses, pathCauses, []Code{CodeClockWrong, CodeClockLate, "chain.clock", CodeRootDistrusted, CodeKaspersky, CodeInterceptor, CodeStoreUnlooked}),
		notes:  []Code{CodeKaspersky, CodeInterceptor, CodeProgramConfined, CodeProgramStale, CodeStoreUnlooked, CodeWSL},
	},
	{
		code: "tool", serves: []string{servesTools},
		words: []string{
			"unable to get local issuer", "unable to get issuer", "self signed certificate in certificate chain", "self-signed certificate",
			"certificate_verify_failed", "certificate verify failed", "signed by unknown authority", "doesn't have a known issuer", "doesn’t have a known issuer", "certificate issuer is unknown", "curl: (60)", "curl: (77)", "ssl certificate problem",
		},
		causes: slices.Concat(storeCauses, pathCauses, []Code{CodeClockWrong, CodeClockLate, CodeRootDistrusted}),
	},
}

// symptomOf recognises what somebody saw.
func symptomOf(text string) (symptomRow, bool) {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if text == "" {
		return symptomRow{}, false
	}
	for _, row := range symptoms {
		if slices.ContainsFunc(row.words, func(w string) bool { return strings.Contains(text, w) }) {
			return row, true
		}
	}
	return symptomRow{}, false
}

// explains reports whether a problem, or what follows from it, can be the cause.
func (r symptomRow) explains(goos string, p Problem) bool {
	if r.causes != nil && !slices.Contains(r.causes, p.Code) {
		return slices.ContainsFunc(p.Consequences, func(c Problem) bool { return r.explains(goos, c) })
	}
	return p.Store == nil || r.serves == nil || serves(goos, p.Store.Kind, r.serves)
}

// promotes reports whether what is a note otherwise counts here.
func (r symptomRow) promotes(code Code) bool { return slices.Contains(r.notes, code) }

package javaks

import "fmt"

// What Java says, as the message of the exception that a program sees.
const (
	wordsNoAnchors  = "Unexpected error: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty"
	wordsBuilding   = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"
	wordsWeakAnchor = "Algorithm constraints check failed on the key of the trust anchor"
)

func wordsTooLong(n int) string {
	return fmt.Sprintf("The certificate chain length (%d) exceeds the maximum allowed length (%d)", n, MaxPresented)
}

func wordsValidation(reason string) string {
	return "PKIX path validation failed: java.security.cert.CertPathValidatorException: " + reason
}

// wordsAnchor wraps what is said about an anchor, which passes through either
// search.
func wordsAnchor(building bool, reason string) string {
	if building {
		return "PKIX path building failed: sun.security.validator.ValidatorException: " + reason
	}
	return "PKIX path validation failed: sun.security.validator.ValidatorException: " + reason
}

// wordsDisabled is about a signature algorithm that is disabled outright.
func wordsDisabled(legacy bool, c *certificate, hash string) string {
	if legacy {
		return "Algorithm constraints check failed on signature algorithm: " + c.scheme.Name
	}
	return "Algorithm constraints check failed on disabled algorithm: " + hash + " used with certificate: " + c.Subject.String()
}

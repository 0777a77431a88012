package nss

import "slices"

// Setting is a preference or policy of a program that changes what an NSS
// database means to it.
type Setting struct {
	// Name is the program's own: "security.nocertdb" (true: Firefox uses no
	// database but one in memory), "security.enterprise_roots.enabled"
	// (whether Firefox trusts the operating system's anchors, too; it does
	// nothing on Linux), "certificates.ca_platform_integration_enabled" of a
	// Chromium profile or the policy "CAPlatformIntegrationEnabled" (false:
	// Chromium does not ask NSS).
	Name  string
	Value bool

	// Path is the file that says so. Profile is the directory of the profile
	// that it holds for; "" for all.
	Path        string
	Application string
	Profile     string

	// Ignores is true if the program does not read the database: what it
	// says about a certificate is nothing to that program.
	Ignores bool
}

// ignores reports whether a setting says that the database is not read.
func ignores(settings []Setting) bool {
	return slices.ContainsFunc(settings, func(s Setting) bool { return s.Ignores })
}

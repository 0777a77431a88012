package truststore

// ownRoots is a program that trusts by roots of its own and reads no store of the
// machine's, unless a variable names a file of certificates.
type ownRoots struct {
	program  string
	variable string
}

// Who brings roots: Node.js as its makers build it (src/crypto/crypto_context.cc),
// and Python's requests by certifi (requests/sessions.py).
var (
	nodeRoots     = ownRoots{"Node.js", "NODE_EXTRA_CA_CERTS"}
	requestsRoots = ownRoots{"Python requests", "REQUESTS_CA_BUNDLE"}
)

// ownRootsProblem tells that what the stores hold does not count for a program,
// unless its variable is set.
func (d *diagnosis) ownRootsProblem(row symptomRow) {
	own := row.brings
	if own == nil || d.machine.host().Getenv(own.variable) != "" {
		return
	}
	f := finding(CodeProgramOwnRoots, "program", own.program, "variable", own.variable)
	r := plainRemedy(RemedyOwnRoots, "program", own.program, "variable", own.variable)
	bundle := bundleOfSystem(d.machine.host())
	if bundle == "" {
		bundle = "FILE"
	}
	if r.Command = []string{"export", own.variable + "=" + bundle}; d.machine.host().GOOS() == "windows" {
		r.Command[0] = "set"
	}
	d.problems = append(d.problems, Problem{Finding: f, Remedy: r})
}

package asuser

import "github.com/hktrust/hktrust/truststore/host"

// Run is nil on Windows.
var Run host.UserRunner

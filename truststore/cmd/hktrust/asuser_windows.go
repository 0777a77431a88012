package main

import "github.com/hktrust/hktrust/truststore/host"

// runAsUser is nil: Windows lets no program run as another user without that
// user's password.
var runAsUser host.UserRunner

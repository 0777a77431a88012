//go:build !windows && !darwin

package ecert

import "github.com/hktrust/hktrust/truststore/host"

func remote(h *host.Host, path string) bool { return h.OnNetwork(path) }

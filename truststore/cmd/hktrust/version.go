package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

type versionInfo struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: a.text.say("help.version"), Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			v := versionInfo{Version: buildVersion(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
			if a.json {
				a.document(envelope{Format: truststore.ReportFormat, Command: "version", Version: &v, Catalogue: hkpost.CatalogueDate})
				return nil
			}
			printf(a.stdout, "hktrust %s (%s, %s)\n%s\n", v.Version, v.Go, v.System,
				a.text.say("certs.catalogue", "date", hkpost.CatalogueDate))
			return nil
		},
	}
}

func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

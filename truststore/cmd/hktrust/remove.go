package main

import (
	"crypto/x509"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

func (a *app) removeCommand() *cobra.Command {
	var sel selection
	var profile string
	var certs, pins []string
	cmd := &cobra.Command{Use: "remove", Short: a.text.say("help.remove"), Args: noArguments}
	sel.flags(a, cmd)
	f := cmd.Flags()
	f.StringArrayVar(&certs, "cert", nil, a.text.say("flag.remove-cert"))
	f.StringArrayVar(&pins, "cert-sha256", nil, a.text.say("flag.cert-sha256"))
	f.StringVar(&profile, "profile", "", a.text.say("flag.remove-profile"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, err := sel.machine(a)
		if err != nil {
			return err
		}
		unwanted, err := unwanted(m.Host, profile, certs, pins)
		if err != nil {
			return err
		}
		m.Progress = a.tell
		report, _ := m.Remove(cmd.Context(), unwanted...)
		a.finish(report)
		return nil
	}
	return cmd
}

// unwanted are the certificates of a profile, of files, or of fingerprints
// that the catalogue knows.
func unwanted(h *host.Host, profile string, certs, pinned []string) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	if profile != "" {
		members, err := profileCertificates(h, hkpost.Profile(profile))
		if err != nil {
			return nil, err
		}
		out = append(out, members...)
	}
	pins, err := parsePins(pinned)
	if err != nil {
		return nil, err
	}
	for _, value := range certs {
		found, err := namedCertificates(h, value, pins)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		return nil, usagef("remove needs --cert or --profile")
	}
	return out, nil
}

func profileCertificates(h *host.Host, profile hkpost.Profile) ([]*x509.Certificate, error) {
	if !slices.Contains(hkpost.Profiles(), profile) {
		return nil, usagef("unknown profile %q; there are %v", profile, hkpost.Profiles())
	}
	goal, err := truststore.HongkongPost(profile, h.Now())
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for _, w := range goal.Want {
		out = append(out, w.Certificate)
	}
	return out, nil
}

// namedCertificates reads --cert of remove: a fingerprint of the catalogue, or
// a file.
func namedCertificates(h *host.Host, value string, pins []truststore.Fingerprint) ([]*x509.Certificate, error) {
	id, err := hkpost.ParseFingerprint(value)
	if err != nil {
		return readCertificates(h, value, pins)
	}
	known, ok := hkpost.Lookup(id)
	if !ok {
		return nil, usagef("--cert: the catalogue has no certificate %s; give its file", id)
	}
	cert, err := known.X509()
	if err != nil {
		return nil, usagef("--cert: %s: %w; give its file", id, err)
	}
	return []*x509.Certificate{cert}, nil
}

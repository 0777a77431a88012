package main

import (
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
	sel.interactiveFlag(a, cmd)
	f := cmd.Flags()
	f.Var((*list)(&certs), "cert", a.text.say("flag.remove-cert"))
	f.Var((*list)(&pins), "cert-sha256", a.text.say("flag.cert-sha256"))
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
		if len(certs) > 0 && len(pins) == 0 {
			a.unpinned = fromFiles(certs, unwanted)
		}
		m.Progress = a.tell
		report, _ := m.Remove(cmd.Context(), unwanted...)
		a.finish(report)
		return nil
	}
	return cmd
}

// unwanted are the certificates of a profile, of files, or of fingerprints.
func unwanted(h *host.Host, profile string, certs, pinned []string) ([]truststore.CertRef, error) {
	var out []truststore.CertRef
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
		return nil, usagef("usage.remove")
	}
	return out, nil
}

// fromFiles are those of certificates that no fingerprint on the command line names.
func fromFiles(values []string, refs []truststore.CertRef) (out []truststore.Fingerprint) {
	for _, ref := range refs {
		named := slices.ContainsFunc(values, func(v string) bool {
			id, err := hkpost.ParseFingerprint(v)
			return err == nil && id == ref.SHA256
		})
		if !named {
			out = append(out, ref.SHA256)
		}
	}
	return out
}

func profileCertificates(h *host.Host, profile hkpost.Profile) ([]truststore.CertRef, error) {
	if !slices.Contains(hkpost.Profiles(), profile) {
		return nil, usagef("usage.profile", "value", string(profile), "known", profileNames())
	}
	goal, err := truststore.HongkongPost(profile, h.Now())
	if err != nil {
		return nil, err
	}
	var out []truststore.CertRef
	for _, w := range goal.Want {
		out = append(out, truststore.RefOf(w.Certificate))
	}
	return out, nil
}

// namedCertificates reads --cert of remove and undo: a fingerprint, or a file.
func namedCertificates(h *host.Host, value string, pins []truststore.Fingerprint) ([]truststore.CertRef, error) {
	id, err := hkpost.ParseFingerprint(value)
	if err == nil {
		ref := truststore.CertRef{SHA256: id}
		if known, ok := hkpost.Lookup(id); ok {
			ref.DER = known.DER()
		}
		return []truststore.CertRef{ref}, nil
	}
	certs, err := readCertificates(h, value, pins)
	var out []truststore.CertRef
	for _, cert := range certs {
		out = append(out, truststore.RefOfDER(cert.DER))
	}
	return out, err
}

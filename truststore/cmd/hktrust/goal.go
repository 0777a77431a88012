package main

import (
	"crypto/x509"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// goalFlags say which certificates are wanted.
type goalFlags struct {
	profile                                  string
	certs, certSHA256, purposes              []string
	asAnchor, anyPurpose, explicit           bool
	acceptExpired, acceptRevoked, acceptWeak bool
	acceptUnproven                           bool
	learnFrom                                []string
	aia                                      bool
}

func (g *goalFlags) flags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&g.profile, "profile", "", a.text.say("flag.profile"))
	f.Var((*list)(&g.certs), "cert", a.text.say("flag.cert"))
	f.Var((*list)(&g.certSHA256), "cert-sha256", a.text.say("flag.cert-sha256"))
	f.Var((*list)(&g.purposes), "purpose", a.text.say("flag.purpose"))
	f.BoolVar(&g.asAnchor, "as-anchor", false, a.text.say("flag.as-anchor"))
	f.BoolVar(&g.anyPurpose, "any-purpose", false, a.text.say("flag.any-purpose"))
	f.BoolVar(&g.explicit, "explicit", false, a.text.say("flag.explicit"))
	f.BoolVar(&g.acceptExpired, "accept-expired", false, a.text.say("flag.accept-expired"))
	f.BoolVar(&g.acceptRevoked, "accept-revoked", false, a.text.say("flag.accept-revoked"))
	f.BoolVar(&g.acceptUnproven, "accept-unproven", false, a.text.say("flag.accept-unproven"))
	f.Var((*list)(&g.learnFrom), "learn", a.text.say("flag.learn"))
	f.BoolVar(&g.aia, "aia", false, a.text.say("flag.learn-aia"))
	f.BoolVar(&g.acceptWeak, "accept-weak", false, a.text.say("flag.accept-weak"))
}

// goal is the goal that the flags describe: a profile, or certificates from
// files.
func (g *goalFlags) goal(h *host.Host) (truststore.Goal, error) {
	var goal truststore.Goal
	var err error
	switch {
	case len(g.certs) > 0 && g.profile != "":
		return goal, usagef("usage.profile-or-cert")
	case len(g.certs) > 0:
		goal, err = g.ownGoal(h)
	default:
		goal, err = g.profileGoal(h)
	}
	if err != nil {
		return goal, err
	}
	goal.Explicit, goal.AnyPurpose = g.explicit, g.anyPurpose
	goal.Accept.Expired, goal.Accept.Revoked = g.acceptExpired, g.acceptRevoked
	goal.Accept.Weak = goal.Accept.Weak || g.acceptWeak
	goal.Accept.NotSelfSigned, goal.Accept.Unproven = g.asAnchor, g.acceptUnproven
	return goal, nil
}

func profileNames() string {
	var names []string
	for _, p := range hkpost.Profiles() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

func (g *goalFlags) profileGoal(h *host.Host) (truststore.Goal, error) {
	profile := hkpost.Profile(g.profile)
	switch {
	case g.profile == "":
		profile = hkpost.Server
	case !slices.Contains(hkpost.Profiles(), profile):
		return truststore.Goal{}, usagef("usage.profile", "value", g.profile, "known", profileNames())
	}
	if len(g.purposes) > 0 || g.asAnchor || len(g.certSHA256) > 0 {
		return truststore.Goal{}, usagef("usage.goes-with-cert")
	}
	goal, err := truststore.HongkongPost(profile, h.Now())
	if errors.Is(err, hkpost.ErrProfileExpired) {
		return goal, usagef("usage.profile-error", "profile", string(profile), "error", err)
	}
	return goal, err
}

func (g *goalFlags) ownGoal(h *host.Host) (truststore.Goal, error) {
	goal := truststore.Goal{Name: "cert", Catalogue: hkpost.CatalogueDate}
	purposes, err := parsePurposes(g.purposes)
	if err != nil {
		return goal, err
	}
	pins, err := parsePins(g.certSHA256)
	if err != nil {
		return goal, err
	}
	for _, file := range g.certs {
		certs, err := readCertificates(h, file, pins)
		if err != nil {
			return goal, err
		}
		for _, cert := range certs {
			want, err := g.want(file, cert, purposes)
			if err != nil {
				return goal, err
			}
			goal.Want = append(goal.Want, want)
		}
	}
	if pin, ok := unnamed(pins, goal.Want); ok {
		return goal, usagef("usage.pin-unmatched", "sha256", pin.String())
	}
	return goal, nil
}

// unpinned are the certificates of files, where no fingerprint was given with them.
func (g *goalFlags) unpinned(goal truststore.Goal) (out []truststore.Fingerprint) {
	if len(g.certs) == 0 || len(g.certSHA256) > 0 {
		return nil
	}
	for _, w := range goal.Want {
		out = append(out, truststore.RefOf(w.Certificate).SHA256)
	}
	return out
}

// want makes a self-issued CA, or one named as an anchor, an anchor. What
// OpenSSL's trust settings say beside the certificate is honoured.
func (g *goalFlags) want(file string, cert certfile.Certificate, purposes []truststore.Purpose) (truststore.Want, error) {
	if cert.X509 == nil {
		return truststore.Want{}, usagef("usage.cert-unjudged", "file", file, "error", cert.Err)
	}
	if cert.Trusted != nil && len(g.purposes) == 0 {
		purposes = nil
		for _, usage := range cert.Trusted {
			if usage >= 0 {
				purposes = append(purposes, truststore.Purpose(usage))
			}
		}
	}
	for _, p := range purposes {
		if rejects(cert.Rejected, p) || cert.Trusted != nil && !permits(cert.Trusted, p) {
			return truststore.Want{}, usagef("usage.cert-rejected", "file", file, "purpose", p.String())
		}
	}
	if len(purposes) == 0 {
		return truststore.Want{}, usagef("usage.cert-useless", "file", file)
	}
	root := slices.Equal(cert.X509.RawIssuer, cert.X509.RawSubject)
	return truststore.Want{Certificate: cert.X509, Purposes: purposes, ChainOnly: !root && !g.asAnchor}, nil
}

// rejects reports whether settings forbid a purpose, be it as one of all.
func rejects(settings []x509.ExtKeyUsage, p truststore.Purpose) bool {
	return len(settings) > 0 && (p == truststore.AnyPurpose || permits(settings, p))
}

func permits(settings []x509.ExtKeyUsage, p truststore.Purpose) bool {
	return slices.ContainsFunc(settings, func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageAny || truststore.Purpose(u) == p
	})
}

func parsePurposes(names []string) ([]truststore.Purpose, error) {
	if len(names) == 0 {
		return []truststore.Purpose{truststore.ServerAuth}, nil
	}
	var out []truststore.Purpose
	for _, name := range names {
		p, err := truststore.ParsePurpose(name)
		if err != nil {
			return nil, usagef("usage.purpose", "value", name)
		}
		out = append(out, p)
	}
	return out, nil
}

func parsePins(values []string) ([]truststore.Fingerprint, error) {
	var out []truststore.Fingerprint
	for _, v := range values {
		f, err := hkpost.ParseFingerprint(v)
		if err != nil {
			return nil, usagef("usage.flag", "flag", "--cert-sha256", "error", err)
		}
		out = append(out, f)
	}
	return out, nil
}

// readCertificates reads a file of certificates. Where pins are given, it is
// those that they name, of which there must be one; an elevated process needs
// them for a file that somebody else could have changed.
func readCertificates(h *host.Host, file string, pins []truststore.Fingerprint) ([]certfile.Certificate, error) {
	f, err := openPlain(file)
	if err != nil {
		return nil, &inputError{file, err}
	}
	defer f.Close()
	if len(pins) == 0 && h.Elevated() {
		if err := onlyOurs(f); err != nil {
			return nil, usagef("usage.cert-pin", "file", file, "error", err)
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, certfile.MaxSize+1))
	if err != nil {
		return nil, &inputError{file, err}
	}
	certs, err := certfile.Read(data)
	if err != nil {
		return nil, &inputError{file, err}
	}
	if len(pins) == 0 || len(certs) == 0 {
		return certs, nil
	}
	first := hkpost.FingerprintOf(certs[0].DER)
	certs = slices.DeleteFunc(certs, func(c certfile.Certificate) bool {
		return !slices.Contains(pins, hkpost.FingerprintOf(c.DER))
	})
	if len(certs) == 0 {
		return nil, usagef("usage.cert-unpinned", "file", file, "sha256", first.String())
	}
	return certs, nil
}

// unnamed is the first pin that names none of the certificates wanted.
func unnamed(pins []truststore.Fingerprint, wants []truststore.Want) (truststore.Fingerprint, bool) {
	i := slices.IndexFunc(pins, func(pin truststore.Fingerprint) bool {
		return !slices.ContainsFunc(wants, func(w truststore.Want) bool { return truststore.RefOf(w.Certificate).SHA256 == pin })
	})
	if i < 0 {
		return truststore.Fingerprint{}, false
	}
	return pins[i], true
}

// openPlain opens a regular file and waits for no pipe.
func openPlain(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = host.ErrNotRegular
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// errNotTheirs means that who controls a path let it lead to a file that is not
// that user's.
var errNotTheirs = errors.New("the path is another user's, and the file is not")

// errOthersCanWrite means that a file could have been changed by other users.
var errOthersCanWrite = errors.New("other users can write to this file")

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// certificate is a row of the catalogue for readers of JSON.
type certificate struct {
	Slug       string                 `json:"slug"`
	Name       string                 `json:"name"`
	Role       hkpost.Role            `json:"role"`
	SHA256     truststore.Fingerprint `json:"sha256"`
	Issuer     string                 `json:"issuer"`
	NotBefore  time.Time              `json:"notBefore"`
	NotAfter   time.Time              `json:"notAfter"`
	Embedded   bool                   `json:"embedded"`
	Source     string                 `json:"source"`
	Conditions []truststore.Condition `json:"conditions,omitempty"`
}

func (a *app) certsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "certs", Short: a.text.say("help.certs"), Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			a.certs(time.Now())
			return nil
		},
	}
}

func (a *app) certs(now time.Time) {
	doc := envelope{Format: truststore.ReportFormat, Command: "certs", Catalogue: hkpost.CatalogueDate}
	for _, c := range hkpost.Certificates() {
		doc.Certificates = append(doc.Certificates, certificate{
			Slug: c.Slug, Name: c.CommonName, Role: c.Role, SHA256: c.SHA256, Issuer: c.Issuer,
			NotBefore: c.NotBefore, NotAfter: c.NotAfter, Embedded: c.Embedded, Source: c.Source,
			Conditions: catalogueConditions(c, now),
		})
	}
	if a.json {
		a.document(doc)
		return
	}
	fmt.Fprintln(a.stdout, a.text.say("certs.catalogue", "date", doc.Catalogue))
	for _, c := range doc.Certificates {
		printf(a.stdout, "%s%s%s%s\n", c.Name, a.text.say("format.open"), a.text.say("certs.role", "role", a.text.say("certs."+string(c.Role)),
			"valid", a.text.say("certs.valid", "from", c.NotBefore.Format(time.DateOnly), "to", c.NotAfter.Format(time.DateOnly))), a.text.say("format.close"))
		printf(a.stdout, "  SHA-256 %s\n", c.SHA256)
		for _, cond := range c.Conditions {
			printf(a.stdout, "  ! %s\n", a.condition(cond))
		}
	}
}

// catalogueConditions is what the catalogue itself says of a certificate, which
// need not be at hand.
func catalogueConditions(cert hkpost.Certificate, now time.Time) []truststore.Condition {
	var out []truststore.Condition
	for _, c := range cert.Condition(now) {
		cond := truststore.Condition{Code: truststore.Code(c.Code), Detail: string(c.Bad.Reason), Date: c.Bad.Date}
		if !c.Since.IsZero() {
			cond.Date = c.Since.UTC().Format(time.DateOnly)
		}
		if replacement, ok := hkpost.BySlug(c.Replacement); ok {
			cond.Replacement = replacement.CommonName
			if replacement.CommonName == cert.CommonName { // a reissue
				cond.Replacement = fmt.Sprintf("%s (%x…)", replacement.CommonName, replacement.SHA256[:4])
			}
		}
		out = append(out, cond)
	}
	return out
}

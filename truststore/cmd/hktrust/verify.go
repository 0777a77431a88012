package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// verification is one run of "verify".
type verification struct {
	app *app
	sel selection

	chain, serverName, at, as, startTLS string
	anchors                             []string
	aia                                 bool
}

func (a *app) verifyCommand() *cobra.Command {
	run := verification{app: a}
	say := a.text.say
	cmd := &cobra.Command{Use: "verify HOST[:PORT]… | --chain FILE", Short: say("verify.help")}
	run.sel.flags(a, cmd)
	f := cmd.Flags()
	_ = f.MarkHidden("create") // nothing is made
	f.StringVar(&run.chain, "chain", "", say("verify.flag.chain"))
	f.StringVar(&run.serverName, "server-name", "", say("verify.flag.server-name"))
	f.StringVar(&run.at, "at", "", say("verify.flag.at"))
	f.StringVar(&run.as, "as", "", say("verify.flag.as"))
	f.StringVar(&run.startTLS, "starttls", "", say("verify.flag.starttls"))
	f.Var((*list)(&run.anchors), "anchors", say("verify.flag.anchors"))
	f.BoolVar(&run.aia, "aia", false, say("verify.flag.aia"))
	cmd.RunE = func(cmd *cobra.Command, servers []string) error { return run.verify(cmd.Context(), servers) }
	return cmd
}

// named reports whether the command line names the stores to be judged.
func (r *verification) named() bool {
	return len(r.sel.stores)+len(r.sel.javaHomes)+len(r.sel.profileDirs) > 0
}

func (r *verification) check(servers []string) error {
	switch {
	case r.chain == "" && len(servers) == 0:
		return usagef("usage.verify-what")
	case r.chain != "" && len(servers) > 0:
		return usagef("usage.verify-one")
	case r.chain != "" && r.startTLS != "":
		return usagef("usage.starttls-server")
	case r.as != "" && !r.named() && len(r.anchors) == 0:
		return usagef("usage.as-store")
	case r.startTLS != "" && !slices.Contains([]string{"smtp", "imap", "ldap"}, r.startTLS):
		return usagef("usage.starttls", "value", r.startTLS)
	}
	return nil
}

func (r *verification) verify(ctx context.Context, servers []string) error {
	if err := r.check(servers); err != nil {
		return err
	}
	m, err := r.sel.machine(r.app)
	if err != nil {
		return err
	}
	opt, err := r.options(ctx, m)
	if err != nil {
		return err
	}
	var presented [][]byte
	if r.chain != "" {
		if presented, err = readChain(r.chain); err != nil {
			return err
		}
	}
	verifier, err := m.NewVerifier(ctx, opt)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return usageError{err: err}
	}
	var all []*truststore.Verification
	if r.chain != "" {
		all = append(all, verifier.Verify(ctx, presented))
		all[0].Target = r.chain
	}
	for _, server := range servers {
		all = append(all, verifier.VerifyServer(ctx, truststore.Server{Address: server, StartTLS: r.startTLS}))
	}
	r.print(m.Host.Now(), all)
	return nil
}

func (r *verification) options(ctx context.Context, m *truststore.Machine) (truststore.VerifyOptions, error) {
	opt := truststore.VerifyOptions{ServerName: r.serverName, FetchIssuers: r.aia}
	var err error
	if opt.Time, err = parseTime(r.at); err != nil {
		return opt, err
	}
	if r.as != "" {
		p, err := truststore.ParseProgram(r.as)
		if err != nil {
			return opt, usagef("usage.as", "value", r.as, "known", strings.Join(truststore.Programs(), ", "))
		}
		if p.Name == "java" && p.Dir == "" && len(r.sel.javaHomes) == 1 {
			p.Dir = r.sel.javaHomes[0] // whose store is judged
		}
		if p.Dir, err = r.sel.absolute(p.Dir); err != nil {
			return opt, err
		}
		opt.As = &p
	}
	for _, file := range r.anchors {
		certs, err := readAnchors(file)
		if err != nil {
			return opt, err
		}
		opt.Stores = append(opt.Stores, truststore.NewBundle(file, certs))
	}
	if len(r.anchors) > 0 && r.named() {
		// Beside the bundles, what is found goes through the machine.
		m.Extra = append(m.Extra, opt.Stores...)
		for _, s := range opt.Stores {
			m.Select = append(m.Select, truststore.Selector{Kind: s.Info().Kind, Path: s.Info().Path})
		}
		opt.Stores = nil
	}
	return opt, nil
}

// parseTime reads a day or a moment; the zero Time for none.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("usage.at", "value", s)
}

func readChain(file string) ([][]byte, error) {
	certs, err := readFile(file)
	var out [][]byte
	for _, c := range certs {
		out = append(out, c.DER)
	}
	return out, err
}

// readAnchors leaves out what OpenSSL's trust settings in the file keep from
// being trusted for servers.
func readAnchors(file string) ([][]byte, error) {
	certs, err := readFile(file)
	var out [][]byte
	for _, c := range certs {
		if rejects(c.Rejected, truststore.ServerAuth) || c.Trusted != nil && !permits(c.Trusted, truststore.ServerAuth) {
			continue
		}
		out = append(out, c.DER)
	}
	return out, err
}

// readFile reads certificates that are to be judged, and trusted by nobody.
func readFile(file string) ([]certfile.Certificate, error) {
	f, err := openPlain(file)
	if err != nil {
		return nil, &inputError{file, err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, certfile.MaxSize+1))
	if err != nil {
		return nil, &inputError{file, err}
	}
	certs, err := certfile.Read(data)
	if err != nil {
		return nil, &inputError{file, err}
	}
	return certs, nil
}

// verifyExit: something refused outweighs something unknown.
func verifyExit(all []*truststore.Verification) truststore.Exit {
	exit := truststore.ExitOK
	for _, one := range all {
		for _, e := range []truststore.Exit{truststore.ExitInterrupted, truststore.ExitUsage, truststore.ExitWrong, truststore.ExitFailed, truststore.ExitOK} {
			if e == one.Exit || e == exit {
				exit = e
				break
			}
		}
	}
	return exit
}

// verifyDocument is what verify prints as JSON; verify.schema.json describes it.
type verifyDocument struct {
	Format    string                     `json:"format"`
	Command   string                     `json:"command"`
	Exit      truststore.Exit            `json:"exit"`
	Time      time.Time                  `json:"time"`
	Catalogue string                     `json:"catalogue"`
	Targets   []*truststore.Verification `json:"targets"`
}

func (r *verification) print(now time.Time, all []*truststore.Verification) {
	r.app.exit = verifyExit(all)
	for _, one := range all {
		for _, v := range one.Verdicts {
			r.sel.complete(v.Remedy)
		}
	}
	if r.app.json {
		r.app.document(verifyDocument{
			Format: truststore.VerifyFormat, Command: "verify", Exit: r.app.exit, Time: now.UTC().Truncate(time.Second),
			Catalogue: hkpost.CatalogueDate, Targets: all,
		})
		return
	}
	for _, one := range all {
		r.tell(one)
	}
}

package keychain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Change adds a certificate to a keychain, makes it an anchor, or takes back
// either.
type Change struct {
	DER []byte
	// User means the user's login keychain and domain, not the machine's.
	User bool
	// Remove takes away what the two below name, instead of adding it.
	Remove bool
	// Certificate: the certificate in the keychain.
	Certificate bool
	// Trust: its trust settings. To add them adds the certificate as well.
	Trust bool
	// Policies limit trust that is added; none means for everything.
	Policies []Policy

	// Ask allows macOS to show its dialog and to wait for a person. Without
	// it, a change of trust is [ErrNeedsPerson] and not tried.
	Ask bool
}

// Result is what became of a change.
type Result struct {
	Change
	Changed bool
	// AddedCertificate: the keychain did not hold the certificate before.
	AddedCertificate bool
	// AddedTrust: there were no trust settings before.
	AddedTrust bool
}

func (c Change) domain() Domain {
	if c.User {
		return User
	}
	return Admin
}

// Needs says, before anything is tried, what stands in the way of a change:
// [ErrNeedsElevation], [ErrNeedsPerson] or both; nil if nothing is known to.
func (k *Keychain) Needs(c Change) error {
	var needs []error
	if !c.User && !k.host.Elevated() {
		needs = append(needs, ErrNeedsElevation)
	}
	if c.User && k.LoginKeychain() == "" {
		needs = append(needs, fmt.Errorf("root has no login keychain: %w", errors.ErrUnsupported))
	}
	if c.Trust && !c.Ask {
		needs = append(needs, ErrNeedsPerson)
	}
	return errors.Join(needs...)
}

// Apply makes all changes or none, as far as macOS lets a change be taken back
// without asking again. A change whose dialog is refused leaves nothing behind.
//
// Trust that is there changes nothing. Settings that do not give all the trust
// that is wanted are others' and never replaced: they are [ErrConflict], or
// [ErrDistrusted] where they deny. Each change is proven by reading again.
func (k *Keychain) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	for _, c := range changes {
		if err := k.Needs(c); err != nil {
			return nil, err
		}
	}
	var done []Result
	for _, c := range changes {
		r, err := k.make(ctx, c)
		if err != nil {
			return nil, errors.Join(err, k.takeBack(ctx, done))
		}
		done = append(done, r)
	}
	return done, nil
}

func (k *Keychain) make(ctx context.Context, c Change) (Result, error) {
	before, err := k.look(ctx, c)
	if err != nil {
		return Result{Change: c}, err
	}
	if c.Remove {
		return k.remove(ctx, c, before)
	}
	return k.add(ctx, c, before)
}

// situation is what there is of a change's certificate at its own place.
type situation struct {
	keychain    string
	certificate bool
	settings    []Setting
	// wanted: every policy that is wanted is trusted; denied: one is denied
	// in this domain or, for the machine's administrators, in any.
	wanted, denied bool
}

func (k *Keychain) look(ctx context.Context, c Change) (situation, error) {
	s := situation{keychain: SystemKeychain}
	if c.User {
		s.keychain = k.LoginKeychain()
	}
	found, err := k.certificates(ctx, s.keychain)
	if err != nil {
		return s, err
	}
	for _, der := range found {
		s.certificate = s.certificate || bytes.Equal(der, c.DER)
	}
	settings, err := k.settings(ctx, c.domain())
	if err != nil {
		return s, err
	}
	s.settings = settings[thumbprint(c.DER)]
	s.wanted = len(s.settings) > 0
	policies := c.Policies
	if len(policies) == 0 {
		policies = []Policy{"any"} // that none is limited to
	}
	for _, policy := range policies {
		said, _ := settings.say(c.DER, policy)
		s.wanted, s.denied = s.wanted && said == TrustRoot, s.denied || said == Deny
	}
	return s, nil
}

// add makes an anchor, or puts a certificate into the keychain alone.
//
// add-trusted-cert puts the certificate into the keychain before it asks: what
// is refused must be taken out again.
func (k *Keychain) add(ctx context.Context, c Change, before situation) (Result, error) {
	r := Result{Change: c, AddedCertificate: !before.certificate, AddedTrust: c.Trust && !before.wanted}
	switch {
	case c.Trust && before.denied:
		return r, ErrDistrusted
	case c.Trust && before.wanted, !c.Trust && before.certificate:
		r.AddedCertificate = false
		return r, nil
	case c.Trust && len(before.settings) > 0:
		return r, ErrConflict
	}
	err := k.withFile(c.DER, func(name string) error {
		if !c.Trust {
			_, err := k.security(ctx, readTimeout, errFailed, "add-certificates", "-k", before.keychain, name)
			if errors.Is(err, fs.ErrExist) {
				err = nil // somebody was faster
			}
			return err
		}
		_, err := k.security(ctx, k.ask, ErrNeedsPerson, c.addArguments(before.keychain, name)...)
		return err
	})
	if err == nil {
		err = k.prove(ctx, c, func(s situation) bool { return s.certificate && (!c.Trust || s.wanted) })
	}
	if err != nil {
		return r, errors.Join(err, k.sweep(ctx, c, before))
	}
	r.Changed = true
	return r, nil
}

func (c Change) addArguments(keychain, name string) []string {
	result := "trustAsRoot"
	if selfIssued(c.DER) {
		result = "trustRoot"
	}
	args := append(append([]string{"add-trusted-cert"}, c.domain().flag()...), "-r", result)
	for _, p := range c.Policies {
		args = append(args, "-p", string(p))
	}
	return append(args, "-k", keychain, name)
}

// sweep takes out of the keychain what a refused addition left there.
func (k *Keychain) sweep(ctx context.Context, c Change, before situation) error {
	ctx = context.WithoutCancel(ctx)
	now, err := k.look(ctx, c)
	if err != nil || before.certificate || !now.certificate || len(now.settings) > len(before.settings) {
		return err
	}
	return k.delete(ctx, c.DER, before.keychain)
}

// remove takes away trust, then the certificate. Trust settings that are more
// than one's own goal is the caller's to know: all of the domain's go.
func (k *Keychain) remove(ctx context.Context, c Change, before situation) (Result, error) {
	r := Result{Change: c}
	if c.Trust && len(before.settings) > 0 {
		err := k.withFile(c.DER, func(name string) error {
			args := append(append([]string{"remove-trusted-cert"}, c.domain().flag()...), name)
			_, err := k.security(ctx, k.ask, ErrNeedsPerson, args...)
			return err
		})
		if err == nil {
			err = k.prove(ctx, c, func(s situation) bool { return len(s.settings) == 0 })
		}
		if err != nil {
			return r, err
		}
		r.Changed = true
	}
	if c.Certificate && before.certificate {
		err := k.delete(ctx, c.DER, before.keychain)
		if err == nil {
			err = k.prove(ctx, c, func(s situation) bool { return !s.certificate })
		}
		if err != nil {
			return r, err
		}
		r.Changed = true
	}
	return r, nil
}

// delete takes a certificate out of a keychain. What is gone already is good.
func (k *Keychain) delete(ctx context.Context, der []byte, keychain string) error {
	sum := sha256.Sum256(der)
	_, err := k.security(ctx, readTimeout, errFailed, "delete-certificate", "-Z", strings.ToUpper(hex.EncodeToString(sum[:])), keychain)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// prove reads again: security often says that it did what it did not.
func (k *Keychain) prove(ctx context.Context, c Change, holds func(situation) bool) error {
	now, err := k.look(context.WithoutCancel(ctx), c)
	if err != nil {
		return err
	}
	if !holds(now) {
		return ErrNotApplied
	}
	return nil
}

// takeBack undoes changes, the latest first. What asks again for a person may
// be refused then; that is in the error.
func (k *Keychain) takeBack(ctx context.Context, done []Result) error {
	var errs []error
	for i := len(done) - 1; i >= 0; i-- {
		r := done[i]
		if !r.Changed {
			continue
		}
		back := r.Change
		back.Remove = !r.Remove
		if back.Remove {
			back.Certificate, back.Trust = r.AddedCertificate, r.AddedTrust
		}
		if _, err := k.make(context.WithoutCancel(ctx), back); err != nil {
			errs = append(errs, fmt.Errorf("taking back a change: %w", err))
		}
	}
	return errors.Join(errs...)
}

// withFile calls f with a file that holds the certificate in PEM.
func (k *Keychain) withFile(der []byte, f func(name string) error) error {
	return inPrivate(func(dir string) error {
		name := filepath.Join(dir, "certificate.pem")
		data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
		return f(name)
	})
}

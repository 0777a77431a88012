package keychain

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hktrust/hktrust/truststore/host"
)

// Contents is what the keychains hold, and what the domains say about it.
type Contents struct {
	Certificates []Certificate
	Settings     map[Domain]Settings
	// Unread are the keychains and domains that could not be read.
	Unread []error
}

// Certificate is one in a keychain.
type Certificate struct {
	DER      []byte
	Keychain string
	User     bool // it is the user's own keychain
}

// maxPEM bounds the certificates of one keychain, in bytes.
const maxPEM = 64 << 20

// Read reads the keychains of Apple, the machine and the user, and all trust
// settings. It asks nobody. The error is not nil only where nothing at all
// could be read.
func (k *Keychain) Read(ctx context.Context) (*Contents, error) {
	c := &Contents{Settings: map[Domain]Settings{}}
	failed, asked := 0, 0
	try := func(what string, err error) {
		if asked++; err != nil {
			failed++
			c.Unread = append(c.Unread, fmt.Errorf("%s: %w", what, err))
		}
	}
	for _, keychain := range []string{SystemKeychain, RootsKeychain, k.LoginKeychain()} {
		if keychain == "" {
			continue
		}
		found, err := k.certificates(ctx, keychain)
		try(keychain, err)
		for _, der := range found {
			c.Certificates = append(c.Certificates, Certificate{der, keychain, keychain == k.LoginKeychain()})
		}
	}
	for _, domain := range []Domain{User, Admin, System} {
		settings, err := k.settings(ctx, domain)
		try("trust settings of the domain "+string(domain), err)
		c.Settings[domain] = settings
	}
	if failed == asked {
		return nil, errors.Join(c.Unread...)
	}
	return c, ctx.Err()
}

// certificates lists a keychain. One that does not exist is empty.
func (k *Keychain) certificates(ctx context.Context, keychain string) ([][]byte, error) {
	out, err := k.security(ctx, readTimeout, errFailed, "find-certificate", "-a", "-p", keychain)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parsePEM(out.Stdout)
}

// parsePEM reads certificates. Their lines of attributes are passed over.
func parsePEM(data []byte) ([][]byte, error) {
	if len(data) > maxPEM {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrDamaged, maxPEM)
	}
	var found [][]byte
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			found = append(found, block.Bytes)
		}
	}
	if bytes.Contains(data, []byte("-----BEGIN CERTIFICATE")) {
		return found, fmt.Errorf("%w: a certificate is cut off", ErrDamaged)
	}
	return found, nil
}

// settings exports the trust settings of a domain. security says in words of
// the user's language that there are none: no file is written then.
func (k *Keychain) settings(ctx context.Context, domain Domain) (Settings, error) {
	var settings Settings
	err := inPrivate(func(dir string) error {
		name := filepath.Join(dir, "settings.plist")
		args := append(append([]string{"trust-settings-export"}, domain.flag()...), name)
		_, err := k.security(ctx, readTimeout, errFailed, args...)
		data, readErr := readExport(name)
		var failure *Error
		switch {
		case errors.As(err, &failure) && failure.ExitCode == 1 && errors.Is(readErr, fs.ErrNotExist):
			settings = Settings{}
			return nil
		case err != nil:
			return err
		case readErr != nil:
			return readErr
		}
		settings, err = parseSettings(data)
		return err
	})
	return settings, err
}

func readExport(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxExport {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, host.ErrTooLarge)
	}
	return os.ReadFile(name)
}

// inPrivate calls f with a directory that only this user can look into, and
// removes it afterwards.
func inPrivate(f func(dir string) error) error {
	dir, err := os.MkdirTemp("", "hktrust-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return f(dir)
}

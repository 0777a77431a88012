package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Limits of following the caIssuers of an authorityInfoAccess (RFC 5280
// §4.2.2.1): whoever wrote the certificate chose the address.
const (
	MaxIssuerFetches = 4
	MaxIssuerBytes   = 64 << 10
	IssuerTimeout    = 5 * time.Second
)

// ErrForbidden means that an address is not one that a certificate may send
// us to.
var ErrForbidden = errors.New("address not allowed")

// Fetched is what an address gave.
type Fetched struct {
	URL  string
	Body []byte // DER, PEM or PKCS#7: not looked at
	Err  error
}

// Issuers fetches up to MaxIssuerFetches addresses. Only http, port 80, public
// addresses, no redirects. Behind a proxy, which resolves names by itself so
// that addresses cannot be checked, only hosts for which throughProxy is true.
func (f *Fetcher) Issuers(ctx context.Context, urls []string, throughProxy func(host string) bool) []Fetched {
	var out []Fetched
	for _, text := range urls[:min(len(urls), MaxIssuerFetches)] {
		body, err := f.issuer(ctx, text, throughProxy)
		out = append(out, Fetched{URL: text, Body: body, Err: err})
	}
	return out
}

func (f *Fetcher) issuer(ctx context.Context, text string, throughProxy func(string) bool) ([]byte, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Port() != "" && u.Port() != "80" || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: only http on port 80", ErrForbidden)
	}
	ctx, cancel := context.WithTimeout(ctx, IssuerTimeout)
	defer cancel()
	via, err := proxyFor(f.Host, "http", u.Hostname(), 80)
	if err != nil {
		return nil, err
	}
	if via != nil && (throughProxy == nil || !throughProxy(u.Hostname())) {
		return nil, fmt.Errorf("%w: %s is not asked through a proxy", ErrForbidden, u.Hostname())
	}
	transport := &http.Transport{
		Proxy:                  func(*http.Request) (*url.URL, error) { return via, nil },
		DialContext:            f.dialPublic(via != nil),
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: MaxIssuerBytes,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return get(ctx, client, u)
}

func get(ctx context.Context, client *http.Client, u *url.URL) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", u.Host, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxIssuerBytes+1))
	if err == nil && len(body) > MaxIssuerBytes {
		err = fmt.Errorf("%w: more than %d octets", ErrTooLong, MaxIssuerBytes)
	}
	return body, err
}

// dialPublic dials an address after it was resolved and found to be public, so
// that a name cannot lead elsewhere the second time it is asked for. The proxy
// itself may be anywhere.
func (f *Fetcher) dialPublic(proxy bool) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		if proxy {
			return f.dial(ctx, address)
		}
		name, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		found, err := f.resolve(ctx, name)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%w: %s has no address", ErrForbidden, name)
		}
		for _, a := range found {
			if !public(a) {
				return nil, fmt.Errorf("%w: %s is at %s", ErrForbidden, name, a)
			}
		}
		return f.dial(ctx, net.JoinHostPort(found[0].String(), port))
	}
}

func (f *Fetcher) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	lookup := f.Resolve
	if lookup == nil {
		lookup = net.DefaultResolver.LookupIPAddr
	}
	list, err := lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, ip := range list {
		a, ok := netip.AddrFromSlice(ip.IP)
		if !ok || ip.Zone != "" {
			return nil, fmt.Errorf("%w: %s", ErrForbidden, name)
		}
		out = append(out, a.Unmap())
	}
	return out, nil
}

// reserved are the networks that are not the public internet's (IANA's
// special-purpose registries), beyond what netip tells.
var reserved = []string{
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
}

// public reports whether an address belongs to the public internet: not to
// this machine, its network, a carrier's, or a tunnel that embeds another
// address.
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || strings.Contains(a.String(), "%") {
		return false
	}
	for _, text := range reserved {
		if netip.MustParsePrefix(text).Contains(a) {
			return false
		}
	}
	return true
}

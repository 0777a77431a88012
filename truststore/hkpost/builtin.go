package hkpost

import (
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
)

// Carrier is something that brings its own list of trusted roots.
type Carrier string

// The carriers.
const (
	NSS         Carrier = "nss"     // version of NSS itself, "3.43"
	Firefox     Carrier = "firefox" // and other programs on its engine, by the engine's version
	Thunderbird Carrier = "thunderbird"

	// The Chrome Root Store, by the version of Chrome or Chromium.
	ChromeLinux   Carrier = "chrome-root-store/linux"
	ChromeMac     Carrier = "chrome-root-store/macos"
	ChromeWindows Carrier = "chrome-root-store/windows"
	ChromeAndroid Carrier = "chrome-root-store/android"

	Android Carrier = "android" // version of the system
	Debian  Carrier = "debian"  // version of the package ca-certificates

	// Lists that change without a version one could ask for.
	Windows Carrier = "windows"
	Apple   Carrier = "apple"
	Temurin Carrier = "temurin"
)

// Builtin says that a carrier brings a root.
type Builtin struct {
	Carrier Carrier
	Root    Fingerprint
	// Purposes are what the carrier trusts the root for; nil if that is not
	// known, which must not be taken for trust.
	Purposes []x509.ExtKeyUsage
	// Since is the first version that has the root, "" if that is not known;
	// a year and month for carriers without versions.
	Since string
	// Until is the first version known not to have it any more; "" if it is
	// still there.
	Until string
	// Known is the newest version that was looked at; "" for carriers
	// without versions.
	Known  string
	AsOf   string // the day that Known was looked at, ISO 8601
	Source string
}

// builtinRow is a Builtin in constants, see row.
type builtinRow struct {
	carrier             Carrier
	root                string // slug
	uses                uses
	since, until, known string
	asOf                string
	source              string
}

// builtinRows: Root CA 3 is trusted for TLS servers and nothing else in
// Mozilla's list (certdata.txt: server TRUSTED_DELEGATOR, e-mail and code
// MUST_VERIFY), and Chrome's store knows no other purpose. Root CA 2 is in
// Microsoft's list alone. OpenJDK and Oracle carry none of them.
var builtinRows = []builtinRow{
	{NSS, "root-ca-3", serverAuth, "3.43", "", "3.125.1", "2026-11-22",
		"certdata.txt, root list 2.32, Mozilla bug 1533087 (2019-03-06)"},
	{NSS, "root-ca-1", serverAuth, "", "3.93", "3.125.1", "2026-11-22",
		"still in libnssckbi 3.87.1; gone from root list 2.62, Mozilla bug 1840505"},
	{Firefox, "root-ca-3", serverAuth, "67", "", "153", "2026-11-22",
		"ships NSS 3.43 since 67 (ESR 68); read out of Firefox ESR 153.7"},
	{Thunderbird, "root-ca-3", serverAuth, "67", "", "153", "2026-11-22",
		"the same list as Firefox of the same version; never for e-mail"},
	{ChromeLinux, "root-ca-3", serverAuth, "114", "", "156", "2026-11-22",
		"Chrome Root Store FAQ; read out of Chromium 156.0.8078.79 (no constraints)"},
	{ChromeMac, "root-ca-3", serverAuth, "108", "", "156", "2026-11-22",
		"Chrome Root Store FAQ: on by default since 108"},
	{ChromeWindows, "root-ca-3", serverAuth, "108", "", "156", "2026-11-22",
		"Chrome Root Store FAQ: on by default since 108"},
	{ChromeAndroid, "root-ca-3", serverAuth, "115", "", "156", "2026-11-22",
		"Chrome Root Store FAQ: on by default since 115"},
	{Android, "root-ca-3", serverAuth, "11", "", "17", "2026-06-21",
		"www.ecert.gov.hk news/press/95; AOSP 17.0.0_r1"},
	{Debian, "root-ca-3", serverAuth, "20200601", "", "20250419", "2026-11-22",
		"changelog of ca-certificates; list of 20250419~deb12u2"},
	{Windows, "root-ca-3", serverAuth, "2019-05", "", "", "2026-07-19",
		"www.ecert.gov.hk news/press/95; CCADB report of Microsoft's included CAs"},
	{Windows, "root-ca-2", 0, "", "", "", "2026-07-19",
		"CCADB report of Microsoft's included CAs; the purposes were not found"},
	{Apple, "root-ca-3", serverAuth, "2021-10", "", "", "2025-12-28",
		"www.ecert.gov.hk news/press/95; support.apple.com/126047"},
	{Temurin, "root-ca-3", serverAuth, "", "", "", "2026-07-30",
		"adoptium/temurin-build security/certdata.txt: built from Mozilla's list"},
}

// Builtins lists which carriers bring a root, now or once.
func Builtins(root Fingerprint) []Builtin {
	var out []Builtin
	for _, r := range builtinRows {
		if b := r.builtin(); b.Root == root {
			out = append(out, b)
		}
	}
	return out
}

func (r builtinRow) builtin() Builtin {
	c, _ := BySlug(r.root)
	return Builtin{
		Carrier: r.carrier, Root: c.SHA256, Purposes: r.uses.purposes(),
		Since: r.since, Until: r.until, Known: r.known, AsOf: r.asOf, Source: r.source,
	}
}

// BuiltinTrust tells whether a version of a carrier brings a root. It is ok if
// the table says so; assumed if the table cannot know, because the version is
// newer than any that was looked at (the root could have been withdrawn since)
// or because the carrier's list has no versions.
//
// Versions are compared number by number: "153.7.0esr" and "20250419~deb12u2"
// will do. One that does not begin with a number is not ok.
func BuiltinTrust(carrier Carrier, version string, root Fingerprint) (b Builtin, assumed, ok bool) {
	for _, b := range Builtins(root) {
		if b.Carrier != carrier {
			continue
		}
		if b.Known == "" {
			return b, true, true
		}
		v := parseVersion(version)
		if v == nil || slices.Compare(v, parseVersion(b.Since)) < 0 {
			return Builtin{}, false, false
		}
		if b.Until != "" && slices.Compare(v, parseVersion(b.Until)) >= 0 {
			return Builtin{}, false, false
		}
		return b, newerThan(v, parseVersion(b.Known)), true
	}
	return Builtin{}, false, false
}

// newerThan compares only as many numbers as the known version gives: all of
// 153.x is known where 153 is.
func newerThan(v, known []int) bool {
	return slices.Compare(v[:min(len(v), len(known))], known) > 0
}

// parseVersion reads the dotted numbers that a version begins with.
func parseVersion(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil {
			break
		}
		out = append(out, int(n))
		if len(digits) < len(part) || len(out) == maxVersionNumbers {
			break
		}
	}
	return out
}

// maxVersionNumbers bounds what is read of a version; Chrome has four.
const maxVersionNumbers = 8

package truststore

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// examineMachine looks at what holds for every program.
func (d *diagnosis) examineMachine() {
	h := d.machine.host()
	d.checks = append(d.checks, CheckClock)
	switch now := h.Now(); {
	case now.Before(firstDay()):
		d.tell(finding(CodeClockWrong, "date", now.UTC().Format(time.DateOnly), "catalogue", hkpost.CatalogueDate))
	case clockIsWrong(now):
		d.tell(finding(CodeClockLate, "date", now.UTC().Format(time.DateOnly)))
	}
	d.voidBundles()
	if h.Live() && h.GOOS() == "linux" {
		if version, err := h.ReadFile("/proc/version", 4<<10); err == nil && strings.Contains(strings.ToLower(string(version)), "microsoft") {
			d.tell(finding(CodeWSL))
		}
	}
	if h.GOOS() == "windows" || h.GOOS() == "darwin" {
		d.checks = append(d.checks, CheckProducts)
		for _, k := range findKaspersky(h) {
			f := finding(CodeKaspersky, "program", k.name, "version", k.version)
			d.problems = append(d.problems, Problem{Finding: f, Remedy: plainRemedy(k.remedy, "server", "*")})
		}
	}
}

// voidBundles tells of variables that name a file in which programs find no
// certificates: some then fail, whatever the stores hold.
func (d *diagnosis) voidBundles() {
	h := d.machine.host()
	for _, v := range slices.Concat(curlSettings(d.machine).bundles(h), bundleVariables) {
		path := v.places(h).file
		if path == "" {
			continue
		}
		if _, void, _ := readBundle(h, path); !void {
			continue
		}
		f := finding(CodeEnvironmentVoid, "variable", v.name, "path", path, "programs", v.readBy(v.programs))
		r := plainRemedy(RemedyVariable, "path", path)
		r.Command = d.unset(v.name)
		if v.given != nil {
			r = plainRemedy(RemedySetting, "setting", v.given.option(), "file", v.given.file, "program", "curl")
		}
		d.problems = append(d.problems, Problem{Finding: f, Remedy: r})
	}
}

// catalogueDay is when the catalogue was made.
func catalogueDay() time.Time {
	day, err := time.Parse(time.DateOnly, hkpost.CatalogueDate)
	if err != nil {
		return time.Time{} // a test says that it is a day
	}
	return day
}

// firstDay is before the catalogue was made, anywhere on earth.
func firstDay() time.Time { return catalogueDay().AddDate(0, 0, -1) }

// clockIsWrong reports whether a time is before the catalogue was made, or after
// all roots have expired that sites need.
func clockIsWrong(now time.Time) bool {
	_, err := hkpost.Members(hkpost.Server, now)
	return now.Before(firstDay()) || errors.Is(err, hkpost.ErrProfileExpired)
}

// tell adds a finding about the machine.
func (d *diagnosis) tell(f Finding) {
	d.problems = append(d.problems, Problem{Finding: f, Remedy: d.remedyFor(f, nil)})
}

// major is the first number of a version; 0 if there is none.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}

package hkpost_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

func TestConditions(t *testing.T) {
	const (
		bad        = hkpost.ConditionKnownBad
		expired    = hkpost.ConditionExpired
		notYet     = hkpost.ConditionNotYetValid
		superseded = hkpost.ConditionSuperseded
	)
	for _, test := range []struct {
		slug string
		at   time.Time
		want []hkpost.ConditionCode
	}{
		{"root-ca-3", checked, nil},
		{"root-ca-3", date(2016, 1, 1), []hkpost.ConditionCode{notYet}},
		{"root-ca-3", date(2043, 1, 1), []hkpost.ConditionCode{expired}},
		{"root-ca-1", checked, []hkpost.ConditionCode{bad, expired, superseded}},
		{"root-ca-1", date(2018, 1, 1), []hkpost.ConditionCode{bad}},
		{"ecert-ca-1-14", checked, []hkpost.ConditionCode{expired, superseded}},
		{"ecert-ca-2-17-2017", checked, []hkpost.ConditionCode{superseded}},
		{"ecert-ca-2-17-2017", date(2026, 5, 6), nil},
		{"ecert-ca-2-15-2026-05-07", checked, []hkpost.ConditionCode{superseded}},
		{"ecert-ca-2-26", checked, nil},
		{"ecert-ssl-ca-3-17-2017", checked, []hkpost.ConditionCode{bad, superseded}},
		{"ecert-ssl-ca-3-17-2025", date(2000, 1, 1), []hkpost.ConditionCode{notYet}},
	} {
		c := bySlug(t, test.slug)
		if got := codes(c.Condition(test.at)); !slices.Equal(got, test.want) {
			t.Errorf("%s at %s: %v, want %v", test.slug, test.at.Format(time.DateOnly), got, test.want)
		}
		if !c.Embedded {
			continue
		}
		if got := codes(hkpost.Conditions(parsed(t, test.slug), test.at)); !slices.Equal(got, test.want) {
			t.Errorf("parsed %s at %s: %v, want %v", test.slug, test.at.Format(time.DateOnly), got, test.want)
		}
	}
}

// As crypto/x509 has it: both ends of the validity belong to it.
func TestValidityIncludesItsEnds(t *testing.T) {
	c := bySlug(t, "root-ca-3")
	for _, at := range []time.Time{c.NotBefore, c.NotAfter} {
		if got := c.Condition(at); got != nil {
			t.Errorf("at %v: %v", at, got)
		}
	}
	if got := c.Condition(c.NotAfter.Add(time.Second)); len(got) != 1 || !got[0].Since.Equal(c.NotAfter) {
		t.Errorf("a second later: %v", got)
	}
}

func TestConditionNamesTheReplacement(t *testing.T) {
	for _, condition := range bySlug(t, "ecert-ssl-ca-3-17-2017").Condition(checked) {
		equal(t, "replacement", condition.Replacement, "ecert-ssl-ca-3-17-2025")
		if condition.Code == hkpost.ConditionKnownBad {
			equal(t, "date", condition.Bad.Date, "2026-06-18")
		}
	}
}

func codes(conditions []hkpost.Condition) []hkpost.ConditionCode {
	var out []hkpost.ConditionCode
	for _, c := range conditions {
		out = append(out, c.Code)
	}
	return out
}

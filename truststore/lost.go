package truststore

import "fmt"

// lostSince compares what a store shows after changes with what it held when,
// under its lock, they were compared with it: every entry that they are not
// about must be there yet, and be trusted as it was. What they are about is
// done, and has its receipts. A store to which other programs write entry by
// entry, as its back end does, may have lost one to them meanwhile.
func (s *Snapshot) lostSince(results []Result) error {
	if len(results) == 0 || results[0].under == nil || s.byOthers || backendOf(s.Info.Kind).byEntry {
		return nil
	}
	return results[0].under.lostIn(s, results)
}

func (s *Snapshot) lostIn(after *Snapshot, changes []Result) error {
	type key struct {
		id   Fingerprint
		name string
	}
	type shown struct {
		times int
		trust Trust
	}
	now := make(map[key]shown, len(after.Entries))
	for _, e := range after.Entries {
		k := key{e.SHA256, e.Trust.Name}
		now[k] = shown{now[k].times + 1, e.Trust}
	}
	for _, e := range s.Entries {
		k := key{e.SHA256, e.Trust.Name}
		found := now[k]
		switch {
		case found.times > 0 && found.trust.Same(e.Trust):
			now[k] = shown{found.times - 1, found.trust}
		case !s.concerned(e, changes):
			return fmt.Errorf("%w: %s, %q, which was not to change, is not as it was", ErrUnproven, certificateName(e.DER), e.Trust.Name)
		}
	}
	return nil
}

// concerned reports whether a change is about an entry.
func (s *Snapshot) concerned(e Entry, changes []Result) bool {
	row := backendOf(s.Info.Kind)
	for _, c := range changes {
		switch {
		case c.SHA256 != e.SHA256:
		case !row.repeats, c.Action == Remove && c.Before.Name == "", c.Before.Name == e.Trust.Name && c.Before.Present:
			return true
		}
	}
	return false
}

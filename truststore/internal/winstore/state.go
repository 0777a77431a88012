package winstore

// Level is what Windows makes of a certificate for one purpose.
type Level int

// The levels.
const (
	Absent     Level = iota // nowhere, or only where it does not count
	Present                 // known, as an intermediate or for other purposes
	Vendor                  // anchor, from Microsoft's list
	Explicit                // anchor, put there by somebody
	Distrusted              // must not be trusted
)

// State is a level with the entry that it comes from.
type State struct {
	Level Level
	// By is the entry that decides; nil where there is none.
	By *Certificate
	// Ignored: the certificate is among roots that a policy keeps from
	// being trusted.
	Ignored bool
}

// State says what Windows makes of a certificate for a purpose. For the
// machine (user false) only what counts for all users is asked.
//
// A disallowed certificate is distrusted whatever else holds it. Of several
// entries that make it an anchor, each allows what it allows.
func (c *Contents) State(der []byte, purpose string, user bool) State {
	var best State
	for _, e := range c.Of(der) {
		if !user && !e.Place.forMachine() {
			continue
		}
		s := c.say(e, purpose)
		if s.Level > best.Level {
			s.Ignored = s.Ignored || best.Ignored
			best = s
		}
		best.Ignored = best.Ignored || s.Ignored
	}
	if best.Level >= Vendor {
		best.Ignored = false
	}
	return best
}

// say is what one entry says by itself.
func (c *Contents) say(e Certificate, purpose string) State {
	s := State{Level: Present, By: &e}
	switch e.Place.Name {
	case Disallowed:
		s.Level = Distrusted
	case Root, AuthRoot:
		switch {
		case c.ignores(e.Place):
			s.Ignored = true
		case !e.Usage.Allows(purpose):
		case e.Place.Name == AuthRoot:
			s.Level = Vendor
		default:
			s.Level = Explicit
		}
	}
	return s
}

// ignores reports whether a policy keeps roots at a place from being trusted.
func (c *Contents) ignores(p Place) bool {
	switch p.Location {
	case User:
		return c.Policy.UserRootsOff || c.Policy.OnlyPolicyRoots
	case Machine:
		return c.Policy.OnlyPolicyRoots
	}
	return false
}

package host

import "io/fs"

// Hive is a root of the Windows registry.
type Hive string

// The hives that hold what hktrust looks for.
const (
	LocalMachine Hive = "HKLM"
	CurrentUser  Hive = "HKCU"
)

// View selects the 64- or the 32-bit side of the Windows registry.
type View int

// The two views of a 64-bit Windows.
const (
	View64 View = 64
	View32 View = 32
)

// Registry reads the Windows registry. A key or value that does not exist is
// an error that matches [fs.ErrNotExist].
type Registry interface {
	// SubKeys lists the names of the keys directly below key.
	SubKeys(hive Hive, key string, view View) ([]string, error)
	// String reads a REG_SZ or REG_EXPAND_SZ value, unexpanded.
	String(hive Hive, key, value string, view View) (string, error)
}

// SubKeys lists the registry keys directly below key.
func (h *Host) SubKeys(hive Hive, key string, view View) ([]string, error) {
	return h.registry().SubKeys(hive, key, view)
}

// RegistryString reads a string value of the registry, with %NAME% expanded.
func (h *Host) RegistryString(hive Hive, key, value string, view View) (string, error) {
	s, err := h.registry().String(hive, key, value, view)
	return h.expandPercent(s), err
}

func (h *Host) registry() Registry {
	if h.Registry != nil {
		return h.Registry
	}
	if h.Root != "" {
		return emptyRegistry{}
	}
	return liveRegistry()
}

type emptyRegistry struct{}

func (emptyRegistry) SubKeys(Hive, string, View) ([]string, error) { return nil, fs.ErrNotExist }

func (emptyRegistry) String(Hive, string, string, View) (string, error) {
	return "", fs.ErrNotExist
}

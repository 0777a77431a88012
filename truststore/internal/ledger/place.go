package ledger

import (
	"errors"
	"io/fs"

	"github.com/hktrust/hktrust/truststore/host"
)

// ErrNoPlace means that the user has no home directory to keep a ledger in.
var ErrNoPlace = errors.New("no ledger: the user has no home directory")

// Dir returns the directory of the ledger that a run on h keeps, as the os
// package finds it: the machine's for an elevated run and for a tree below
// [host.Host.Root], else the user's.
//
//	            machine                                user
//	Windows     %ProgramData%\hktrust                  %LocalAppData%\hktrust
//	macOS       /Library/Application Support/hktrust   ~/Library/Application Support/hktrust
//	others      /var/lib/hktrust                       $XDG_STATE_HOME/hktrust, or ~/.local/state/hktrust
//
// Links are followed as [host.Host.Resolve] does, with its refusals. Nothing
// is created.
func Dir(h *host.Host) (string, error) {
	path, err := place(h)
	if err != nil {
		return "", err
	}
	resolved, err := resolve(h, path)
	if err != nil {
		return "", err
	}
	return h.Real(resolved), nil
}

func place(h *host.Host) (string, error) {
	if h.Elevated() || !h.Live() {
		return machinePlace(h), nil
	}
	return userPlace(h)
}

func machinePlace(h *host.Host) string {
	switch h.GOOS() {
	case "windows":
		if data := h.Getenv("ProgramData"); h.IsAbs(data) {
			return h.Join(data, "hktrust")
		}
		return `C:\ProgramData\hktrust`
	case "darwin":
		return "/Library/Application Support/hktrust"
	}
	return "/var/lib/hktrust"
}

func userPlace(h *host.Host) (string, error) {
	if base := h.Getenv(stateVariable(h)); h.IsAbs(base) {
		return h.Join(base, "hktrust"), nil
	}
	me, err := h.Me()
	if err != nil {
		return "", err
	}
	if !h.IsAbs(me.Home) {
		return "", ErrNoPlace
	}
	switch h.GOOS() {
	case "windows":
		return h.Join(me.Home, "AppData", "Local", "hktrust"), nil
	case "darwin":
		return h.Join(me.Home, "Library", "Application Support", "hktrust"), nil
	}
	return h.Join(me.Home, ".local", "state", "hktrust"), nil
}

// stateVariable names the variable that moves the user's state elsewhere; ""
// on macOS, which has none.
func stateVariable(h *host.Host) string {
	switch h.GOOS() {
	case "windows":
		return "LOCALAPPDATA"
	case "darwin":
		return ""
	}
	return "XDG_STATE_HOME"
}

// resolve follows links as far as the path exists.
func resolve(h *host.Host, path string) (string, error) {
	var missing []string
	for at := path; ; at = h.Dir(at) {
		resolved, err := h.Resolve(at)
		if err == nil {
			return h.Join(append([]string{resolved}, missing...)...), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || h.Dir(at) == at {
			return "", err
		}
		missing = append([]string{h.Base(at)}, missing...)
	}
}

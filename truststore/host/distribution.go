package host

import "strings"

// Distribution lists what os-release(5) says the system is, and is like: "debian",
// say. It is empty where nothing says so.
func (h *Host) Distribution() []string {
	const maxRelease = 1 << 16
	data, err := h.ReadFile("/etc/os-release", maxRelease)
	if err != nil {
		data, err = h.ReadFile("/usr/lib/os-release", maxRelease)
	}
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ID" || key == "ID_LIKE" {
			out = append(out, strings.Fields(strings.Trim(value, `"'`))...)
		}
	}
	return out
}

package truststore

import (
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// kaspersky is an installed product of Kaspersky, with the words of its version
// for leaving a site alone. Its settings are never touched: it protects them.
type kaspersky struct {
	name, version string
	remedy        RemedyCode
}

// findKaspersky looks where its installers leave traces.
func findKaspersky(h *host.Host) []kaspersky {
	if h.GOOS() == "darwin" {
		return macKaspersky(h)
	}
	var out []kaspersky
	for _, root := range []string{`SOFTWARE\KasperskyLab`, `SOFTWARE\KasperskyLab\protected`} {
		for _, view := range []host.View{host.View32, host.View64} {
			keys, _ := h.SubKeys(host.LocalMachine, root, view)
			for _, key := range keys {
				upper := strings.ToUpper(key)
				if !strings.HasPrefix(upper, "AVP") && !strings.HasPrefix(upper, "KES") {
					continue
				}
				if k, ok := registeredKaspersky(h, root+`\`+key, view); ok && !slices.Contains(out, k) {
					out = append(out, k)
				}
			}
		}
	}
	return out
}

func registeredKaspersky(h *host.Host, key string, view host.View) (kaspersky, bool) {
	environment := key + `\environment`
	name, err := h.RegistryString(host.LocalMachine, environment, "ProductName", view)
	if err != nil {
		return kaspersky{}, false
	}
	version, _ := h.RegistryString(host.LocalMachine, environment, "ProductVersion", view)
	k := kaspersky{name: name, version: version, remedy: RemedyKaspersky}
	switch {
	case strings.Contains(strings.ToUpper(key), `\KES`), strings.Contains(name, "Endpoint Security"):
		k.remedy = RemedyKasperskyOf
	case major(version) > 0 && major(version) < 21:
		k.remedy = RemedyKasperskyV1
	}
	return k, true
}

func macKaspersky(h *host.Host) []kaspersky {
	apps, _ := h.Glob("/Applications/Kaspersky*.app")
	var out []kaspersky
	for _, app := range apps {
		out = append(out, kaspersky{name: strings.TrimSuffix(h.Base(app), ".app"), remedy: RemedyKasperskyV0})
	}
	return out
}

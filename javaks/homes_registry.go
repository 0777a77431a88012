package javaks

import (
	"github.com/hktrust/hktrust/truststore/host"
)

// registryKey is where a Windows installer notes its installations: in each
// subkey of key, or below that, the directory as a string value.
type registryKey struct {
	key   string
	below string
	value string
}

// registryKeys are read in both views of HKEY_LOCAL_MACHINE and, for the user
// that this process runs as, of HKEY_CURRENT_USER.
var registryKeys = [...]registryKey{
	{key: `SOFTWARE\JavaSoft\Java Runtime Environment`, value: "JavaHome"}, // Oracle, to version 8
	{key: `SOFTWARE\JavaSoft\Java Development Kit`, value: "JavaHome"},
	{key: `SOFTWARE\JavaSoft\JRE`, value: "JavaHome"}, // Oracle, since 9
	{key: `SOFTWARE\JavaSoft\JDK`, value: "JavaHome"},
	{key: `SOFTWARE\Eclipse Adoptium\JDK`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\Eclipse Adoptium\JRE`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\Eclipse Foundation\JDK`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\Eclipse Foundation\JRE`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\AdoptOpenJDK\JDK`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\AdoptOpenJDK\JRE`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\AdoptOpenJDK\JDK`, below: `\openj9\MSI`, value: "Path"},
	{key: `SOFTWARE\AdoptOpenJDK\JRE`, below: `\openj9\MSI`, value: "Path"},
	{key: `SOFTWARE\Microsoft\JDK`, below: `\hotspot\MSI`, value: "Path"},
	{key: `SOFTWARE\Semeru\JDK`, below: `\openj9\MSI`, value: "Path"},
	{key: `SOFTWARE\Semeru\JRE`, below: `\openj9\MSI`, value: "Path"},
	{key: `SOFTWARE\Azul Systems\Zulu`, value: "InstallationPath"},
	{key: `SOFTWARE\BellSoft\Liberica`, value: "InstallationPath"},
}

// registryHives are the halves of the registry and whose they are.
var registryHives = [...]struct {
	hive  host.Hive
	scope scope
}{
	{host.LocalMachine, machineScope},
	{host.CurrentUser, userScope},
}

// searchRegistry looks at what one key of the Windows registry names.
func (f *finder) searchRegistry(k registryKey) {
	for _, r := range registryHives {
		if !f.searchesRegistry(r.hive, r.scope) {
			continue
		}
		for _, view := range [...]host.View{host.View64, host.View32} {
			f.searchRegistryView(k, r.hive, view)
		}
	}
}

func (f *finder) searchesRegistry(hive host.Hive, s scope) bool {
	return f.covers(s, "windows") && (hive != host.CurrentUser || f.env.own)
}

func (f *finder) searchRegistryView(k registryKey, hive host.Hive, view host.View) {
	versions, err := f.Host.SubKeys(hive, k.key, view)
	f.problemUnlessMissing(string(hive)+`\`+k.key, err)
	for _, version := range versions {
		key := k.key + `\` + version + k.below
		dir, err := f.Host.RegistryString(hive, key, k.value, view)
		if err != nil {
			f.problemUnlessMissing(string(hive)+`\`+key, err)
			continue
		}
		if f.Host.IsAbs(dir) {
			f.candidate("registry", dir)
		}
	}
}

package host

import "golang.org/x/sys/windows/registry"

func liveRegistry() Registry { return windowsRegistry{} }

type windowsRegistry struct{}

func (windowsRegistry) SubKeys(hive Hive, key string, view View) ([]string, error) {
	k, err := openKey(hive, key, view)
	if err != nil {
		return nil, err
	}
	defer k.Close()
	return k.ReadSubKeyNames(-1)
}

func (windowsRegistry) String(hive Hive, key, value string, view View) (string, error) {
	k, err := openKey(hive, key, view)
	if err != nil {
		return "", err
	}
	defer k.Close()
	s, _, err := k.GetStringValue(value)
	return s, err
}

func openKey(hive Hive, key string, view View) (registry.Key, error) {
	root := registry.LOCAL_MACHINE
	if hive == CurrentUser {
		root = registry.CURRENT_USER
	}
	access := uint32(registry.READ | registry.WOW64_64KEY)
	if view == View32 {
		access = registry.READ | registry.WOW64_32KEY
	}
	return registry.OpenKey(root, key, access)
}

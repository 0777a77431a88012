package javaks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// Product is software that runs Java Web Start applications and keeps trust
// stores of its own for each user.
type Product string

// The products that are known.
const (
	// JavaControlPanel is Oracle's Java 7 and 8: Web Start and the plug-in.
	JavaControlPanel Product = "java-control-panel"
	// IcedTeaWeb is the free Web Start.
	IcedTeaWeb Product = "icedtea-web"
	// OpenWebStart is built on IcedTea-Web and shares its folder.
	OpenWebStart Product = "openwebstart"
)

// NewPassword is the password under which the product opens a keystore that it
// finds: a new one needs it. For what is no product, such as a JDK's cacerts, it
// is the JDK's own.
func (p Product) NewPassword() string {
	if p == JavaControlPanel {
		return ""
	}
	return "changeit"
}

// ErrSystemConfig means that the administrator's deployment.properties could
// not be taken into account.
var ErrSystemConfig = errors.New("system deployment.properties not read")

// UserStore is the store in which a product keeps the authorities that its
// user trusts for TLS: "Secure Site CA" in the Java Control Panel.
type UserStore struct {
	Product    Product
	SharedWith Product // OpenWebStart, where its installation is seen beside IcedTeaWeb's folder
	Folder     string  // the product's folder, which exists
	Path       string  // the keystore, as deployment.properties says or else in Folder
	Exists     bool    // a missing keystore is usual
	// Locked means that the administrator's deployment.properties says
	// where the keystore is, and the user cannot change it.
	Locked bool
}

// keyJSSECACerts names the store, in deployment.properties.
const keyJSSECACerts = "deployment.user.security.trusted.jssecacerts"

// deployment is where a product keeps its things. The patterns are those of
// [place].
type deployment struct {
	product Product
	goos    []string
	folder  []string // the first that expands counts
	system  string   // the administrator's folder
	configs []string // files there that name the administrator's deployment.properties; the first that exists counts
	// placeholders: $USER_HOME and $SYSTEM_HOME stand for the folders.
	placeholders bool
}

// deployments follow Oracle's deployment guide ("Deployment Configuration File
// and Properties", Java SE 7 and 8) and IcedTea-Web's PathsAndFiles.
var deployments = [...]deployment{
	{
		product: JavaControlPanel, goos: []string{"linux", "freebsd"}, folder: []string{"~/.java/deployment"},
		system: "/etc/.java/deployment", configs: []string{"deployment.config"}, placeholders: true,
	},
	{
		product: JavaControlPanel, goos: []string{"darwin"}, folder: []string{"~/Library/Application Support/Oracle/Java/Deployment"},
		system: "/Library/Application Support/Oracle/Java/Deployment", configs: []string{"deployment.config"}, placeholders: true,
	},
	{
		product: JavaControlPanel, goos: []string{"windows"}, folder: []string{"~/AppData/LocalLow/Sun/Java/Deployment"},
		system: "$WINDIR/Sun/Java/Deployment", configs: []string{"deployment.config"}, placeholders: true,
	},
	{
		product: IcedTeaWeb, goos: []string{"linux", "freebsd", "darwin"},
		folder: []string{"$XDG_CONFIG_HOME/icedtea-web", "~/.config/icedtea-web"},
		system: "/etc/.java/deployment", configs: []string{"itw-deployment.config", "deployment.config"},
	},
	{
		product: IcedTeaWeb, goos: []string{"windows"},
		folder: []string{"$XDG_CONFIG_HOME/icedtea-web", "~/.config/icedtea-web"},
		system: "$WINDIR/Sun/Java/Deployment", configs: []string{"itw-deployment.config", "deployment.config"},
	},
}

// openWebStarts are where OpenWebStart's installers put it.
var openWebStarts = []struct{ goos, pattern string }{
	{"linux", "/opt/OpenWebStart"},
	{"linux", "~/OpenWebStart"},
	{"darwin", "/Applications/OpenWebStart"},
	{"darwin", "/Applications/OpenWebStart.app"},
	{"windows", "$ProgramFiles/OpenWebStart"},
	{"windows", "${ProgramFiles(x86)}/OpenWebStart"},
	{"windows", "$LOCALAPPDATA/Programs/OpenWebStart"},
}

// FoundUserStores is what [FindUserStores] found.
type FoundUserStores struct {
	Stores []UserStore

	// Problems are places that could not be looked at; a store whose place
	// they keep from being told is not among Stores.
	Problems []*PlaceError

	// Places are the products' folders, whether or not the user has them.
	Places []string
}

// FindUserStores lists the stores of the products whose folder the user has,
// which are JKS files. What deployment.properties says counts, the user's and
// the administrator's. A nil host is this machine. When ctx ends, so does the
// search, with what it has found.
func FindUserStores(ctx context.Context, h *host.Host, u host.User) FoundUserStores {
	h = orThisMachine(h)
	me, err := h.Me()
	if err != nil {
		return FoundUserStores{Problems: []*PlaceError{{Err: err}}}
	}
	env := newEnvironment(h, me, &u)
	var found FoundUserStores
	for _, d := range deployments {
		if err := ctx.Err(); err != nil {
			found.Problems = append(found.Problems, &PlaceError{Err: err})
			break
		}
		if slices.Contains(d.goos, h.GOOS()) {
			d.find(env, &found)
		}
	}
	return found
}

// find looks for the product's store.
func (d deployment) find(env environment, found *FoundUserStores) {
	folder, exists, err := d.existingFolder(env)
	if folder != "" {
		found.Places = append(found.Places, folder)
	}
	if err != nil {
		found.Problems = append(found.Problems, &PlaceError{folder, err})
	}
	if !exists {
		return
	}
	store, ok, problems := d.store(env, folder)
	found.Problems = append(found.Problems, problems...)
	if ok {
		found.Stores = append(found.Stores, store)
	}
}

// store describes the product's store; it reports false where that cannot be
// told.
func (d deployment) store(env environment, folder string) (UserStore, bool, []*PlaceError) {
	store := UserStore{Product: d.product, Folder: folder}
	files := []string{env.host.Join(folder, propertiesFile)}
	if installed, ok := openWebStart(env); ok && d.product == IcedTeaWeb {
		// A deployment.properties in the installation wins over the
		// user's (OpenWebStart guide).
		store.SharedWith = OpenWebStart
		files = slices.Insert(files, 0, env.host.Join(installed, propertiesFile))
	}
	var err error
	set, problems := d.systemSetting(env)
	if !set.locked {
		if set, err = userSetting(env.host, files, set); err != nil {
			return UserStore{}, false, append(problems, &PlaceError{pathOf(err, folder), err})
		}
	}
	store.Locked = set.locked
	if store.Path, err = d.path(env, folder, set.value); err != nil {
		return UserStore{}, false, append(problems, &PlaceError{folder, err})
	}
	if store.Exists, err = keystoreAt(env.host, store.Path); err != nil {
		return UserStore{}, false, append(problems, &PlaceError{store.Path, err})
	}
	return store, true, problems
}

// existingFolder returns the product's folder, and whether the user has it.
func (d deployment) existingFolder(env environment) (folder string, ok bool, err error) {
	for _, pattern := range d.folder {
		folder, ok := env.expand(pattern)
		if !ok {
			continue
		}
		info, err := env.host.Stat(folder)
		return folder, err == nil && info.IsDir(), unlessMissing(err)
	}
	return "", false, nil
}

const propertiesFile = "deployment.properties"

// setting is what the files say about where the store is.
type setting struct {
	value  string
	locked bool
}

// userSetting returns what the first of the files says that says anything, or
// else the administrator's setting. A file that cannot be read is an error:
// the store may be anywhere.
func userSetting(h *host.Host, files []string, system setting) (setting, error) {
	for _, file := range files {
		properties, err := readProperties(h, file)
		if err != nil {
			return setting{}, err
		}
		if value := properties[keyJSSECACerts]; value != "" {
			return setting{value: value}, nil
		}
	}
	return system, nil
}

// openWebStart returns the directory of an OpenWebStart installation.
func openWebStart(env environment) (string, bool) {
	for _, p := range openWebStarts {
		if dir, ok := env.expand(p.pattern); ok && p.goos == env.host.GOOS() && env.host.IsDir(dir) {
			return dir, true
		}
	}
	return "", false
}

// readProperties reads a .properties file; none is like an empty one.
func readProperties(h *host.Host, path string) (map[string]string, error) {
	data, err := h.ReadFile(path, maxProperties)
	if err != nil {
		return nil, unlessMissing(err)
	}
	properties, err := parseProperties(data)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return properties, nil
}

// systemSetting reads the administrator's deployment.properties, which a
// deployment.config names by URL.
func (d deployment) systemSetting(env environment) (setting, []*PlaceError) {
	dir, ok := env.expand(d.system)
	if !ok {
		return setting{}, nil
	}
	for _, name := range d.configs {
		config := env.host.Join(dir, name)
		found, err := regularFile(env.host, config)
		if err == nil && !found {
			continue
		}
		s, err := readSystemSetting(env.host, config)
		if err != nil {
			return setting{}, []*PlaceError{{config, fmt.Errorf("%w: %w", ErrSystemConfig, err)}}
		}
		return s, nil
	}
	return setting{}, nil
}

func readSystemSetting(h *host.Host, config string) (setting, error) {
	properties, err := readProperties(h, config)
	if err != nil {
		return setting{}, err
	}
	location := properties["deployment.system.config"]
	if location == "" {
		return setting{}, nil
	}
	file, err := fileOfURL(h, location)
	if err != nil {
		return setting{}, err
	}
	if properties, err = readProperties(h, file); err != nil {
		return setting{}, err
	}
	_, locked := properties[keyJSSECACerts+".locked"]
	return setting{value: properties[keyJSSECACerts], locked: locked}, nil
}

// fileOfURL returns the path that a URL with the scheme "file" names, in the
// forms that Java takes: file:/p, file:///p, file:C:/p and file:///C:/p. A
// file on another machine is refused.
func fileOfURL(h *host.Host, location string) (string, error) {
	u, err := url.Parse(strings.ReplaceAll(location, `\`, "/"))
	if err != nil {
		return "", errors.New("malformed URL")
	}
	if u.Scheme != "file" || u.Host != "" && u.Host != "localhost" {
		return "", errors.New("the URL names no file of this machine")
	}
	path := u.Path
	if path == "" {
		if path, err = url.PathUnescape(u.Opaque); err != nil {
			return "", errors.New("malformed URL")
		}
	}
	if h.GOOS() == "windows" {
		path = strings.TrimLeft(path, "/")
	}
	if path = h.Join(path); !h.IsAbs(path) {
		return "", errors.New("the URL names no absolute path")
	}
	return path, nil
}

// path returns where the store is by the value of its property.
func (d deployment) path(env environment, folder, value string) (string, error) {
	standard := env.host.Join(folder, "security", "trusted.jssecacerts")
	if value == "" {
		return standard, nil
	}
	if d.placeholders {
		system, _ := env.expand(d.system)
		value = strings.NewReplacer("$USER_HOME", folder, "$SYSTEM_HOME", system).Replace(value)
	}
	if env.host.IsAbs(value) {
		return value, nil
	}
	if d.product == IcedTeaWeb {
		return standard, nil // its FilePathValidator falls back
	}
	return "", fmt.Errorf("%s is not an absolute path", keyJSSECACerts)
}

// keystoreAt reports whether there is a keystore at path. Where there is none,
// one can be made there only if the path leads somewhere: what climbs ("..")
// out of a directory that does not exist is an error.
func keystoreAt(h *host.Host, path string) (bool, error) {
	exists, err := regularFile(h, path)
	if err == nil && !exists && strings.Contains(path, "..") {
		_, err = h.Resolve(path)
	}
	return exists, err
}

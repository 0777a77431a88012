package javaks

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

// stores expects no problem.
func (m tree) stores() []UserStore {
	m.t.Helper()
	me, err := m.Me()
	if err != nil {
		m.t.Fatal(err)
	}
	found := FindUserStores(m.t.Context(), m.Host, me)
	stores, problems := found.Stores, found.Problems
	for _, p := range problems {
		m.t.Errorf("problem: %v", p)
	}
	return stores
}

// A product's store is where the product looks, on every system, and nothing
// is said of products that the user does not have.
func TestUserStoresOfEachSystem(t *testing.T) {
	for goos, c := range map[string]struct{ oracle, icedTea string }{
		"linux":   {"/home/amy/.java/deployment", "/home/amy/.config/icedtea-web"},
		"darwin":  {"/Users/amy/Library/Application Support/Oracle/Java/Deployment", "/Users/amy/.config/icedtea-web"},
		"windows": {`C:\Users\amy\AppData\LocalLow\Sun\Java\Deployment`, `C:\Users\amy\.config\icedtea-web`},
	} {
		m := newTree(t, goos)
		if stores := m.stores(); len(stores) > 0 {
			t.Errorf("%s: stores without a product: %+v", goos, stores)
		}
		m.write(c.oracle+"/deployment.properties", "deployment.version=8\n")
		m.write(c.icedTea+"/security/trusted.jssecacerts", "store")
		want := []UserStore{
			{Product: JavaControlPanel, Folder: c.oracle, Path: m.Join(c.oracle, "security/trusted.jssecacerts")},
			{Product: IcedTeaWeb, Folder: c.icedTea, Path: m.Join(c.icedTea, "security/trusted.jssecacerts"), Exists: true},
		}
		if diff := cmp.Diff(want, m.stores()); diff != "" {
			t.Errorf("%s: %s", goos, diff)
		}
	}
}

func TestUserStoreOfXDGConfigHome(t *testing.T) {
	m := newTree(t, "linux")
	m.write("/home/amy/.config/icedtea-web/x", "")
	m.write("/home/amy/cfg/icedtea-web/x", "")
	m.Environ["XDG_CONFIG_HOME"] = "/home/amy/cfg"
	if got, want := m.stores()[0].Folder, "/home/amy/cfg/icedtea-web"; got != want {
		t.Errorf("folder %s, want %s", got, want)
	}
}

func TestUserStoreSharedWithOpenWebStart(t *testing.T) {
	m := newTree(t, "windows")
	m.write("C:/Users/amy/.config/icedtea-web/deployment.properties", keyJSSECACerts+`=C\:\\mine`)
	m.write("C:/Program Files/OpenWebStart/javaws.exe", "")
	stores := m.stores()
	if len(stores) != 1 || stores[0].Product != IcedTeaWeb || stores[0].SharedWith != OpenWebStart || stores[0].Path != `C:\mine` {
		t.Errorf("stores %+v", stores)
	}
	m.write("C:/Program Files/OpenWebStart/deployment.properties", keyJSSECACerts+`=C\:\\site`)
	if got := m.stores()[0].Path; got != `C:\site` {
		t.Errorf("the installation's file is not heard: %s", got)
	}
}

// What deployment.properties says counts, as far as Java hears it.
func TestUserStoreWhereThePropertiesSay(t *testing.T) {
	const folder, standard = "/home/amy/.java/deployment", "/home/amy/.java/deployment/security/trusted.jssecacerts"
	const config = "/etc/.java/deployment/deployment.config"
	point := "deployment.system.config=file\\:/etc/.java/deployment/deployment.properties\n"
	for name, c := range map[string]struct {
		user, config, system string
		want                 string
		locked               bool
	}{
		"nothing":         {want: standard},
		"user":            {user: keyJSSECACerts + "=/home/amy/cas", want: "/home/amy/cas"},
		"empty":           {user: keyJSSECACerts + "=", want: standard},
		"user home":       {user: keyJSSECACerts + "=$USER_HOME/cas", want: folder + "/cas"},
		"system home":     {user: keyJSSECACerts + "=$SYSTEM_HOME/cas", want: "/etc/.java/deployment/cas"},
		"escapes":         {user: keyJSSECACerts + " : /home/amy/\\\n   \\u8B49\\u66F8", want: "/home/amy/證書"},
		"comment":         {user: "#" + keyJSSECACerts + "=/home/amy/cas", want: standard},
		"system":          {config: point, system: keyJSSECACerts + "=/srv/cas", want: "/srv/cas"},
		"user and system": {user: keyJSSECACerts + "=/home/amy/cas", config: point, system: keyJSSECACerts + "=/srv/cas", want: "/home/amy/cas"},
		"locked": {user: keyJSSECACerts + "=/home/amy/cas", config: point,
			system: keyJSSECACerts + "=/srv/cas\n" + keyJSSECACerts + ".locked", want: "/srv/cas", locked: true},
		"locked to the default": {user: keyJSSECACerts + "=/home/amy/cas", config: point,
			system: keyJSSECACerts + ".locked=true", want: standard, locked: true},
		"system file missing": {config: point, want: standard},
		"config of nothing":   {config: "deployment.system.config.mandatory=false", want: standard},
	} {
		m := newTree(t, "linux")
		m.write(folder+"/deployment.properties", c.user)
		if c.config != "" {
			m.write(config, c.config)
		}
		if c.system != "" {
			m.write("/etc/.java/deployment/deployment.properties", c.system)
		}
		want := []UserStore{{Product: JavaControlPanel, Folder: folder, Path: c.want, Locked: c.locked}}
		if diff := cmp.Diff(want, m.stores()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Where a store is must be known for certain before it is named.
func TestUserStoreProblems(t *testing.T) {
	const folder = "/home/amy/.java/deployment"
	const config = "/etc/.java/deployment/deployment.config"
	for name, c := range map[string]struct {
		file, content string
		path          string // of the problem
		want          error
		stores        int
	}{
		"malformed":     {folder + "/deployment.properties", "x=\\u12", folder + "/deployment.properties", errProperties, 0},
		"too large":     {folder + "/deployment.properties", strings.Repeat("#", maxProperties+1), folder + "/deployment.properties", host.ErrTooLarge, 0},
		"relative":      {folder + "/deployment.properties", keyJSSECACerts + "=cas", folder, nil, 0},
		"directory":     {folder + "/deployment.properties", keyJSSECACerts + "=/home/amy", "/home/amy", host.ErrNotRegular, 0},
		"climbing":      {folder + "/deployment.properties", keyJSSECACerts + "=/home/amy/none/../cas", "/home/amy/none/../cas", nil, 0},
		"remote system": {config, "deployment.system.config=https\\://example.com/d.properties", config, ErrSystemConfig, 1},
		"on a share":    {config, "deployment.system.config=file\\://server/share/d.properties", config, ErrSystemConfig, 1},
		"bad URL":       {config, "deployment.system.config=%zz", config, ErrSystemConfig, 1},
	} {
		m := newTree(t, "linux")
		m.write(folder+"/x", "")
		m.write(c.file, c.content)
		me, _ := m.Me()
		found := FindUserStores(t.Context(), m.Host, me)
		stores, problems := found.Stores, found.Problems
		if len(stores) != c.stores || len(problems) != 1 || problems[0].Path != c.path ||
			c.want != nil && !errors.Is(problems[0], c.want) {
			t.Errorf("%s: %+v, %v; want %d stores and a problem of %s: %v", name, stores, problems, c.stores, c.path, c.want)
		}
	}
}

// A property may name any path; an elevated process must not follow it into
// another user's home.
func TestUserStoreInAnotherUsersHome(t *testing.T) {
	oracle.NeedRoot(t)
	for _, path := range []string{"/home/bob/cas", "/root/../home/bob/x/../cas", "/root/link/cas"} {
		m := newTree(t, "linux")
		root, bob := host.User{Name: "root", Home: "/root"}, host.User{Name: "bob", UID: 1001, Home: "/home/bob"}
		m.Account, m.Accounts = &root, []host.User{root, bob}
		m.write("/home/bob/x/y", "")
		m.link("/root/link", "/home/bob")
		if err := os.Chown(m.real("/home/bob"), bob.UID, bob.GID); err != nil {
			t.Fatal(err)
		}
		m.write("/root/.java/deployment/deployment.properties", keyJSSECACerts+"="+path)
		found := FindUserStores(t.Context(), m.Host, root)
		stores, problems := found.Stores, found.Problems
		var other *host.OtherUserError
		if len(stores) != 0 || len(problems) != 1 || !errors.As(problems[0], &other) || other.User.Name != "bob" {
			t.Errorf("%s: %+v, %v; want a problem of bob's", path, stores, problems)
		}
	}
}

func TestFileOfURL(t *testing.T) {
	for _, c := range []struct{ goos, url, want string }{
		{"linux", "file:/etc/d.properties", "/etc/d.properties"},
		{"linux", "file:///etc/a%20b", "/etc/a b"},
		{"linux", "file://localhost/etc/d", "/etc/d"},
		{"linux", "file:etc/d", ""},
		{"linux", "http://h/etc/d", ""},
		{"linux", "/etc/d", ""},
		{"windows", "file:///C:/Windows/d", `C:\Windows\d`},
		{"windows", "file:C:/Windows/d", `C:\Windows\d`},
		{"windows", `file:C:\Windows\a%20b`, `C:\Windows\a b`},
		{"windows", "file://server/share/d", ""},
		{"windows", "file:////server/share/d", ""},
	} {
		got, err := fileOfURL(&host.Host{OS: c.goos}, c.url)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %s is %q, %v; want %q", c.goos, c.url, got, err, c.want)
		}
	}
}

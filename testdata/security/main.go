// Command security stands for Apple's security(1) in tests on systems that have
// none. It is written after Apple's published sources (SecurityTool/macOS) and
// keeps its state in the directory that HKTRUST_FAKE_SECURITY names:
//
//	uid          who runs it; 0 if missing
//	auth         what becomes of a dialog: allow (if missing), denied,
//	             cancelled, nointeraction, internal, hang
//	lazy         if it is there, changes of trust are said to be made and are not
//	language     if it is there, messages are in another language
//	asked        a line is added for each dialog
//	keychains/   a file of certificates in PEM for each keychain
//	user.json, admin.json, system.json   trust settings
package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	f := fake{dir: os.Getenv("HKTRUST_FAKE_SECURITY")}
	if f.dir == "" || len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "Usage: security [-h] [-i] [-l] [-p prompt] [-q] [-v] [command] [opt ...]")
		os.Exit(2)
	}
	commands := map[string]func([]string) int{
		"find-certificate": f.find, "trust-settings-export": f.export, "add-trusted-cert": f.addTrusted,
		"remove-trusted-cert": f.removeTrusted, "add-certificates": f.addCertificates, "delete-certificate": f.delete,
	}
	command, ok := commands[os.Args[1]]
	if !ok {
		fmt.Fprintf(os.Stderr, "unknown command %q\n", os.Args[1])
		os.Exit(1)
	}
	os.Exit(command(os.Args[2:]))
}

type fake struct{ dir string }

// setting is one of a certificate's trust settings. A result of 0 is left out.
type setting struct {
	Policy string `json:"policy"`
	Result int    `json:"result"`
}

// entry is a certificate's trust settings; Bare means that the key is missing.
type entry struct {
	DER      []byte    `json:"der"`
	Bare     bool      `json:"bare"`
	Settings []setting `json:"settings"`
}

// policies are those that add-trusted-cert takes, as far as tests use them.
var policies = map[string][]byte{
	"basic":    {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01, 0x02},
	"ssl":      {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01, 0x03},
	"smime":    {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01, 0x08},
	"codeSign": {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01, 0x10},
}

func (f fake) read(name string) string {
	data, _ := os.ReadFile(filepath.Join(f.dir, name))
	return strings.TrimSpace(string(data))
}

func (f fake) has(name string) bool {
	_, err := os.Stat(filepath.Join(f.dir, name))
	return err == nil
}

func (f fake) root() bool { return f.read("uid") == "" || f.read("uid") == "0" }

// say prints a message, with no word of English where the user has none.
func (f fake) say(code int, format string, args ...any) int {
	message := fmt.Sprintf(format, args...)
	if f.has("language") {
		message = "操作無法完成。"
	}
	fmt.Fprintln(os.Stderr, message)
	return code
}

// authorized shows the dialog; an exit code other than 0 is its refusal.
func (f fake) authorized(function string) int {
	asked, err := os.OpenFile(filepath.Join(f.dir, "asked"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		fmt.Fprintln(asked, function)
		asked.Close()
	}
	switch f.read("auth") {
	case "denied":
		return f.say(1, "%s: The authorization was denied.", function)
	case "cancelled":
		return f.say(1, "%s: The authorization was cancelled by the user.", function)
	case "nointeraction":
		return f.say(1, "%s: The authorization was denied since no user interaction was possible.", function)
	case "internal":
		return f.say(1, "%s: errSecInternalComponent", function)
	case "hang":
		time.Sleep(time.Hour)
	}
	return 0
}

func (f fake) keychainFile(keychain string) string {
	return filepath.Join(f.dir, "keychains", base64.RawURLEncoding.EncodeToString([]byte(keychain))+".pem")
}

func (f fake) certificates(keychain string) ([][]byte, bool) {
	data, err := os.ReadFile(f.keychainFile(keychain))
	if err != nil {
		return nil, false
	}
	return decode(data), true
}

func decode(data []byte) (ders [][]byte) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return ders
		}
		ders = append(ders, block.Bytes)
	}
}

func (f fake) store(keychain string, ders [][]byte) {
	var out []byte
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	os.MkdirAll(filepath.Join(f.dir, "keychains"), 0o700)
	os.WriteFile(f.keychainFile(keychain), out, 0o600)
}

// addTo adds a certificate; false means that it was there.
func (f fake) addTo(keychain string, der []byte) bool {
	ders, _ := f.certificates(keychain)
	if slices.ContainsFunc(ders, func(have []byte) bool { return bytes.Equal(have, der) }) {
		return false
	}
	f.store(keychain, append(ders, der))
	return true
}

func (f fake) domain(name string) map[string]entry {
	settings := map[string]entry{}
	data, _ := os.ReadFile(filepath.Join(f.dir, name+".json"))
	json.Unmarshal(data, &settings)
	return settings
}

func (f fake) setDomain(name string, settings map[string]entry) {
	data, _ := json.Marshal(settings)
	os.WriteFile(filepath.Join(f.dir, name+".json"), data, 0o600)
}

// options reads arguments in the way of getopt; values lists the options that
// have one.
func options(args []string, values string) (set map[string][]string, rest []string) {
	set = map[string][]string{}
	for len(args) > 0 && len(args[0]) == 2 && args[0][0] == '-' {
		name := args[0][1:]
		args = args[1:]
		value := ""
		if strings.Contains(values, name) && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		set[name] = append(set[name], value)
	}
	return set, args
}

func domainOf(set map[string][]string) string {
	switch {
	case set["d"] != nil:
		return "admin"
	case set["s"] != nil:
		return "system"
	}
	return "user"
}

func (f fake) find(args []string) int {
	set, keychains := options(args, "cem")
	found := 0
	for _, keychain := range keychains {
		ders, ok := f.certificates(keychain)
		if !ok {
			return f.say(50, "security: SecKeychainSearchCopyNext: The specified keychain could not be found.")
		}
		for _, der := range ders {
			found++
			if set["Z"] != nil {
				fmt.Printf("SHA-256 hash: %X\nSHA-1 hash: %X\n", sha256.Sum256(der), sha1.Sum(der))
			}
			os.Stdout.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		}
	}
	if found == 0 && set["a"] == nil {
		return f.say(44, "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.")
	}
	return 0
}

func (f fake) export(args []string) int {
	set, files := options(args, "")
	if len(files) != 1 {
		return 2
	}
	if !f.has(domainOf(set) + ".json") {
		return f.say(1, "SecTrustSettingsCreateExternalRepresentation: No Trust Settings were found.")
	}
	if err := os.WriteFile(files[0], propertyList(f.domain(domainOf(set))), 0o644); err != nil {
		return f.say(1, "%v", err)
	}
	fmt.Println("...Trust Settings exported successfully.")
	return 0
}

// propertyList writes the layout that Apple's tool exports.
func propertyList(settings map[string]entry) []byte {
	var b bytes.Buffer
	data := func(key string, value []byte) {
		fmt.Fprintf(&b, "<key>%s</key>\n<data>\n%s\n</data>\n", key, base64.StdEncoding.EncodeToString(value))
	}
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>trustList</key>
<dict>
`)
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		e := settings[key]
		fmt.Fprintf(&b, "<key>%s</key>\n<dict>\n", key)
		if c, err := x509.ParseCertificate(e.DER); err == nil {
			data("issuerName", c.RawIssuer)
			data("serialNumber", c.SerialNumber.Bytes())
		}
		b.WriteString("<key>modDate</key>\n<date>2026-01-02T03:04:05Z</date>\n")
		if !e.Bare {
			b.WriteString("<key>trustSettings</key>\n<array>\n")
			for _, s := range e.Settings {
				b.WriteString("<dict>\n")
				if s.Policy != "" {
					data("kSecTrustSettingsPolicy", policies[s.Policy])
					// Apple's own list has names that end in U+0000.
					fmt.Fprintf(&b, "<key>kSecTrustSettingsPolicyName</key>\n<string>%s\x00</string>\n", s.Policy)
				}
				if s.Result != 0 {
					fmt.Fprintf(&b, "<key>kSecTrustSettingsResult</key>\n<integer>%d</integer>\n", s.Result)
				}
				b.WriteString("</dict>\n")
			}
			b.WriteString("</array>\n")
		}
		b.WriteString("</dict>\n")
	}
	b.WriteString("</dict>\n<key>trustVersion</key>\n<integer>1</integer>\n</dict>\n</plist>\n")
	return b.Bytes()
}

func (f fake) certificateFile(name string) []byte {
	data, _ := os.ReadFile(name)
	if ders := decode(data); len(ders) == 1 {
		return ders[0]
	}
	return nil
}

// results are the names of option -r that are used.
var results = map[string]int{"trustRoot": 0, "trustAsRoot": 2, "deny": 3, "unspecified": 4}

func (f fake) addTrusted(args []string) int {
	set, files := options(args, "rpseukio")
	if len(files) != 1 {
		return 2
	}
	der := f.certificateFile(files[0])
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return f.say(1, "Error reading file %s", files[0])
	}
	result, ok := 0, true
	if set["r"] != nil {
		result, ok = results[set["r"][0]], results[set["r"][0]] != 0 || set["r"][0] == "trustRoot"
	}
	selfSigned := bytes.Equal(c.RawIssuer, c.RawSubject)
	if !ok || result == 0 && !selfSigned || result == 2 && selfSigned {
		return f.say(1, "SecTrustSettingsSetTrustSettings: One or more parameters passed to a function were not valid.")
	}
	e := entry{DER: der, Bare: set["p"] == nil && result == 0}
	for _, p := range set["p"] {
		if policies[p] == nil {
			return 2
		}
		e.Settings = append(e.Settings, setting{p, result})
	}
	if set["p"] == nil && result != 0 {
		e.Settings = []setting{{"", result}}
	}
	// The certificate goes into the keychain before anybody is asked.
	if set["k"] != nil {
		if set["k"][0] == "/Library/Keychains/System.keychain" && !f.root() {
			return f.say(1, "SecCertificateAddToKeychain: Write permissions error.")
		}
		f.addTo(set["k"][0], der)
	}
	return f.change(domainOf(set), "SecTrustSettingsSetTrustSettings", func(settings map[string]entry) int {
		settings[thumbprint(der)] = e
		return 0
	})
}

func thumbprint(der []byte) string {
	sum := sha1.Sum(der)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// change asks, and changes the settings of a domain.
func (f fake) change(domain, function string, edit func(map[string]entry) int) int {
	if code := f.authorized(function); code != 0 {
		return code
	}
	settings := f.domain(domain)
	if code := edit(settings); code != 0 || f.has("lazy") {
		return code
	}
	f.setDomain(domain, settings)
	return 0
}

func (f fake) removeTrusted(args []string) int {
	set, files := options(args, "")
	if len(files) != 1 {
		return 2
	}
	const function = "SecTrustSettingsRemoveTrustSettings"
	key := thumbprint(f.certificateFile(files[0]))
	if !f.has(domainOf(set) + ".json") {
		return f.say(1, "%s: No Trust Settings were found.", function)
	}
	if _, ok := f.domain(domainOf(set))[key]; !ok {
		return f.say(1, "%s: The specified item could not be found in the keychain.", function)
	}
	return f.change(domainOf(set), function, func(settings map[string]entry) int {
		delete(settings, key)
		return 0
	})
}

func (f fake) addCertificates(args []string) int {
	set, files := options(args, "k")
	if set["k"] == nil {
		return 2
	}
	if set["k"][0] == "/Library/Keychains/System.keychain" && !f.root() {
		return f.say(1, "security: SecCertificateAddToKeychain: Write permissions error.")
	}
	code := 0
	for _, name := range files {
		if !f.addTo(set["k"][0], f.certificateFile(name)) {
			code = f.say(1, "security: %s: already in %s", name, set["k"][0])
		}
	}
	return code
}

func (f fake) delete(args []string) int {
	set, keychains := options(args, "cZ")
	if set["Z"] == nil || len(keychains) != 1 {
		return 2
	}
	if keychains[0] == "/Library/Keychains/System.keychain" && !f.root() {
		return f.say(1, "security: SecKeychainItemDelete: Write permissions error.")
	}
	ders, _ := f.certificates(keychains[0])
	kept := slices.DeleteFunc(slices.Clone(ders), func(der []byte) bool {
		sum := sha256.Sum256(der)
		return strings.EqualFold(set["Z"][0], hex.EncodeToString(sum[:])) || strings.EqualFold(set["Z"][0], thumbprint(der))
	})
	if len(kept) == len(ders) {
		return f.say(1, "Unable to delete certificate matching %q", set["Z"][0])
	}
	f.store(keychains[0], kept)
	return 0
}

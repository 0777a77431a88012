package wine

import (
	"bytes"
	"debug/pe"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestForwarderIsALibrary(t *testing.T) {
	data := forwarderDLL("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
	f, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header := f.OptionalHeader.(*pe.OptionalHeader64)
	if f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || f.Characteristics&pe.IMAGE_FILE_DLL == 0 || header.AddressOfEntryPoint != 0 {
		t.Errorf("machine %#x, characteristics %#x, entry point %#x", f.Machine, f.Characteristics, header.AddressOfEntryPoint)
	}
	if d := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]; d.VirtualAddress != f.Sections[0].VirtualAddress || d.Size == 0 {
		t.Errorf("export directory %+v", d)
	}
}

// A line that moved must stop the build, not the mending.
func TestOverlayFailsLoudly(t *testing.T) {
	kept := replacements
	defer func() { replacements = kept }()
	for name, r := range map[string]replacement{
		"gone":  {true, "internal/syscall/windows/at_windows.go", "var NoSuchVariable bool", ""},
		"twice": {true, "internal/syscall/windows/at_windows.go", "func ", ""},
		"file":  {true, "internal/syscall/windows/none.go", "x", ""},
	} {
		replacements = []replacement{r}
		if _, err := GoCommand(t.Context(), t.TempDir(), "build"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOverlayStandsOnThisGo(t *testing.T) {
	dir := t.TempDir()
	if _, err := GoCommand(t.Context(), dir, "build"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "overlay.json"))
	if err != nil || !strings.Contains(string(data), filepath.Join(dir, "overlay0.go")) {
		t.Errorf("%s, %v", data, err)
	}
}

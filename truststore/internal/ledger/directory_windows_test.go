package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"
)

// The machine's ledger is for administrators, also where somebody else made
// its directory first.
func TestMachineLedgerIsForAdministrators(t *testing.T) {
	machine := 0
	o := Options{RequireUID: &machine}
	ours := filepath.Join(t.TempDir(), "hktrust")
	l, err := Open(ours, o)
	if err != nil {
		t.Fatal(err)
	}
	account(t, l).Close()
	l.Close()
	theirs := filepath.Join(t.TempDir(), "hktrust")
	if err := os.Mkdir(theirs, 0o700); err != nil {
		t.Fatal(err)
	}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FA;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(theirs, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(theirs, o); !errors.Is(err, ErrOwner) {
		l.Close()
		t.Errorf("a directory that everybody may write to: %v", err)
	}
}

package winstore

import (
	"errors"
	"fmt"
	"io/fs"
)

// Error is a failure of a call of Windows. The number is said, since Windows
// has no words for many of them and others are in the user's language.
type Error struct {
	Op    string // the function of crypt32
	Place Place  // the zero Place if the call concerns none
	Code  uint32
}

func (e *Error) Error() string {
	if e.Place == (Place{}) {
		return fmt.Sprintf("%s: Windows error %#x", e.Op, e.Code)
	}
	return fmt.Sprintf("%s %s: Windows error %#x", e.Op, e.Place, e.Code)
}

// The numbers of winerror.h that mean something here. Some calls answer a
// plain error number and some the same as an HRESULT.
const (
	codeFileNotFound   = 2
	codeAccessDenied   = 5
	codeNoMoreFiles    = 18
	codeCancelled      = 1223
	codeNotFound       = 0x80092004 // CRYPT_E_NOT_FOUND
	codeExists         = 0x80092005 // CRYPT_E_EXISTS
	codeASN1First      = 0x80093100 // CRYPT_E_ASN1_ERROR
	codeASN1Last       = 0x800931ff
	codeEAccessDenied  = 0x80070005
	codeEFileNotFound  = 0x80070002
	codeECancelled     = 0x800704c7
	codeNoDesktop      = 0x80070578 // ERROR_INVALID_WINDOW_HANDLE: there is no desktop to show a dialog on
	codeUnsetLastError = 0x20000027 // syscall.EINVAL, where a call failed without saying why
)

// sentinels lists what the numbers mean.
var sentinels = map[uint32]error{
	codeAccessDenied: fs.ErrPermission, codeEAccessDenied: fs.ErrPermission,
	codeCancelled: ErrNeedsPerson, codeECancelled: ErrNeedsPerson, codeNoDesktop: ErrNeedsPerson,
	codeFileNotFound: fs.ErrNotExist, codeEFileNotFound: fs.ErrNotExist, codeNotFound: fs.ErrNotExist,
	codeExists: fs.ErrExist,
}

// Is matches the sentinels of this package and of package fs.
func (e *Error) Is(target error) bool {
	if e.Code >= codeASN1First && e.Code <= codeASN1Last {
		return target == ErrBadCertificate
	}
	meaning, ok := sentinels[e.Code]
	return ok && meaning == target
}

// absent reports that a store does not exist: there is nothing in it.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// explained tells a refusal that an elevated process would not meet.
func (s *System) explained(p Place, err error) error {
	if errors.Is(err, fs.ErrPermission) && p.Location == Machine && !s.api.elevated() {
		return fmt.Errorf("%w: %w", ErrNeedsElevation, err)
	}
	return err
}

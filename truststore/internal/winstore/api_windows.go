package winstore

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"io/fs"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// What golang.org/x/sys/windows has no names for.
var (
	crypt32                = windows.NewLazySystemDLL("crypt32.dll")
	procSerializeElement   = crypt32.NewProc("CertSerializeCertificateStoreElement")
	procAddSerialized      = crypt32.NewProc("CertAddSerializedElementToStore")
	procControlStore       = crypt32.NewProc("CertControlStore")
	procCreateChainEngine  = crypt32.NewProc("CertCreateCertificateChainEngine")
	procFreeChainEngine    = crypt32.NewProc("CertFreeCertificateChainEngine")
	procAddEncodedToMemory = crypt32.NewProc("CertAddEncodedCertificateToStore")
)

const (
	encoding               = windows.X509_ASN_ENCODING | windows.PKCS_7_ASN_ENCODING
	certificateContextFlag = 1 << 1 // CERT_STORE_CERTIFICATE_CONTEXT_FLAG
	controlCommit          = 3      // CERT_STORE_CTRL_COMMIT
)

var locations = map[Location]uint32{
	Machine:       windows.CERT_SYSTEM_STORE_LOCAL_MACHINE,
	User:          windows.CERT_SYSTEM_STORE_CURRENT_USER,
	MachinePolicy: windows.CERT_SYSTEM_STORE_LOCAL_MACHINE_GROUP_POLICY,
	UserPolicy:    windows.CERT_SYSTEM_STORE_CURRENT_USER_GROUP_POLICY,
	Enterprise:    windows.CERT_SYSTEM_STORE_LOCAL_MACHINE_ENTERPRISE,
}

// live is crypt32 itself.
type live struct{}

func liveAPI() api { return live{} }

func (live) elevated() bool { return windows.GetCurrentProcessToken().IsElevated() }

// open opens a place by itself: the registry provider merges no other place
// into it. A place that is written is made if it does not exist.
func open(p Place, write bool) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(string(p.Name))
	if err != nil {
		return 0, err
	}
	flags := locations[p.Location]
	if !write {
		flags |= windows.CERT_STORE_READONLY_FLAG | windows.CERT_STORE_OPEN_EXISTING_FLAG
	}
	h, err := windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM_REGISTRY_W, 0, 0, flags, uintptr(unsafe.Pointer(name)))
	runtime.KeepAlive(name)
	if err == nil {
		return h, nil
	}
	failure := failed("CertOpenStore", p, err)
	// Wine has no such location and says nothing about it.
	if p.Location == Enterprise && failure.Code == codeUnsetLastError {
		failure.Code = codeFileNotFound
	}
	return 0, failure
}

func failed(op string, p Place, err error) *Error {
	code := uint32(codeUnsetLastError)
	if number := syscall.Errno(0); errors.As(err, &number) && number != 0 {
		code = uint32(number)
	}
	return &Error{Op: op, Place: p, Code: code}
}

// each calls f for every certificate of an open store, until it is false.
func each(h windows.Handle, p Place, f func(*windows.CertContext) bool) error {
	var context *windows.CertContext
	for {
		var err error
		context, err = windows.CertEnumCertificatesInStore(h, context) // frees the one before
		if context == nil {
			failure := failed("CertEnumCertificatesInStore", p, err)
			if failure.Code == codeNotFound || failure.Code == codeNoMoreFiles {
				return nil
			}
			return failure
		}
		if !f(context) {
			windows.CertFreeCertificateContext(context)
			return nil
		}
	}
}

func (live) elements(p Place) ([][]byte, error) {
	h, err := open(p, false)
	if err != nil {
		return nil, err
	}
	defer windows.CertCloseStore(h, 0)
	elements := [][]byte{}
	var failure error
	err = each(h, p, func(c *windows.CertContext) bool {
		element, err := serialized(c, p)
		elements, failure = append(elements, element), errors.Join(failure, err)
		return len(elements) <= maxCertificates
	})
	return elements, errors.Join(err, failure)
}

// serialized returns a certificate with its properties.
func serialized(c *windows.CertContext, p Place) ([]byte, error) {
	var size uint32
	ok, _, err := procSerializeElement.Call(uintptr(unsafe.Pointer(c)), 0, 0, uintptr(unsafe.Pointer(&size)))
	if ok == 0 || size == 0 {
		return nil, failed("CertSerializeCertificateStoreElement", p, err)
	}
	element := make([]byte, size)
	ok, _, err = procSerializeElement.Call(uintptr(unsafe.Pointer(c)), 0, uintptr(unsafe.Pointer(&element[0])), uintptr(unsafe.Pointer(&size)))
	if ok == 0 || int(size) > len(element) {
		return nil, failed("CertSerializeCertificateStoreElement", p, err)
	}
	return element[:size], nil
}

// add hands over the certificate and its properties at once: they are in force
// from the first moment on.
func (live) add(p Place, element []byte) error {
	h, err := open(p, true)
	if err != nil {
		return err
	}
	defer windows.CertCloseStore(h, 0)
	ok, _, err := procAddSerialized.Call(uintptr(h), uintptr(unsafe.Pointer(&element[0])), uintptr(len(element)),
		windows.CERT_STORE_ADD_NEW, 0, certificateContextFlag, 0, 0)
	if ok == 0 {
		return failed("CertAddSerializedElementToStore", p, err)
	}
	return commit(h, p)
}

// commit makes a change last. Windows has written it already; Wine has not.
func commit(h windows.Handle, p Place) error {
	ok, _, err := procControlStore.Call(uintptr(h), 0, controlCommit, 0)
	if ok == 0 {
		return failed("CertControlStore", p, err)
	}
	return nil
}

func (live) remove(p Place, der []byte) error {
	h, err := open(p, true)
	if err != nil {
		return err
	}
	defer windows.CertCloseStore(h, 0)
	found := withDER(h, der)
	if found == nil {
		return &Error{Op: "CertFindCertificateInStore", Place: p, Code: codeNotFound}
	}
	// Frees the context, also where it fails.
	if err := windows.CertDeleteCertificateFromStore(found); err != nil {
		return failed("CertDeleteCertificateFromStore", p, err)
	}
	return commit(h, p)
}

// withDER finds exactly this certificate. Windows files certificates by SHA-1,
// which two can share.
func withDER(h windows.Handle, der []byte) *windows.CertContext {
	sum := sha1.Sum(der)
	hash := windows.CryptHashBlob{Size: sha1.Size, Data: &sum[0]}
	var c *windows.CertContext
	for {
		c, _ = windows.CertFindCertificateInStore(h, encoding, 0, windows.CERT_FIND_SHA1_HASH, unsafe.Pointer(&hash), c)
		if c == nil || bytes.Equal(unsafe.Slice(c.EncodedCert, c.Length), der) {
			return c
		}
	}
}

// Where administrators' settings about roots lie.
const (
	protectedRoots = `SOFTWARE\Policies\Microsoft\SystemCertificates\Root\ProtectedRoots`
	authRoot       = `SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot`
)

func (live) policy() (Policy, error) {
	flags, err1 := setting(protectedRoots, "Flags")
	off, err2 := setting(authRoot, "DisableRootAutoUpdate")
	return Policy{UserRootsOff: flags&0x1 != 0, OnlyPolicyRoots: flags&0x8 != 0, NoRootUpdate: off&1 != 0}, errors.Join(err1, err2)
}

func setting(key, value string) (uint64, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, key, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err == nil {
		defer k.Close()
		var n uint64
		if n, _, err = k.GetIntegerValue(value); err == nil {
			return n, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return 0, err
}

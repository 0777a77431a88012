package winstore

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// engineConfig is CERT_CHAIN_ENGINE_CONFIG as it was before Windows 7, which
// all later ones take.
type engineConfig struct {
	size                  uint32
	restrictedRoot        windows.Handle
	restrictedTrust       windows.Handle
	restrictedOther       windows.Handle
	additionalCount       uint32
	additional            *windows.Handle
	flags                 uint32
	urlTimeout            uint32
	maximumCached         uint32
	cycleDetectionModulus uint32
}

const (
	engineUseMachine  = 0x8   // CERT_CHAIN_USE_LOCAL_MACHINE_STORE
	cacheOnly         = 0x4   // CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL
	disableAuthUpdate = 0x100 // CERT_CHAIN_DISABLE_AUTH_ROOT_AUTO_UPDATE
	disableAIA        = 0x2000
	maxPath           = 64 // certificates in a chain
	memoryAddAlways   = windows.CERT_STORE_ADD_ALWAYS
)

// verify asks a chain engine made for this question: the process's own one may
// know stores as they were.
func (live) verify(q Query) (Verdict, error) {
	engine, err := newEngine(q.User)
	if err != nil {
		return Verdict{}, err
	}
	defer procFreeChainEngine.Call(uintptr(engine))
	memory, err := windows.CertOpenStore(windows.CERT_STORE_PROV_MEMORY, 0, 0, windows.CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG, 0)
	if err != nil {
		return Verdict{}, failed("CertOpenStore", Place{}, err)
	}
	defer windows.CertCloseStore(memory, 0)
	leaf, err := intoMemory(memory, q.Chain)
	if err != nil {
		return Verdict{}, err
	}
	defer windows.CertFreeCertificateContext(leaf)
	return judge(engine, leaf, memory, q)
}

func newEngine(user bool) (windows.Handle, error) {
	config := engineConfig{flags: cacheOnly}
	config.size = uint32(unsafe.Sizeof(config))
	if !user {
		config.flags |= engineUseMachine
	}
	var engine windows.Handle
	ok, _, err := procCreateChainEngine.Call(uintptr(unsafe.Pointer(&config)), uintptr(unsafe.Pointer(&engine)))
	if ok == 0 {
		return 0, failed("CertCreateCertificateChainEngine", Place{}, err)
	}
	return engine, nil
}

// intoMemory puts a chain into a store in memory and returns the first.
func intoMemory(memory windows.Handle, chain [][]byte) (*windows.CertContext, error) {
	var leaf *windows.CertContext
	for _, der := range chain {
		if len(der) == 0 {
			der = []byte{0} // refused like any other that is none
		}
		var context *windows.CertContext
		ok, _, err := procAddEncodedToMemory.Call(uintptr(memory), encoding, uintptr(unsafe.Pointer(&der[0])), uintptr(len(der)),
			memoryAddAlways, uintptr(unsafe.Pointer(&context)))
		if ok == 0 {
			if leaf != nil {
				windows.CertFreeCertificateContext(leaf)
			}
			return nil, failed("CertAddEncodedCertificateToStore", Place{}, err)
		}
		if leaf == nil {
			leaf = context
		} else {
			windows.CertFreeCertificateContext(context)
		}
	}
	if leaf == nil {
		return nil, &Error{Op: "CertAddEncodedCertificateToStore", Code: codeASN1First}
	}
	return leaf, nil
}

// judge builds the chain of leaf, and asks the TLS policy about it where a
// server's name is given.
func judge(engine windows.Handle, leaf *windows.CertContext, memory windows.Handle, q Query) (Verdict, error) {
	purpose := q.Purpose
	if q.DNSName != "" {
		purpose = ServerAuth
	}
	para := windows.CertChainPara{RequestedUsage: windows.CertUsageMatch{Type: windows.USAGE_MATCH_TYPE_AND}}
	para.Size = uint32(unsafe.Sizeof(para))
	if purpose != "" {
		oid, err := windows.BytePtrFromString(purpose)
		if err != nil {
			return Verdict{}, err
		}
		para.RequestedUsage.Usage = windows.CertEnhKeyUsage{Length: 1, UsageIdentifiers: &oid}
	}
	var chain *windows.CertChainContext
	err := windows.CertGetCertificateChain(engine, leaf, nil, memory, &para, cacheOnly|disableAuthUpdate|disableAIA, 0, &chain)
	if err != nil {
		return Verdict{}, failed("CertGetCertificateChain", Place{}, err)
	}
	defer windows.CertFreeCertificateChain(chain)
	v := Verdict{Trust: chain.TrustStatus.ErrorStatus, Path: path(chain)}
	if q.DNSName == "" {
		return v, nil
	}
	v.Policy, err = tlsPolicy(chain, q.DNSName)
	return v, err
}

// path copies the certificates of the first chain.
func path(chain *windows.CertChainContext) [][]byte {
	if chain.ChainCount == 0 {
		return nil
	}
	simple := unsafe.Slice(chain.Chains, chain.ChainCount)[0]
	var out [][]byte
	for _, e := range unsafe.Slice(simple.Elements, min(simple.NumElements, maxPath)) {
		out = append(out, append([]byte(nil), unsafe.Slice(e.CertContext.EncodedCert, e.CertContext.Length)...))
	}
	return out
}

func tlsPolicy(chain *windows.CertChainContext, name string) (uint32, error) {
	server, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	ssl := &windows.SSLExtraCertChainPolicyPara{AuthType: windows.AUTHTYPE_SERVER, ServerName: server}
	ssl.Size = uint32(unsafe.Sizeof(*ssl))
	para := &windows.CertChainPolicyPara{ExtraPolicyPara: (windows.Pointer)(unsafe.Pointer(ssl))}
	para.Size = uint32(unsafe.Sizeof(*para))
	status := windows.CertChainPolicyStatus{}
	status.Size = uint32(unsafe.Sizeof(status))
	err = windows.CertVerifyCertificateChainPolicy(windows.CERT_CHAIN_POLICY_SSL, chain, para, &status)
	runtime.KeepAlive(ssl)
	if err != nil {
		return 0, failed("CertVerifyCertificateChainPolicy", Place{}, err)
	}
	return status.Error, nil
}

// Package hkpost is what is known of Hongkong Post's certification authority:
// its CA certificates, what each is for, which has taken whose place, which
// are known to be bad, and which programs carry which root built in.
//
// The catalogue is data, checked on [CatalogueDate]. It holds every CA
// certificate of Hongkong Post that is publicly known ([Certificates]); those
// that a profile or an explanation needs are embedded byte for byte
// ([Certificate.DER]). A certificate is identified by the SHA-256 of its DER
// and by nothing else: several of these CAs have reissued certificates that
// share name and key with a revoked one.
//
// A [Profile] names the certificates that serve one use; [Members] lists them
// for a given time. [KnownBad], [Conditions] and [Retired] say what is wrong
// with a certificate, [BuiltinTrust] where a root needs no help.
//
// Nothing here looks at the machine, and nothing runs before it is called. All
// functions may be called by several goroutines at once; what they return
// belongs to the caller.
package hkpost

// CatalogueDate is the day on which the facts of this package were last
// checked against their sources. A program that knows an earlier date never
// undoes what a later one decided.
const CatalogueDate = "2026-11-22"

package truststore

// Code is a stable English identifier of a finding, reason or failure. Reports
// carry codes and arguments; words in a language are the reader's business.
type Code string

// Why a change is planned, or not needed.
const (
	CodeAbsent         Code = "absent"           // the store lacks the certificate
	CodePresent        Code = "present"          // it is there, as wanted
	CodePartly         Code = "partly"           // some programs that read the store trust it, others do not
	CodeTrusted        Code = "trusted"          // an entry makes it an anchor
	CodeBuiltin        Code = "builtin"          // the program brings the trust itself
	CodeBuiltinAssumed Code = "builtin.assumed"  // so does the newest version known; this one is newer
	CodeUntrusted      Code = "untrusted"        // it is there, without the trust wanted
	CodeNotHere        Code = "not-for-store"    // stores of this kind do without it
	CodeKeyEntry       Code = "key-entry"        // it belongs to a private key's entry
	CodeUnwanted       Code = "unwanted"         // the goal wants it gone
	CodeRetired        Code = "retired"          // the catalogue calls it superseded or bad
	CodeRetiredNewer   Code = "retired.by-newer" // a newer catalogue retired it here
)

// Why a change cannot be made, or a store cannot be used.
const (
	CodeBusy                  Code = "busy"
	CodeStale                 Code = "stale"
	CodePlanRefused           Code = "plan.refused" // a saved plan that does not follow from its goal
	CodeConflict              Code = "conflict"     // another certificate of the same issuer and serial number
	CodeWrongPassword         Code = "password.wrong"
	CodePasswordRequired      Code = "password.required"
	CodeNeedsElevation        Code = "needs.elevation"
	CodeNeedsPerson           Code = "needs.person"
	CodeNeedsProgram          Code = "needs.program" // only the program that the store belongs to changes it
	CodeDistrusted            Code = "distrusted"
	CodeUnlimited             Code = "purpose.unlimited" // the store cannot limit trust to the purposes wanted
	CodeOtherUser             Code = "other-user"
	CodeInsecurePath          Code = "insecure-path"
	CodeDamaged               Code = "damaged"
	CodeUnsupported           Code = "unsupported"
	CodeKindUnsupported       Code = "kind.unsupported" // no back end for such stores yet
	CodeNotFound              Code = "not-found"
	CodeNotStore              Code = "not-a-store"
	CodePermission            Code = "permission"
	CodePermissionOwn         Code = "permission.own"     // the user's own file, closed by the user
	CodePermissionForeign     Code = "permission.foreign" // in the user's home, and somebody else's
	CodeReadOnly              Code = "read-only"          // the file system can only be read
	CodeFailed                Code = "failed"
	CodeTrustLeft             Code = "trust.left" // others changed the trust since; left alone
	CodeRegenerated           Code = "store.regenerated"
	CodeCertificateRefused    Code = "certificate.refused"    // the program that reads the store could not load it any more
	CodeCertificateUnproven   Code = "certificate.unproven"   // whether it could is not known
	CodeCertificateUnparsable Code = "certificate.unparsable" // this package cannot judge it
	CodeEmpty                 Code = "store.empty"            // a file without content
	CodeTooLarge              Code = "too-large"
	CodeTruncated             Code = "store.truncated" // it ends in the middle: damaged, or being written
	// What a file is in place of a keystore that can be edited.
	CodeFormatJKS      Code = "format.jks"
	CodeFormatPKCS12   Code = "format.pkcs12"
	CodeFormatJCEKS    Code = "format.jceks"
	CodeFormatBKS      Code = "format.bks"
	CodeFormatUBER     Code = "format.uber"
	CodeFormatBCFKS    Code = "format.bcfks"
	CodeFormatPEM      Code = "format.pem"
	CodeFormatX509     Code = "format.x509"
	CodeFormatPKCS7    Code = "format.pkcs7"
	CodeFormatUnknown  Code = "format.unknown"  // text, a web page, or a keystore that is damaged from its start
	CodeJavaNoStore    Code = "java.no-store"   // an installation without cacerts
	CodeHides          Code = "java.hides"      // a new jssecacerts would hide cacerts
	CodeManaged        Code = "managed"         // the vendor or distribution manages the entry
	CodeAdministrators Code = "managed.by-hand" // an administrator put the entry there
	CodeUnproven       Code = "unproven"        // read again, the store does not show the change
	CodeNameTaken      Code = "name-taken"      // something of others has the name of our file
	CodeNoUpdater      Code = "updater.missing" // the program that puts changes into effect is not installed
	CodeUpdaterFailed  Code = "updater.failed"  // whatever it said: its work is not there
	CodeUpdaterTimeout Code = "updater.timeout"
	CodeUsage          Code = "usage"
	CodeRefused        Code = "refused"     // certificates of the goal, for what Report.Refused says
	CodeInterrupted    Code = "interrupted" // the context ended
	CodeNoRun          Code = "no-such-run"
	CodeNeedsKind      Code = "needs.kind" // a store to be made whose kind is not named
)

// What else a report may say. Behind each code are the arguments that its findings
// may have (Finding.Args).
const (
	CodeNoStores          Code = "no-stores"
	CodeForeignHome       Code = "home.foreign"            // HOME belongs to somebody else; skipped. Args: path
	CodeSystemAccount     Code = "home.system"             // SYSTEM has no stores of its own
	CodeNetworkHome       Code = "home.network"            // a home on a network mount; skipped. Args: path
	CodePlaceOther        Code = "place.other-user"        // a place that another user controls; skipped. Args: path, user
	CodeUsersUnasked      Code = "users.unasked"           // other users' own stores were left out: nobody asked for them
	CodePlaceGone         Code = "place.gone"              // a program names a place that is not there any more. Args: path
	CodeSearched          Code = "searched"                // where was looked. Args: n, places
	CodeStoreIgnored      Code = "store.ignored"           // a setting keeps the program from honouring the store. Args: path, program, setting, file
	CodeStoreUnloadable   Code = "java.unloadable"         // no JVM can load the store, because of one entry. Args: path, alias, sha256, why, releases
	CodeStoreOverridden   Code = "java.overridden"         // an option names another store. Args: path, variable, store
	CodeStoreUnreadable   Code = "java.unreadable"         // other users' JVMs may not read the store, and pass over it. Args: path, mode
	CodePlaceUnreadable   Code = "place.unreadable"        // a place where stores may be could not be searched. Args: path, error
	CodeStoreVanished     Code = "store.vanished"          // Args: path
	CodeEntryGone         Code = "entry.gone"              // somebody else removed what we added. Args: path, sha256
	CodeClaimLeft         Code = "claim.left"              // another program still wants it. Args: path, sha256, owner
	CodeOwnersLeft        Code = "owners.left"             // another program has receipts, which only its own undo takes back. Args: owner
	CodeReceiptDamaged    Code = "receipt.damaged"         // Args: receipt, error, setAside
	CodeReceiptNewer      Code = "receipt.newer"           // written by a newer version; left alone. Args: receipt
	CodeLedgerUnreadable  Code = "ledger.unreadable"       // what was changed before is not known. Args: path, error
	CodeUndoDue           Code = "undo.due"                // an undo waits for a run that may write. Args: path, error
	CodeUndoCompleted     Code = "undo.completed"          // what was asked for while the store was away. Args: path
	CodeUndoForgotten     Code = "undo.forgotten"          // Args: path
	CodeReceiptSettled    Code = "receipt.settled"         // an interrupted change was found done or not done. Args: path, sha256, outcome
	CodeReceiptOpen       Code = "receipt.open"            // an interrupted change could not be settled. Args: path, error
	CodeRetiredPresent    Code = "retired.present"         // somebody else's retired certificate. Args: path, certificate, sha256
	CodeBuiltinStays      Code = "builtin.stays"           // only the program's own settings end its trust. Args: path, certificate
	CodeGhost             Code = "nss.ghost"               // trust without a certificate. Args: path, issuer, trust, sha256
	CodeNSSConflict       Code = "nss.conflict"            // the two generations of trust objects differ. Args: path, certificate
	CodeNSSVoid           Code = "nss.void-trust"          // a trust object that NSS ignores. Args: path, certificate, why
	CodeNSSLegacy         Code = "nss.legacy"              // a database of Firefox before 58; left alone. Args: path
	CodeRestart           Code = "restart"                 // a running program sees the change after a restart. Args: program
	CodeHardLinked        Code = "store.hard-linked"       // the file has other names, under which it stays as it is. Args: path, n
	CodeMadeRemoved       Code = "store.made-removed"      // a store that we made went with the last certificate in it. Args: path
	CodeMadeStays         Code = "store.made-stays"        // a store that we made is not removed. Args: path
	CodeObstacle          Code = "obstacle"                // the file whose owner or rights keep hktrust out. Args: path
	CodePasswordedCA      Code = "java.passworded-cacerts" // Args: path
	CodePasswordGiven     Code = "java.password-given"     // cacerts is encrypted, and an option gives a password. Args: path, source
	CodeJavaEmpty         Code = "java.empty"              // no JVM finds a trust anchor in the keystore. Args: path
	CodeEnvironmentVoid   Code = "environment.void"        // a variable names a file in which programs find no certificates. Args: variable, path, programs
	CodeEnvironmentBundle Code = "environment.bundle"      // a variable names certificates that programs trust. Args: variable, path, programs
	CodeLearnt            Code = "learnt"                  // an issuing CA that the catalogue does not have, signed by a root of the goal. Args: certificate, sha256
	CodeJavaHomeEmpty     Code = "java.home-empty"         // the environment names a directory that holds no Java. Args: path
	CodeMended            Code = "mended"                  // what an earlier run left to do is done. Args: path

	// Of a distribution's own store.
	CodeSystemAbsent    Code = "system.absent"            // there is none that could be looked at
	CodePendingRefresh  Code = "system.pending-refresh"   // something of ours does not count before the updater runs. Args: path, command
	CodePendingOther    Code = "system.pending-other"     // something of others. Args: path, command
	CodeBundleDoubled   Code = "system.bundle-doubled"    // two updaters ran at once. Args: path, command
	CodeBundleMissing   Code = "system.bundle-missing"    // programs find no certificates. Args: path, command
	CodeDanglingLink    Code = "system.dangling-link"     // a link for OpenSSL that leads nowhere. Args: path, command
	CodeJavaStale       Code = "system.java-stale"        // Java trusts what the store no longer has. Args: path, command
	CodeAnchorUnread    Code = "system.anchor-unreadable" // a file among the anchors that programs do not understand. Args: path, error
	CodeAnchorIgnored   Code = "system.anchor-ignored"    // a file of certificates whose name the updater does not take. Args: path, command
	CodeAnchorMarked    Code = "system.anchor-bom"        // a byte order mark, behind which Go and Java find nothing. Args: path, command
	CodeAnchorOdd       Code = "system.anchor-odd"        // a certificate in OpenSSL's own form, which some programs do not read. Args: path, command
	CodeAnchorDER       Code = "system.anchor-der"        // no PEM, which Java alone takes. Args: path, command
	CodeAnchorSeveral   Code = "system.anchor-several"    // a file of several certificates, which programs that look into the directory do not find. Args: path, command
	CodeMadeOfSystem    Code = "system.feeds-java"        // how a certificate gets into a keystore that is made of the system's store. Args: path, file, command
	CodeAnchorName      Code = "system.name-taken"        // a file has a name of ours and is not what it says. Args: path
	CodeDistrustIgnored Code = "system.distrust-ignored"  // programs trust what an administrator distrusts. Args: path, command
	CodeAnchorOfOthers  Code = "system.anchor-of-others"  // how to remove what an administrator put there. Args: path, command
	CodeDeselect        Code = "system.deselect"          // how to end the trust in what the distribution has. Args: certificate, path, line, command
	CodeJavaManaged     Code = "java.managed"             // how to end the trust in what the distribution or vendor has. Args: certificate, path, command
	CodeBlocklist       Code = "system.blocklist"         // the same, with p11-kit. Args: certificate, path, command
	CodeDeclared        Code = "system.declared"          // the store is made from the system's configuration. Args: file, line
	CodeImageOnly       Code = "system.image-only"        // the store is in a file system that can only be read. Args: path, file, line
	CodeUpdaterAbsent   Code = "system.updater-absent"    // the program that puts changes into effect is not installed. Args: path, command
	CodeJavaFed         Code = "system.java-fed"          // the distribution's updater changed Java's keystore, too. Args: path
	CodeJavaDeferred    Code = "system.java-deferred"     // dpkg sees to Java's keystore later. Args: path
)

// What a diagnosis says beyond what reports say, with the arguments as above.
const (
	CodeRootMissing      Code = "root.missing"            // the store does not trust a root that sites need. Args: path, certificate
	CodeIssuerMissing    Code = "issuer.missing"          // an issuing CA is not in a store whose programs need it there. Args: path, certificate
	CodeRootDistrusted   Code = "root.distrusted"         // somebody told the store to refuse it. Args: path, certificate
	CodeStoreBlocked     Code = "store.blocked"           // what it lacks cannot be added as things are. Args: path, reason
	CodeStoreUnread      Code = "store.unread"            // what it holds is not known. Args: path, reason
	CodeStoreShadowed    Code = "java.shadowed"           // a store beside it is read in its place. Args: path, store
	CodeOptionElsewhere  Code = "java.option-elsewhere"   // options have Java trust by what is no keystore file. Args: source, store, path
	CodeOptionNone       Code = "java.option-none"        // options have Java trust by nothing at all. Args: source, path
	CodeOptionType       Code = "java.option-type"        // options have Java read a store as another type than it is of. Args: source, store, type
	CodeOptionPassword   Code = "java.option-password"    // an option's password does not open the store. Args: source, store
	CodeOptionNoPassword Code = "java.option-no-password" // an option names a store that needs a password, and gives none. Args: source, store
	CodeOptionMissing    Code = "java.option-missing"     // an option names a store that is not there; Java reads cacerts. Args: source, store
	CodeOptionUnread     Code = "java.option-malformed"   // Java does not start with a variable's options. Args: source, error
	CodeSecurityHarmless Code = "java.security-harmless"  // options add a file of security properties, none of which bears on trust. Args: source, file
	CodeSecurityHeeded   Code = "java.security-heeded"    // some bear on trust, as what else is told of Java says. Args: source, file, properties
	CodeSecurityUnknown  Code = "java.security-unknown"   // what Java trusts under them is not known. Args: source, file, why
	CodeStoreNamed       Code = "java.named"              // a running program was told of another store. Args: program, store
	CodeProgramStale     Code = "program.stale"           // a program was started before its store was changed. Args: program, path
	CodeProgramRefuses   Code = "program.refuses"         // a program refuses the server. Args: path, program, server, reason, words
	CodeProgramUndecided Code = "program.undecided"       // what a program makes of the server cannot be known. Args: path, program, server, why
	CodeProgramConfined  Code = "program.confined"        // a sandboxed program has a store of its own. Args: path, program
	CodeProgramOwnRoots  Code = "program.own-roots"       // a program trusts by roots of its own, and by no store here. Args: program, variable
	CodeServerUnasked    Code = "server.unasked"          // the server's certificates could not be had. Args: server, reason
	CodeServerStrange    Code = "server.strange"          // they lead to a root that nobody on the machine trusts. Args: server, certificate
	CodeClockWrong       Code = "clock.wrong"             // the clock is before the day that the catalogue was made. Args: date, catalogue
	CodeClockLate        Code = "clock.late"              // the clock is after all roots that sites need have expired. Args: date
	CodeWSL              Code = "wsl"                     // Windows, which has stores of its own, is the machine around this one
	CodeKaspersky        Code = "kaspersky"               // it is installed, and can sign connections anew. Args: program, version
	CodeInterceptor      Code = "interceptor.installed"   // a store trusts the root of a product that can sign connections anew. Args: path, product, certificate, sha256
	CodeStoreUnlooked    Code = "store.unlooked"          // certificates are in a database beside the one that programs read. Args: path, program, store
	CodeSymptomStrange   Code = "symptom.strange"         // words that the table of symptoms does not have. Args: text
)

// Conditions of a certificate, apart from any store.
const (
	CodeExpired           Code = "expired"
	CodeNotYetValid       Code = "not-yet-valid"
	CodeSuperseded        Code = "superseded"
	CodeKnownBad          Code = "known-bad"
	CodeWeak              Code = "weak"               // SHA-1 or RSA below 2048 bits
	CodeNotCA             Code = "not-a-ca"           // not a CA certificate
	CodeServerCertificate Code = "server-certificate" // self-signed, and not a CA
	CodeNotAnchor         Code = "not-an-anchor"      // not self-signed, and not accepted as an anchor
	// Of an issuing CA that is to be learnt; no acceptance lifts them.
	CodeLearnUnsigned   Code = "learn.unsigned"    // no trust anchor of the goal signed it
	CodeLearnPathLength Code = "learn.path-length" // the root may have no CA below it
	CodeLearnUsage      Code = "learn.usage"       // it may not issue certificates for what the root is wanted for
)

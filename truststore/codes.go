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

// What else a report may say.
const (
	CodeNoStores          Code = "no-stores"
	CodeForeignHome       Code = "home.foreign"     // HOME belongs to somebody else; skipped
	CodeSystemAccount     Code = "home.system"      // SYSTEM has no stores of its own
	CodeNetworkHome       Code = "home.network"     // a home on a network mount; skipped
	CodePlaceOther        Code = "place.other-user" // a place that another user controls; skipped
	CodeUsersUnasked      Code = "users.unasked"    // other users' own stores were left out: nobody asked for them
	CodePlaceGone         Code = "place.gone"       // a program names a place that is not there any more
	CodeSearched          Code = "searched"         // where was looked
	CodeStoreIgnored      Code = "store.ignored"    // a setting keeps the program from honouring the store
	CodeStoreUnloadable   Code = "java.unloadable"  // no JVM can load the store, because of one entry
	CodeStoreOverridden   Code = "java.overridden"  // an option names another store
	CodeStoreUnreadable   Code = "java.unreadable"  // other users' JVMs may not read the store, and pass over it
	CodePlaceUnreadable   Code = "place.unreadable" // a place where stores may be could not be searched
	CodeStoreVanished     Code = "store.vanished"
	CodeEntryGone         Code = "entry.gone" // somebody else removed what we added
	CodeClaimLeft         Code = "claim.left" // another program still wants it
	CodeReceiptDamaged    Code = "receipt.damaged"
	CodeReceiptNewer      Code = "receipt.newer"     // written by a newer version; left alone
	CodeLedgerUnreadable  Code = "ledger.unreadable" // what was changed before is not known
	CodeUndoDue           Code = "undo.due"          // an undo waits for a run that may write
	CodeUndoCompleted     Code = "undo.completed"    // what was asked for while the store was away
	CodeUndoForgotten     Code = "undo.forgotten"
	CodeReceiptSettled    Code = "receipt.settled"  // an interrupted change was found done or not done
	CodeReceiptOpen       Code = "receipt.open"     // an interrupted change could not be settled
	CodeRetiredPresent    Code = "retired.present"  // somebody else's retired certificate
	CodeBuiltinStays      Code = "builtin.stays"    // only the program's own settings end its trust
	CodeGhost             Code = "nss.ghost"        // trust without a certificate
	CodeNSSConflict       Code = "nss.conflict"     // the two generations of trust objects differ
	CodeNSSVoid           Code = "nss.void-trust"   // a trust object that NSS ignores
	CodeNSSLegacy         Code = "nss.legacy"       // a database of Firefox before 58; left alone
	CodeRestart           Code = "restart"          // a running program sees the change after a restart
	CodeMadeStays         Code = "store.made-stays" // a store that we made is not removed
	CodeObstacle          Code = "obstacle"         // the file whose owner or rights keep hktrust out
	CodePasswordedCA      Code = "java.passworded-cacerts"
	CodeEnvironmentBundle Code = "environment.bundle" // a variable names certificates that programs trust
	CodeLearnt            Code = "learnt"             // an issuing CA that the catalogue does not have, signed by a root of the goal
	CodeJavaHomeEmpty     Code = "java.home-empty"    // the environment names a directory that holds no Java
	CodeMended            Code = "mended"             // what an earlier run left to do is done

	// Of a distribution's own store.
	CodeSystemAbsent    Code = "system.absent"            // there is none that could be looked at
	CodePendingRefresh  Code = "system.pending-refresh"   // something of ours does not count before the updater runs
	CodePendingOther    Code = "system.pending-other"     // something of others
	CodeBundleDoubled   Code = "system.bundle-doubled"    // two updaters ran at once
	CodeBundleMissing   Code = "system.bundle-missing"    // programs find no certificates
	CodeDanglingLink    Code = "system.dangling-link"     // a link for OpenSSL that leads nowhere
	CodeJavaStale       Code = "system.java-stale"        // Java trusts what the store no longer has
	CodeAnchorUnread    Code = "system.anchor-unreadable" // a file among the anchors that programs do not understand
	CodeAnchorIgnored   Code = "system.anchor-ignored"    // a file of certificates whose name the updater does not take
	CodeAnchorMarked    Code = "system.anchor-bom"        // a byte order mark, behind which Go and Java find nothing
	CodeAnchorDER       Code = "system.anchor-der"        // no PEM, which Java alone takes
	CodeAnchorSeveral   Code = "system.anchor-several"    // a file of several certificates, which programs that look into the directory do not find
	CodeMadeOfSystem    Code = "system.feeds-java"        // how a certificate gets into a keystore that is made of the system's store
	CodeAnchorName      Code = "system.name-taken"        // a file has a name of ours and is not what it says
	CodeDistrustIgnored Code = "system.distrust-ignored"  // programs trust what an administrator distrusts
	CodeAnchorOfOthers  Code = "system.anchor-of-others"  // how to remove what an administrator put there
	CodeDeselect        Code = "system.deselect"          // how to end the trust in what the distribution has
	CodeBlocklist       Code = "system.blocklist"         // the same, with p11-kit
	CodeDeclared        Code = "system.declared"          // the store is made from the system's configuration
	CodeImageOnly       Code = "system.image-only"        // the store is in a file system that can only be read
	CodeUpdaterAbsent   Code = "system.updater-absent"    // the program that puts changes into effect is not installed
	CodeJavaDeferred    Code = "system.java-deferred"     // dpkg sees to Java's keystore later
)

// What a diagnosis says beyond what reports say.
const (
	CodeRootMissing      Code = "root.missing"          // the store does not trust a root that sites need
	CodeIssuerMissing    Code = "issuer.missing"        // an issuing CA is not in a store whose programs need it there
	CodeRootDistrusted   Code = "root.distrusted"       // somebody told the store to refuse it
	CodeStoreBlocked     Code = "store.blocked"         // what it lacks cannot be added as things are
	CodeStoreUnread      Code = "store.unread"          // what it holds is not known
	CodeStoreShadowed    Code = "java.shadowed"         // a store beside it is read in its place
	CodeStoreNamed       Code = "java.named"            // the command line of a running program names another store
	CodeProgramStale     Code = "program.stale"         // a program was started before its store was changed
	CodeProgramRefuses   Code = "program.refuses"       // a program refuses the server
	CodeProgramUndecided Code = "program.undecided"     // what a program makes of the server cannot be known
	CodeProgramConfined  Code = "program.confined"      // a sandboxed program has a store of its own
	CodeServerUnasked    Code = "server.unasked"        // the server's certificates could not be had
	CodeServerStrange    Code = "server.strange"        // they lead to a root that nobody on the machine trusts
	CodeClockWrong       Code = "clock.wrong"           // the clock is before the day that the catalogue was made
	CodeClockLate        Code = "clock.late"            // the clock is after all roots that sites need have expired
	CodeWSL              Code = "wsl"                   // Windows, which has stores of its own, is the machine around this one
	CodeKaspersky        Code = "kaspersky"             // it is installed, and can sign connections anew
	CodeInterceptor      Code = "interceptor.installed" // a store trusts the root of a product that can sign connections anew
	CodeStoreUnlooked    Code = "store.unlooked"        // certificates are in a database beside the one that programs read
	CodeSymptomStrange   Code = "symptom.strange"       // words that the table of symptoms does not have
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

package hkpost

import "crypto/x509"

// crossRows are Root CA 3's name and key signed by older roots, for devices
// that do not carry Root CA 3 itself.
var crossRows = []row{
	{
		slug: "root-ca-3-cross-by-globalsign-r3-2022", name: "Hongkong Post Root CA 3",
		sha256:    "00482341b104a0de6e0f1d508db84cb514f7494fe04982133a5c750136c55dc8",
		keySHA256: "2541e53ba5b3b07acbe7097ac4a03e040c11cf7a6d4a67cb213d558b50167a06",
		serial:    "7d877bd11424c2260c702c5deb33ab17",
		role:      RoleCross, issuer: "globalsign-root-r3",
		bits: 4096, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2022-11-16T03:35:08Z", notAfter: "2029-03-18T00:00:00Z",
		source: "www.ecert.gov.hk/product/download/root; news/press/97",
	},
	{
		slug: "root-ca-3-cross-by-root-ca-1-2017-06-03", name: "Hongkong Post Root CA 3",
		sha256:    "abfa404eceea854381abe294ac829440e0133e077911a67e1293cf111ac43c44",
		keySHA256: "2541e53ba5b3b07acbe7097ac4a03e040c11cf7a6d4a67cb213d558b50167a06",
		serial:    "0541",
		role:      RoleCross, issuer: "root-ca-1",
		bits: 4096, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2017-06-03T04:21:49Z", notAfter: "2023-05-15T04:52:29Z",
		successor: "root-ca-3-cross-by-globalsign-r3-2022", supersededOn: "2017-08-12",
		source: "CCADB, all certificate records",
	},
	{
		slug: "root-ca-3-cross-by-root-ca-1-2017-08-12", name: "Hongkong Post Root CA 3",
		sha256:    "176aebf2972bd6f47179ede3de63848b1543b45ae2954bea45185b152537b9c4",
		keySHA256: "2541e53ba5b3b07acbe7097ac4a03e040c11cf7a6d4a67cb213d558b50167a06",
		serial:    "5166d495f11efd3fdb5088cd1e8bcce180e87ee6",
		role:      RoleCross, issuer: "root-ca-1",
		bits: 4096, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2017-08-12T03:09:02Z", notAfter: "2023-05-15T04:52:29Z",
		successor: "root-ca-3-cross-by-globalsign-r3-2022", supersededOn: "2022-12-01",
		source: "CCADB, all certificate records; news/press/97",
	},
	{
		slug: "root-ca-3-cross-by-root-ca-1-2022-07-27a", name: "Hongkong Post Root CA 3",
		sha256:    "f8f6037491861c069d3bb442b78a3db4049ee7787b7c2841a7ba6966b5272f2c",
		keySHA256: "2541e53ba5b3b07acbe7097ac4a03e040c11cf7a6d4a67cb213d558b50167a06",
		serial:    "5a3b3e4f100990635a46ca78349035a391b08df2",
		role:      RoleCross, issuer: "root-ca-1",
		bits: 4096, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2022-07-27T03:19:10Z", notAfter: "2023-05-15T04:52:29Z",
		successor: "root-ca-3-cross-by-globalsign-r3-2022", supersededOn: "2022-12-01",
		source: "CCADB, all certificate records",
	},
	{
		slug: "root-ca-3-cross-by-root-ca-1-2022-07-27b", name: "Hongkong Post Root CA 3",
		sha256:    "5544a24feb21f681f1987d30e0af5c49e9f9fffd5550a889b40b1ec9cc81e667",
		keySHA256: "2541e53ba5b3b07acbe7097ac4a03e040c11cf7a6d4a67cb213d558b50167a06",
		serial:    "41e6e618c38e909ec367eebf6c270ca86345d966",
		role:      RoleCross, issuer: "root-ca-1",
		bits: 4096, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2022-07-27T03:59:16Z", notAfter: "2029-05-15T04:52:29Z",
		successor: "root-ca-3-cross-by-globalsign-r3-2022", supersededOn: "2022-12-01",
		source: "CCADB, all certificate records",
	},
}

package hkpost

import "crypto/x509"

// rootRows are the self-signed certificates. "news/press/N" is a notice on
// www.ecert.gov.hk. Where one CA's work has been split since (Root CA 1 signed
// for servers and for people), the successor is that for servers.
var rootRows = []row{
	{
		slug: "root-ca-1", name: "Hongkong Post Root CA 1",
		sha256:    "f9e67d336c51002ac054c632022d66dda2e7e3fff10ad061ed31d8bbb410cfb2",
		keySHA256: "36c22314131a5fbf1b70ea4ccf4bc13a777d938ec65e1da24e3c2cfd01d3d163",
		serial:    "03e8",
		role:      RoleRoot, issuer: "root-ca-1",
		bits: 2048, signature: x509.SHA1WithRSA, uses: serverAuth | clientAuth | email,
		notBefore: "2003-05-15T05:13:14Z", notAfter: "2023-05-15T04:52:29Z",
		successor: "root-ca-3", supersededOn: "2019-07-01",
		source: "www.ecert.gov.hk/product/download/root; rollover: news/press/95",
	},
	{
		slug: "root-ca-2", name: "Hongkong Post Root CA 2",
		sha256:    "3945e08a8d4a0554b7605a7b355b10188e3ef842c76a805c54e3657c4d041aaa",
		keySHA256: "382dfa347ce02662f98df6806d1af53a04cd398950ae038915f3c715966006fc",
		serial:    "68a5fda6d01c5e3fcfe4f999df7a6c6f39a97ffc",
		role:      RoleRoot, issuer: "root-ca-2",
		bits: 4096, signature: x509.SHA256WithRSA, uses: clientAuth | email,
		notBefore: "2015-09-05T02:34:36Z", notAfter: "2040-09-05T02:34:36Z",
		source: "www.ecert.gov.hk/product/download/root; www1.eCert.gov.hk/root/root_ca_2.crt",
	},
	{
		slug: "root-ca-3", name: "Hongkong Post Root CA 3",
		sha256:    "5a2fc03f0c83b090bbfa40604b0988446c7636183df9846e17101a447fb8efd6",
		keySHA256: "2541e53ba5b3b07acbe7097ac4a03e040c11cf7a6d4a67cb213d558b50167a06",
		serial:    "08165f8a4ca5ec00c99340dfc4c6ae23b81c5aa4",
		role:      RoleRoot, issuer: "root-ca-3",
		bits: 4096, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2017-06-03T02:29:46Z", notAfter: "2042-06-03T02:29:46Z",
		source: "www.ecert.gov.hk/product/download/root; www1.eCert.gov.hk/root/root_ca_3.crt",
	},
	{
		slug: "globalsign-root-r3", name: "GlobalSign",
		sha256:    "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b",
		keySHA256: "706bb1017c855c59169bad5c1781cf597f12d2cad2f63d1a4aa37493800ffb80",
		serial:    "04000000000121585308a2",
		role:      RoleRoot, issuer: "globalsign-root-r3",
		bits: 2048, signature: x509.SHA256WithRSA, uses: serverAuth,
		notBefore: "2009-03-18T10:00:00Z", notAfter: "2029-03-18T10:00:00Z",
		source: "www.ecert.gov.hk/product/download/root; secure.globalsign.com/cacert/root-r3.crt",
	},
	{
		slug: "old-root-ca-2000", name: "Hongkong Post Root CA",
		sha256:    "bcdd8df4276366d7ff4b688dc81500d8e98252c049c8ff1e8c82f2baec9d5c16",
		keySHA256: "af6ab51b7bad1dedd533eb59332b6227d6557f20b4443216db735b92280c7a44",
		serial:    "01",
		role:      RoleRoot, issuer: "old-root-ca-2000",
		bits: 2048, signature: x509.SHA1WithRSA, uses: serverAuth | clientAuth | email,
		notBefore: "2000-01-16T07:42:00Z", notAfter: "2010-01-16T23:59:00Z",
		successor: "root-ca-3", supersededOn: "2003-05-15",
		source: "CCADB, all certificate records",
	},
}

package nss

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// labRoot is a CA certificate that certutil 3.87 and NSS 3.125.1 imported; the
// other constants are what they wrote for it.
const labRoot = "308201b43082015ba00302010202144d660ec816276f82050860f41e99d64b4317ec59300a06082a8648ce3d0403023028310c300a060355040a0c034c61623118301606035504030c0f4c6162205465737420526f6f742031301e170d3236313132323037343635345a170d3336313131393037343635345a3028310c300a060355040a0c034c61623118301606035504030c0f4c6162205465737420526f6f7420313059301306072a8648ce3d020106082a8648ce3d030107034200049fcc2c1c4d7592a9298b61d6d7b65314bcae2a43f4e8d9a55445b817dfcb5bde014df919918e592757e46990dbfea19ab05182512d31cc40262878b05ccd7afaa3633061301d0603551d0e0416041451fc8cda213cdbaf500fd2e788c6c9560c982a40301f0603551d2304183016801451fc8cda213cdbaf500fd2e788c6c9560c982a40300f0603551d130101ff040530030101ff300e0603551d0f0101ff040403020106300a06082a8648ce3d04030203470030440220550660f1b1b3839a76e9631c6ab13d8a7f87d070fa33ccdd8600fe436cbba8a402205ed6fd8f2ebc0c6bd5a439fb8d5e45bfbcfd2c8b16a2257f956dd01b24c7ca78"

func TestCertificateAttributes(t *testing.T) {
	cert, err := parseCertificate(unhex(t, labRoot))
	if err != nil {
		t.Fatal(err)
	}
	name := "3028310c300a060355040a0c034c61623118301606035504030c0f4c6162205465737420526f6f742031"
	trust, _ := ParseTrust("C,,")
	v, old, new := cert.object("Lab"), oldGeneration.object(cert, trust), newGeneration.object(cert, trust)
	for _, test := range []struct {
		what string
		got  []byte
		want string
	}{
		{"issuer", v[ckaIssuer], name},
		{"subject", v[ckaSubject], name},
		{"serial number", v[ckaSerialNumber], "02144d660ec816276f82050860f41e99d64b4317ec59"},
		{"id", v[ckaID], "51fc8cda213cdbaf500fd2e788c6c9560c982a40"},
		{"SHA-1", old[ckaNSSSHA1], "4b86340f9a1104399a83dfa4efe0765be04b5897"},
		{"MD5", old[ckaNSSMD5], "7ccd465dd1f9590a6bc0ed9b2057ad27"},
		{"SHA-256", new[ckaCertHash], "bb1d4cb372c01e6a87b063f3ec0166e3ba321f828b82431b59f856c206ce2d49"},
		{"old server", old[ckaNSSServer], "ce534352"},
		{"old client", old[ckaNSSClient], "ce53435b"},
		{"old e-mail", old[ckaNSSEmail], "ce534353"},
		{"old code", old[ckaNSSCode], "ce534353"},
		{"step-up", old[ckaNSSStepUp], "00"},
		{"server", new[ckaTrustServer], "00000002"},
		{"client", new[ckaTrustClient], "00000004"},
		{"e-mail", new[ckaTrustEmail], "00000004"},
		{"code", new[ckaTrustCode], "00000004"},
	} {
		if got := hex.EncodeToString(test.got); got != test.want {
			t.Errorf("%s = %s, want %s", test.what, got, test.want)
		}
	}
}

const testPassword = "Secr3t!pw"

// passwordVectors were written by NSS.
var passwordVectors = []struct {
	name, password, salt, passKey, row string
	key, iv                            string
}{
	{
		name: "empty, SHA-1, AES", salt: "9e71d1cc03dab8daf42981bf703728acefa59197", passKey: "428342c992a873298f1c37470f6a169a9d73ba26",
		row: "308181306d06092a864886f70d01050d3060304106092a864886f70d01050c3034042050500387cc8cd91b427159418d320e169608e06ef09a55726977547b76d0714c020101020120300a06082a864886f70d0209301b060960864801650304012a040e94cf62d54513fc6a48758ecedf3504100aa047dfbce0dcc468635b010b5a0975",
		key: "4dea81dee1101850b1c91bec76db95016f7bad5ea6b8d6d2e86f193da6c90280", iv: "040e94cf62d54513fc6a48758ecedf35",
	},
	{
		name: "given, SHA-384, AES", password: testPassword,
		salt:    "3c33ca822934254a1dae9d4cbb3a03afbbe88ff8a898f60974bce835252846449e041cb93f1ec5672c5a27ea7340bd94",
		passKey: "b88704cdf46d81bc9339ab2c022d6d645f56b0e99c147c279e622e4f10f55431ff1329338f8e61f2237026a523b2da80",
		row:     "308182306e06092a864886f70d01050d3061304206092a864886f70d01050c30350420a26669147760b684acc1fe36e2a3a496c14b1a5a8808b03261dd2855ef8530f802022710020120300a06082a864886f70d0209301b060960864801650304012a040edec3664a678e2cad454a5f82d5ac0410b5257abd73680959f9774152b3988a0b",
		key:     "bc4954b28720126e01f0698b3ddc67191d305d381cddc1e040757515cf6d438a",
	},
	{
		name: "given, SHA-1, 3DES", password: testPassword, salt: "ad59df1d014617cdb53981de41544f1679c4062c",
		passKey: "a8f608b9103788097fde61de605565d005a6a0d3",
		row:     "303c3028060b2a864886f70d010c05010330190414cad37b130c72f41ca7c0f1e7dacc43e5ea18cc070201010410a2dd54c224bb7ab712d450e42a367bb2",
		key:     "7926c59a80e4f12e8087b2fee8e11b10b8fe2ca7aed3a545", iv: "dd66ef2de82c15ac",
	},
}

func TestPasswordRows(t *testing.T) {
	for _, v := range passwordVectors {
		t.Run(v.name, func(t *testing.T) {
			key := passKey(unhex(t, v.salt), v.password)
			if hex.EncodeToString(key) != v.passKey {
				t.Errorf("password key = %x, want %s", key, v.passKey)
			}
			row, err := parsePasswordRow(unhex(t, v.salt), unhex(t, v.row))
			if err != nil {
				t.Fatal(err)
			}
			if !row.opens(v.password) {
				t.Error("the right password does not open it")
			}
			if row.opens("not " + v.password) {
				t.Error("a wrong password opens it")
			}
			var got, iv []byte
			switch check := row.check.(type) {
			case pbes2:
				iv = check.iv
				got, err = check.kdf.key(key)
			case legacy3DES:
				got, iv = check.keyAndIV(key)
			}
			if err != nil || hex.EncodeToString(got) != v.key || v.iv != "" && hex.EncodeToString(iv) != v.iv {
				t.Errorf("key = %x, iv = %x, %v; want %s, %s", got, iv, err, v.key, v.iv)
			}
		})
	}
}

func TestNewEmptyPasswordOpens(t *testing.T) {
	item1, item2 := newEmptyPassword()
	row, err := parsePasswordRow(item1, item2)
	if err != nil {
		t.Fatal(err)
	}
	if !row.opens("") || row.opens("x") {
		t.Error("the row does not tell the empty password from others")
	}
}

// signatureVectors were written by NSS.
var signatureVectors = []struct {
	name, salt, password string // of the password row
	object               uint32
	attribute            attribute
	value                string
	sigSalt              string
	iterations           int
	mac                  string
}{
	{"3.87 server", "9e71d1cc03dab8daf42981bf703728acefa59197", "", 0x2e59c0cf, ckaNSSServer, "ce534352",
		"7ba160097993982a274639b15f02766cef63f35505503a4e87c8d6e51ed330d8", 1, "d00a85268a01412fe4fe657187d966fb79f19781284a47e2cf141c795e4b29a4"},
	{"3.87 SHA-1", "9e71d1cc03dab8daf42981bf703728acefa59197", "", 0x2e59c0cf, ckaNSSSHA1, "4b86340f9a1104399a83dfa4efe0765be04b5897",
		"098129cd511bcc68def5260d8a330ba8368e1ddad1a734f791e9e7398948acc4", 1, "f1d547f0df395759a838a7b92bd5ea3abd195028a0bfd98f69e5f299d41159b7"},
	{"3.87 step-up", "9e71d1cc03dab8daf42981bf703728acefa59197", "", 0x2e59c0cf, ckaNSSStepUp, "00",
		"b86dedf6d4a42e085f1d5330c9e8f6442be8fe5adbc0a18b82bc734903b8cbdb", 1, "4110938eca31332da1fccd99c5afd5eb13b52c4bfacd82d56430406e91f41d26"},
	{"3.125 server", "6a1b6787ff9c50e9061ba4d780c24b525ab9ed80", "", 0x2e5a95ea, ckaTrustServer, "00000002",
		"9bff56c66d0114f88099163e253b6cbdf6af99f81422c5135868e359e4a65833", 1, "9c6eed36cf10477b02c73ab1bb7327a1a47f0461123f944fe202be6a8cffcc8f"},
	{"3.125 hash", "6a1b6787ff9c50e9061ba4d780c24b525ab9ed80", "", 0x2e5a95ea, ckaNameHashAlg, "00000250",
		"86af909f851ae72056220a5c1762e2631020c2309313b237d82801b0c9311cb8", 1, "f473dc4066d06dafa9febe492d0b0818e0467b63102a00a7b750338ed2973752"},
	{"3.125 with password", "3c33ca822934254a1dae9d4cbb3a03afbbe88ff8a898f60974bce835252846449e041cb93f1ec5672c5a27ea7340bd94", testPassword, 0x22699392, ckaNSSServer, "ce534352",
		"950f3c2b94a275fc3cd9292af63fdea2fbff02603eefc35d807e18482ff40e21", 10000, "adcd8835b108618f7b745b96bf1e5432c6d506b50a744fe6e660e42353816dd1"},
}

// nssSignature is the row that NSS wrote for the first of signatureVectors.
const nssSignature = "308180305c06092a864886f70d01050e304f304106092a864886f70d01050c303404207ba160097993982a274639b15f02766cef63f35505503a4e87c8d6e51ed330d8020101020120300a06082a864886f70d0209300a06082a864886f70d02090420d00a85268a01412fe4fe657187d966fb79f19781284a47e2cf141c795e4b29a4"

func TestSignatures(t *testing.T) {
	for i, v := range signatureVectors {
		t.Run(v.name, func(t *testing.T) {
			kdf := pbkdf2Params{salt: string(unhex(t, v.sigSalt)), iterations: v.iterations, prf: hmacSHA256}
			key, err := kdf.key(passKey(unhex(t, v.salt), v.password))
			if err != nil {
				t.Fatal(err)
			}
			value := unhex(t, v.value)
			row := (&signer{kdf: kdf, key: key}).sign(v.object, v.attribute, value)
			if i == 0 && hex.EncodeToString(row) != nssSignature {
				t.Errorf("row = %x, want %s", row, nssSignature)
			}
			if !bytes.HasSuffix(row, unhex(t, v.mac)) {
				t.Errorf("row = %x, want MAC %s", row, v.mac)
			}
			verifier := newVerifier(unhex(t, v.salt), v.password)
			if !verifier.verify(row, v.object, v.attribute, value) {
				t.Error("does not verify")
			}
			for bit := range 8 {
				forged := bytes.Clone(row)
				forged[len(forged)-1] ^= 1 << bit
				if verifier.verify(forged, v.object, v.attribute, value) {
					t.Error("a forged one verifies")
				}
			}
			if verifier.verify(row, v.object+1, v.attribute, value) || verifier.verify(row, v.object, v.attribute+1, value) ||
				verifier.verify(row, v.object, v.attribute, append(value, 0)) {
				t.Error("verifies for something else")
			}
		})
	}
}

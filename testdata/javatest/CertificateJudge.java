import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;

/**
 * Reads certificates from standard input, each after its length in four bytes,
 * and answers each with a line: three signs, + or -, of whether
 * CertificateFactory, KeyStore.load of a JKS and KeyStore.load of a PKCS#12 take
 * it; a fourth, = or ~, of whether the certificate has the bytes that were read;
 * and what was thrown, if anything.
 */
public class CertificateJudge {
    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(System.in);
        BufferedOutputStream out = new BufferedOutputStream(System.out);
        for (;;) {
            int length;
            try {
                length = in.readInt();
            } catch (IOException end) {
                break;
            }
            byte[] der = new byte[length];
            in.readFully(der);
            out.write(judge(der).getBytes(StandardCharsets.UTF_8));
            out.write('\n');
        }
        out.flush();
    }

    interface Load {
        void load() throws Exception;
    }

    static Throwable thrown(Load load) {
        try {
            load.load();
            return null;
        } catch (Exception | StackOverflowError e) {
            return e;
        }
    }

    static String judge(byte[] der) {
        boolean[] same = new boolean[1];
        Throwable factory = thrown(() -> {
            CertificateFactory f = CertificateFactory.getInstance("X.509");
            same[0] = Arrays.equals(der, f.generateCertificate(new ByteArrayInputStream(der)).getEncoded());
        });
        Throwable jks = thrown(() -> KeyStore.getInstance("JKS").load(new ByteArrayInputStream(jks(der)), null));
        Throwable p12 = thrown(() -> {
            KeyStore ks = KeyStore.getInstance("PKCS12");
            ks.load(new ByteArrayInputStream(pkcs12(der)), null);
            if (ks.size() != 1) {
                throw new IOException("the certificate is no entry");
            }
        });
        StringBuilder line = new StringBuilder();
        for (Throwable t : new Throwable[] {factory, jks, p12}) {
            line.append(t == null ? '+' : '-');
        }
        line.append(same[0] ? '=' : '~');
        for (Throwable t = factory != null ? factory : jks != null ? jks : p12; t != null; t = t.getCause()) {
            line.append(' ').append(t);
        }
        return line.toString().replace('\n', ' ').replace('\r', ' ');
    }

    /** A JKS with one trusted entry; without a password its digest is not read. */
    static byte[] jks(byte[] der) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0xfeedfeed);
        out.writeInt(2);
        out.writeInt(1);
        out.writeInt(2);
        out.writeUTF("a");
        out.writeLong(0);
        out.writeUTF("X.509");
        out.writeInt(der.length);
        out.write(der);
        out.write(new byte[20]);
        return bytes.toByteArray();
    }

    /** A PKCS#12 with one trusted entry and no protection. */
    static byte[] pkcs12(byte[] der) throws IOException {
        byte[] certBag = tlv(0x30, oid("2a864886f70d01091601"), tlv(0xa0, tlv(0x04, der)));
        byte[] name = tlv(0x30, oid("2a864886f70d010914"), tlv(0x31, tlv(0x1e, new byte[] {0, 'a'})));
        byte[] trusted = tlv(0x30, oid("6086480186f966adca7b0101"), tlv(0x31, oid("551d2500")));
        byte[] bag = tlv(0x30, oid("2a864886f70d010c0a0103"), tlv(0xa0, certBag), tlv(0x31, name, trusted));
        byte[] safe = tlv(0x30, data(tlv(0x30, bag)));
        return tlv(0x30, new byte[] {2, 1, 3}, data(safe));
    }

    static byte[] data(byte[] content) throws IOException {
        return tlv(0x30, oid("2a864886f70d010701"), tlv(0xa0, tlv(0x04, content)));
    }

    static byte[] oid(String hex) throws IOException {
        byte[] content = new byte[hex.length() / 2];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return tlv(0x06, content);
    }

    static byte[] tlv(int tag, byte[]... parts) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.write(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int n = content.size();
        if (n < 0x80) {
            out.write(n);
        } else {
            int octets = (39 - Integer.numberOfLeadingZeros(n)) / 8;
            out.write(0x80 | octets);
            for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
                out.write(n >> shift);
            }
        }
        content.writeTo(out);
        return out.toByteArray();
    }
}

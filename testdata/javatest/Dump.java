import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/**
 * Prints what Java sees in a keystore: a line an entry, sorted by alias.
 *
 * <p>Arguments: file, type, password ("null", or "=" and the UTF-8 octets in hex).
 * Dates are printed for JKS only: PKCS#12 has none, Java shows the time of loading.
 * localKeyId is left out: keytool adds it to some trusted certificates and not to others.
 */
public final class Dump {
    private static final String LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

    public static void main(String[] args) throws Exception {
        char[] password = args[2].equals("null") ? null
            : new String(HexFormat.of().parseHex(args[2].substring(1)), StandardCharsets.UTF_8).toCharArray();
        boolean dated;
        try (InputStream in = new FileInputStream(args[0])) {
            dated = in.read() == 0xFE;
        }
        KeyStore store = KeyStore.getInstance(args[1]);
        try (InputStream in = new FileInputStream(args[0])) {
            store.load(in, password);
        }
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        List<String> aliases = Collections.list(store.aliases());
        Collections.sort(aliases);
        for (String alias : aliases) {
            out.println(line(store, alias, password, dated));
        }
    }

    private static String line(KeyStore store, String alias, char[] password, boolean dated) throws Exception {
        StringBuilder line = new StringBuilder(quote(alias));
        if (store.isCertificateEntry(alias)) {
            line.append(" trusted ").append(sha256(store.getCertificate(alias).getEncoded()));
        } else if (store.isKeyEntry(alias)) {
            line.append(" key ").append(key(store, alias, password));
            Certificate[] chain = store.getCertificateChain(alias);
            line.append(" chain ").append(chain == null ? 0 : chain.length);
            for (int i = 0; chain != null && i < chain.length; i++) {
                line.append(' ').append(sha256(chain[i].getEncoded()));
            }
        } else {
            line.append(" unreachable");
        }
        if (dated && store.getCreationDate(alias) != null) {
            line.append(" created ").append(store.getCreationDate(alias).getTime());
        }
        for (String attribute : attributes(store, alias, password)) {
            line.append(" {").append(attribute).append('}');
        }
        return line.toString();
    }

    /** The key's digest, or "locked" where the store's password is not the key's. */
    private static String key(KeyStore store, String alias, char[] password) {
        try {
            Key key = store.getKey(alias, password);
            return key.getAlgorithm() + " " + (key.getEncoded() == null ? "opaque" : sha256(key.getEncoded()));
        } catch (Exception e) {
            return "locked";
        }
    }

    private static TreeSet<String> attributes(KeyStore store, String alias, char[] password) {
        TreeSet<String> found = new TreeSet<>();
        try {
            KeyStore.Entry entry = store.getEntry(alias,
                store.isKeyEntry(alias) ? new KeyStore.PasswordProtection(password) : null);
            for (KeyStore.Entry.Attribute a : entry.getAttributes()) {
                if (!a.getName().equals(LOCAL_KEY_ID)) {
                    found.add(a.getName() + "=" + quote(a.getValue()));
                }
            }
        } catch (Exception e) {
            // A locked key shows no attributes.
        }
        return found;
    }

    private static String sha256(byte[] octets) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
    }

    /** Quotes like Go's strconv.QuoteToASCII for the characters of the Basic Multilingual Plane. */
    private static String quote(String s) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}

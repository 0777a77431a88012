import java.net.URI;
import javax.net.ssl.HttpsURLConnection;
import net.sourceforge.jnlp.runtime.JNLPRuntime;

/**
 * Connects to https://host:port/ as a program does that IcedTea-Web runs, whose runtime
 * installs its trust manager for the whole JVM, and prints TRUSTED, or REJECTED and the
 * reason. Nobody is asked: what neither the user's nor the JVM's stores trust is refused.
 */
public final class ItwProbe {
    public static void main(String[] args) throws Exception {
        JNLPRuntime.setHeadless(true);
        JNLPRuntime.setTrustNone(true);
        JNLPRuntime.setSecurityEnabled(false); // Java's security manager, which newer JDKs lack
        JNLPRuntime.initialize(false);
        HttpsURLConnection connection =
            (HttpsURLConnection) URI.create("https://" + args[0] + "/").toURL().openConnection();
        connection.setConnectTimeout(20_000);
        connection.setReadTimeout(20_000);
        try {
            connection.connect();
            System.out.println("TRUSTED");
        } catch (Exception e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println("REJECTED: " + cause.getClass().getSimpleName() + ": " + cause.getMessage());
        }
        System.exit(0); // its threads would stay
    }
}

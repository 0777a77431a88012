import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Connects to host:port with the JVM's default trust manager and prints TRUSTED, or
 * REJECTED and the reason. What is trusted comes from the javax.net.ssl properties
 * and, without them, from the JVM's own jssecacerts or cacerts.
 */
public final class TlsProbe {
    public static void main(String[] args) {
        int colon = args[0].lastIndexOf(':');
        String host = args[0].substring(0, colon);
        int port = Integer.parseInt(args[0].substring(colon + 1));
        try (SSLSocket socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket(host, port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(20_000);
            socket.startHandshake();
            System.out.println("TRUSTED");
        } catch (Exception e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println("REJECTED: " + cause.getClass().getSimpleName() + ": " + cause.getMessage());
        }
    }
}

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.List;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Asks JSSE's own trust manager about chains, one after the other: what a TLS 1.3
 * client would decide at a given time. It reads requests from standard input and
 * answers each on standard output until the input ends.
 *
 * <p>Request: int tries, long milliseconds, UTF host ("" for no check), UTF purpose
 * ("server" or "client"), then anchors and presented certificates, each list an int
 * count and for each an int length and the DER. Answer: int, how many tries said
 * yes; UTF, the last exception, or "".
 */
public final class Judge {
    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new java.io.BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(System.out));
        while (true) {
            int tries;
            try {
                tries = in.readInt();
            } catch (EOFException e) {
                return;
            }
            Date date = new Date(in.readLong());
            String host = in.readUTF();
            boolean client = in.readUTF().equals("client");
            byte[][] anchors = readList(in);
            byte[][] presented = readList(in);
            int yes = 0;
            String last = "";
            for (int i = 0; i < tries; i++) {
                try {
                    judge(date, host, client, anchors, presented);
                    yes++;
                } catch (Exception e) {
                    last = name(e) + ": " + e.getMessage();
                } catch (StackOverflowError e) {
                    last = "StackOverflowError";
                }
            }
            out.writeInt(yes);
            out.writeUTF(last.length() > 10000 ? last.substring(0, 10000) : last);
            out.flush();
        }
    }

    private static String name(Throwable e) {
        return e.getClass().getSimpleName();
    }

    private static byte[][] readList(DataInputStream in) throws Exception {
        byte[][] list = new byte[in.readInt()][];
        for (int i = 0; i < list.length; i++) {
            list[i] = new byte[in.readInt()];
            in.readFully(list[i]);
        }
        return list;
    }

    /**
     * Reads a certificate past the JDK's cache of certificates: a certificate that was
     * checked before may have changed (a name constraint adds the common name to the
     * subjectAltName), which one connection would not see of another's.
     */
    private static X509Certificate read(byte[] der) throws Exception {
        Constructor<?> fresh = Class.forName("sun.security.x509.X509CertImpl").getConstructor(byte[].class);
        try {
            X509Certificate c = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(der));
            return (X509Certificate) fresh.newInstance((Object) c.getEncoded());
        } catch (java.lang.reflect.InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }

    private static void judge(Date date, String host, boolean client, byte[][] anchors, byte[][] presented)
            throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        for (int i = 0; i < anchors.length; i++) {
            store.setCertificateEntry("anchor" + i, read(anchors[i]));
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(store, null);
        parameters.setRevocationEnabled(false);
        parameters.setDate(date);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        X509ExtendedTrustManager manager = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        X509Certificate[] chain = new X509Certificate[presented.length];
        for (int i = 0; i < chain.length; i++) {
            chain[i] = read(presented[i]);
        }
        SSLEngine engine = new Engine(host);
        if (client) {
            manager.checkClientTrusted(chain, "UNKNOWN", engine);
        } else {
            manager.checkServerTrusted(chain, "UNKNOWN", engine);
        }
    }

    /** A connection in the middle of its handshake, as far as a trust manager looks. */
    private static final class Engine extends SSLEngine {
        private final String host;

        Engine(String host) {
            this.host = host;
        }

        @Override
        public SSLParameters getSSLParameters() {
            SSLParameters p = new SSLParameters();
            p.setEndpointIdentificationAlgorithm(host.isEmpty() ? "" : "HTTPS");
            return p;
        }

        @Override
        public void setSSLParameters(SSLParameters p) { }

        @Override
        public SSLSession getHandshakeSession() {
            return new Session(host);
        }

        @Override
        public SSLSession getSession() {
            return getHandshakeSession();
        }

        @Override
        public SSLEngineResult wrap(ByteBuffer[] srcs, int offset, int length, ByteBuffer dst) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SSLEngineResult unwrap(ByteBuffer src, ByteBuffer[] dsts, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Runnable getDelegatedTask() {
            return null;
        }

        @Override
        public void closeInbound() { }

        @Override
        public boolean isInboundDone() {
            return false;
        }

        @Override
        public void closeOutbound() { }

        @Override
        public boolean isOutboundDone() {
            return false;
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return new String[0];
        }

        @Override
        public String[] getEnabledCipherSuites() {
            return new String[0];
        }

        @Override
        public void setEnabledCipherSuites(String[] suites) { }

        @Override
        public String[] getSupportedProtocols() {
            return new String[0];
        }

        @Override
        public String[] getEnabledProtocols() {
            return new String[0];
        }

        @Override
        public void setEnabledProtocols(String[] protocols) { }

        @Override
        public void beginHandshake() { }

        @Override
        public SSLEngineResult.HandshakeStatus getHandshakeStatus() {
            return SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
        }

        @Override
        public void setUseClientMode(boolean mode) { }

        @Override
        public boolean getUseClientMode() {
            return true;
        }

        @Override
        public void setNeedClientAuth(boolean need) { }

        @Override
        public boolean getNeedClientAuth() {
            return false;
        }

        @Override
        public void setWantClientAuth(boolean want) { }

        @Override
        public boolean getWantClientAuth() {
            return false;
        }

        @Override
        public void setEnableSessionCreation(boolean flag) { }

        @Override
        public boolean getEnableSessionCreation() {
            return true;
        }
    }

    private static final class Session extends ExtendedSSLSession {
        private final String host;

        Session(String host) {
            this.host = host;
        }

        @Override
        public String[] getLocalSupportedSignatureAlgorithms() {
            // What a TLS 1.3 client of JDK 17 and 25 offers for certificates.
            return new String[] {
                "SHA256withECDSA", "SHA384withECDSA", "SHA512withECDSA", "Ed25519", "Ed448", "RSASSA-PSS",
                "SHA256withRSA", "SHA384withRSA", "SHA512withRSA", "SHA1withECDSA", "SHA1withRSA",
            };
        }

        @Override
        public String[] getPeerSupportedSignatureAlgorithms() {
            return getLocalSupportedSignatureAlgorithms();
        }

        @Override
        public List<SNIServerName> getRequestedServerNames() {
            return List.of();
        }

        @Override
        public List<byte[]> getStatusResponses() {
            return List.of();
        }

        @Override
        public byte[] getId() {
            return new byte[0];
        }

        @Override
        public SSLSessionContext getSessionContext() {
            return null;
        }

        @Override
        public long getCreationTime() {
            return 0;
        }

        @Override
        public long getLastAccessedTime() {
            return 0;
        }

        @Override
        public void invalidate() { }

        @Override
        public boolean isValid() {
            return true;
        }

        @Override
        public void putValue(String name, Object value) { }

        @Override
        public Object getValue(String name) {
            return null;
        }

        @Override
        public void removeValue(String name) { }

        @Override
        public String[] getValueNames() {
            return new String[0];
        }

        @Override
        public Certificate[] getPeerCertificates() {
            return new Certificate[0];
        }

        @Override
        public Certificate[] getLocalCertificates() {
            return null;
        }

        @Override
        public Principal getPeerPrincipal() {
            return null;
        }

        @Override
        public Principal getLocalPrincipal() {
            return null;
        }

        @Override
        public String getCipherSuite() {
            return "TLS_AES_128_GCM_SHA256";
        }

        @Override
        public String getProtocol() {
            return "TLSv1.3";
        }

        @Override
        public String getPeerHost() {
            return host;
        }

        @Override
        public int getPeerPort() {
            return 443;
        }

        @Override
        public int getPacketBufferSize() {
            return 16709;
        }

        @Override
        public int getApplicationBufferSize() {
            return 16704;
        }
    }
}

#!/bin/sh
# "Java says that the certificate was issued by a company that is not trusted", or
# a program stops with "PKIX path building failed".
#
# What a help desk types on the caller's machine, and what is to be seen there:
#
#	$ hktrust doctor --symptom 'PKIX path building failed'
#	The words were recognised: Java does not trust the issuer.
#	1 thing to mend:
#	1.  /opt/jdk-17/lib/security/cacerts does not trust Hongkong Post Root CA 3.
#	    - so that: … lacks Hongkong Post e-Cert SSL CA 3 - 17, …
#	    -> Add what is missing:
#	       As an administrator:
#	         sudo hktrust ensure
#
# Afterwards the Java program has to be started anew: it reads its store once.
#
#	sh java-not-trusted.sh [HOST] [options of doctor]
exec hktrust doctor --symptom 'PKIX path building failed' "$@"

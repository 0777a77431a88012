#!/bin/sh
# "Firefox says SEC_ERROR_UNKNOWN_ISSUER when I open the site."
#
# What a help desk types on the caller's machine, and what is to be seen there:
#
#	$ hktrust doctor www.gov.hk --symptom SEC_ERROR_UNKNOWN_ISSUER
#	The words were recognised: a browser does not trust the issuer.
#	1 thing to mend:
#	1.  /home/amy/.mozilla/firefox/x3k9wq2a.default does not trust Hongkong Post Root CA 3.
#	    -> Add what is missing:
#	         hktrust ensure
#
# Do what it says, and ask again: "Nothing is wrong with what was examined". In
# Chinese, add --lang zh-HK. A page for the colleague next door: --html page.html.
#
#	sh firefox-unknown-issuer.sh [HOST] [options of doctor]
exec hktrust doctor --symptom SEC_ERROR_UNKNOWN_ISSUER "$@"

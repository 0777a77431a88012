#!/bin/sh
# "The payment page says [PAY-E-0000]", on a machine with Kaspersky.
#
# What a help desk types on the caller's machine, and what is to be seen there:
#
#	$ hktrust doctor www.gov.hk --symptom PAY-E-0000
#	The words were recognised: Kaspersky, or [PAY-E-0000].
#	1 thing to mend:
#	1.  Something between the server and this machine signed the connection anew: Kaspersky (…).
#	    -> In Kaspersky: Settings > … > Trusted addresses > Add the site (www.gov.hk). …
#
# The words are those of the version that is installed. hktrust never touches
# Kaspersky's settings: its user adds the site.
#
#	sh pay-e-0000.sh HOST [options of doctor]
exec hktrust doctor --symptom PAY-E-0000 "$@"

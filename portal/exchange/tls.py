"""TLS to partners: whom we trust, and the certificate that we show to those who ask for one."""

import ssl
from functools import cache


@cache
def trusted(shown: str) -> ssl.SSLContext:
    """Return the context of connections: the system's authorities, and our certificate in the file `shown`, if any."""
    context = ssl.create_default_context()
    if shown:
        context.load_cert_chain(shown)
    return context

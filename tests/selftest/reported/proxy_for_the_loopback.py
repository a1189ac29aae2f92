"""One server asked another on the same machine, and the request went to the proxy of http_proxy.

Here workers connect as a client of HTTP does: through the proxy of the environment, unless
no_proxy names the host.  The proxy of a company cannot reach 127.0.0.1 of this machine.
"""

import socket
import urllib.parse
import urllib.request

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/zulip/zulip/issues/468"
CAUGHT_BY = ("E4",)


class Proxied(socket.socket):
    """Connect by CONNECT of HTTP, where the environment has a proxy."""

    def connect(self, address):
        proxy = urllib.request.getproxies_environment().get("http")
        if not proxy or urllib.request.proxy_bypass_environment(address[0]):
            super().connect(address)
            return
        place = urllib.parse.urlsplit(proxy)
        super().connect((place.hostname, place.port or 80))
        self.sendall(b"CONNECT %s:%d HTTP/1.0\r\n\r\n" % (address[0].encode(), address[1]))
        if not self.recv(4096).startswith((b"HTTP/1.0 200", b"HTTP/1.1 200")):
            raise ConnectionError(f"cannot connect through {proxy}")


_srv_socket.use(Proxied)
run = _srv_socket.tcp

"""A proxy that answers for graph.microsoft.com: IntuneCD has that address written in its code.

`HTTPS_PROXY` has its HTTP library send `CONNECT graph.microsoft.com:443` here; TLS ends here with a
certificate that `REQUESTS_CA_BUNDLE` has it trust, and what is inside goes to the server as it is.
No other host is reached.
"""

import socket
import ssl
import subprocess
import threading

GRAPH = "graph.microsoft.com"


def certificate(directory):
    """A key and a certificate for Graph's name, made for this run; answers their paths."""
    key, cert = directory / "key.pem", directory / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-days", "2"]
        + ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={GRAPH}"]
        + ["-addext", f"subjectAltName=DNS:{GRAPH}", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    return key, cert


class Front:
    """The proxy before one server, which may be exchanged for another."""

    def __init__(self, key, cert):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.backend = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            if not head.startswith(f"CONNECT {GRAPH}:443 ".encode()):
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                inside = self.context.wrap_socket(client, server_side=True)
            except OSError:
                return
            with inside, socket.create_connection(self.backend) as server:
                back = threading.Thread(target=_copy, args=(server, inside), daemon=True)
                back.start()
                _copy(inside, server)
                back.join()


def _copy(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return

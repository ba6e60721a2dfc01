"""A proxy that counts: it hands every request on to one server and remembers how often each body was asked."""
import collections
import contextlib
import hashlib
import http.server
import threading
import urllib.error
import urllib.request


class CountingProxy(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # all of a run's connections may come at once

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Forward)
        self.target = target.removesuffix("/v1")
        self.asked = collections.Counter()
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Forward(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.asked[hashlib.sha256(body).hexdigest()] += 1
        request = urllib.request.Request(self.server.target + self.path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=3600) as reply:
                self.answer(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.read())

    def answer(self, status, body):
        with contextlib.suppress(ConnectionError):  # whoever asked may have been killed
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def counting_proxy(target):
    """Yields the proxy; `url` is where to ask, `asked` how often each body was."""
    with CountingProxy(target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()

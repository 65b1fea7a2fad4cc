# Answers requests at port 8000: calls a function for each, and tells who has answered.
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(answer):
    """Serve pages: answer(path, sent) returns a page's text, and the name of who made it."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(None)

        def do_POST(self):
            self.reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def reply(self, sent):
            status, who = 200, ME
            try:
                text, who = answer(self.path, sent)
            except LookupError:
                status, text = 404, "There is no such page."
            except ValueError:
                status, text = 400, "That is no number."
            except OSError:
                status, text = 503, MISSING
            body = f"{text}\n".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Answered-By", who)
            self.end_headers()
            self.wfile.write(body)

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    ThreadingHTTPServer(("", 8000), Page).serve_forever()


ME = socket.gethostname()
MISSING = "(missing at the moment)"

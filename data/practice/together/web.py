# Shows the last value to whoever asks on port 8000, and counts its visitors.
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

value = Path("/data/value")
visitors = 0


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        global visitors
        visitors += 1
        old = time.time() - value.stat().st_mtime > 5
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"visitor {visitors}: {'an OLD' if old else 'a fresh'} value\n".encode())

    def log_message(self, *about):
        print(f"web: visitor {visitors}", flush=True)


while not value.exists():
    time.sleep(0.1)
print("web: listening", flush=True)
HTTPServer(("", 8000), Page).serve_forever()

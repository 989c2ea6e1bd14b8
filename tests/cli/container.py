# SPDX-License-Identifier: MIT
"""A container's credentials endpoint that does as files say.

    container.py DIRECTORY

Listens on a free port of 127.0.0.1, which is then in DIRECTORY/port.  Each
request is a line in DIRECTORY/asked, and DIRECTORY/answer says what comes of
it: "hang" is no answer until the file says something else; a number is that
status; anything else is the body.
"""

import http.server
import os
import sys
import time

directory = sys.argv[1]


def answer():
    with open(os.path.join(directory, "answer"), encoding="utf-8") as file:
        return file.read().strip()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Notes it, waits as long as it has to, and answers."""
        with open(os.path.join(directory, "asked"), "a",
                  encoding="utf-8") as file:
            file.write(self.path + "\n")
        text = answer()
        while text == "hang":
            time.sleep(0.01)
            text = answer()
        status = int(text) if text.isdigit() else 200
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Says nothing."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
server.handle_error = lambda request, client_address: None
with open(os.path.join(directory, "port.new"), "w",
          encoding="utf-8") as port:
    port.write(str(server.server_port))
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
server.serve_forever()

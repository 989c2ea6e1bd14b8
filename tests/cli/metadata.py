# SPDX-License-Identifier: MIT
"""The metadata services of a container and of an instance, on loopback.

    metadata.py DIRECTORY

Listens on a free port of 127.0.0.1, which is then in DIRECTORY/port.  Each
request is a line in DIRECTORY/asked: method, path, and the token that came
with it.  How it answers is in DIRECTORY/mode: nothing: well; a number: with
that status; "hang": not at all; else with that text.  How many seconds its keys
are good for may be in DIRECTORY/lasting.
"""

import http.server
import json
import os
import sys
import time

directory = sys.argv[1]
ROLES = "/latest/meta-data/iam/security-credentials/"


def mode():
    try:
        with open(os.path.join(directory, "mode"), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def lasting():
    try:
        with open(os.path.join(directory, "lasting"), encoding="utf-8") as file:
            return int(file.read())
    except FileNotFoundError:
        return 6 * 3600


def keys(name):
    end = time.gmtime(time.time() + lasting())
    return json.dumps({
        "Code": "Success", "AccessKeyId": "ASIA" + name,
        "SecretAccessKey": "hushhush", "Token": "hushhush/token==",
        "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", end)})


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self):
        token = (self.headers.get("Authorization") or
                 self.headers.get("x-aws-ec2-metadata-token") or "-")
        with open(os.path.join(directory, "asked"), "a",
                  encoding="utf-8") as file:
            file.write("%s %s %s\n" % (self.command, self.path, token))

    def answer(self, text, status=200):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.answer_with("session==")

    def do_GET(self):
        good = {ROLES: "my-role", ROLES + "my-role": keys("INSTANCE")}
        self.answer_with(good.get(self.path, keys("CONTAINER")))

    def answer_with(self, good):
        self.note()
        how = mode()
        if how == "hang":
            time.sleep(1000)
        elif how.isdigit():
            self.answer("", int(how))
        else:
            self.answer(how or good)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(os.path.join(directory, "port.new"), "w", encoding="utf-8") as out:
    out.write(str(server.server_port))
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
server.serve_forever()

# SPDX-License-Identifier: MIT
"""STS and single sign-on, as far as tend asks them.

    sts.py DIRECTORY

Listens on a free port of 127.0.0.1, which is then in DIRECTORY/port.  Each
request is a line in DIRECTORY/asked: what is asked, for whom, and who asks.
Keys are named after the role; STS answers in XML if there is a file
DIRECTORY/xml, else in JSON, with a time as the real one writes it.
"""

import http.server
import json
import os
import re
import sys
import time
import urllib.parse

directory = sys.argv[1]
END = 2 * 3600


def keys_of(role):
    return {
        "AccessKeyId": "ASIA" + role.upper(),
        "SecretAccessKey": "hushhush",
        "SessionToken": "hushhush/token==",
    }


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, *words):
        with open(os.path.join(directory, "asked"), "a", encoding="utf-8") as file:
            file.write(" ".join(words) + "\n")

    def answer(self, text, status=200):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size).decode()
        if self.path == "/token":
            self.token(json.loads(body))
        else:
            self.sts(dict(urllib.parse.parse_qsl(body)))

    def sts(self, form):
        action = form["Action"]
        role = form["RoleArn"].rpartition("/")[2]
        signed = self.headers.get("Authorization", "")
        who = re.search(r"Credential=(\w+)/", signed)
        self.note(
            action, role, who.group(1) if who else form.get("WebIdentityToken", "-")
        )
        keys = keys_of(role)
        end = time.time() + END
        if os.path.exists(os.path.join(directory, "xml")):
            keys["Expiration"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
            text = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
            self.answer(
                f"<{action}Response><{action}Result><Credentials>{text}"
                f"</Credentials></{action}Result></{action}Response>"
            )
            return
        keys["Expiration"] = "EXPIRATION"
        text = json.dumps({action + "Response": {action + "Result": {"Credentials": keys}}})
        self.answer(text.replace('"EXPIRATION"', f"{end:.9E}"))

    def token(self, form):
        self.note("token", form["refreshToken"])
        self.answer(json.dumps({"accessToken": "renewed", "expiresIn": END}))

    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        role = dict(urllib.parse.parse_qsl(query))["role_name"]
        self.note("portal", role, self.headers["x-amz-sso_bearer_token"])
        keys = keys_of(role)
        names = {name[0].lower() + name[1:]: value for name, value in keys.items()}
        names["expiration"] = int((time.time() + END) * 1000)
        self.answer(json.dumps({"roleCredentials": names}))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(directory, "port.new"), "w", encoding="utf-8") as out:
    out.write(str(server.server_port))
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
server.serve_forever()

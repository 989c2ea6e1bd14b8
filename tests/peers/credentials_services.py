# SPDX-License-Identifier: MIT
"""The services that credentials.py has both sides ask: the metadata services
of containers (/container/KIND) and of instances (/imds/KIND/latest/...), STS
(POST /) and the portal of single sign-on, all in one server on loopback.
"""
import hashlib
import http.server
import json
import os
import re
import sys
import threading
import urllib.parse

FAR = "2999-01-01T00:00:00Z"


def answer_set(name, **changes):
    """The document of a metadata service; a change to None takes away."""
    document = {"Code": "Success", "Type": "AWS-HMAC",
                "LastUpdated": "2026-11-22T10:23:45Z",
                "AccessKeyId": "ASIA" + name.upper(),
                "SecretAccessKey": "secret/+" + name,
                "Token": "token==" + name, "Expiration": FAR}
    document.update(changes)
    return json.dumps({key: value for key, value in document.items()
                       if value is not None})


# What the container's service answers at /container/KIND.
CONTAINER = {
    "good": (200, answer_set("container")),
    "zone": (200, answer_set("zone", Expiration="2999-01-01T01:00:00+01:00")),
    "fraction": (200, answer_set("fraction",
                                 Expiration="2999-01-01T00:00:00.123456Z")),
    "plain": (200, answer_set("plain", Code=None, Type=None,
                              RoleArn="arn:aws:iam::1:role/r")),
    "twice": (200, '{"Token":"x",' + answer_set("twice")[1:]),
    "html": (200, "<html><body>Sign in</body></html>"),
    "empty": (200, ""),
    "half": (200, answer_set("half")[:80]),
    "array": (200, "[]"),
    "string": (200, '"x"'),
    "null": (200, "null"),
    "keyless": (200, answer_set("keyless", AccessKeyId=None)),
    "secretless": (200, answer_set("secretless", SecretAccessKey=None)),
    "tokenless": (200, answer_set("tokenless", Token=None)),
    "timeless": (200, answer_set("timeless", Expiration=None)),
    "badtime": (200, answer_set("badtime", Expiration="never")),
    "case": (200, answer_set("case", Token=None, token="t")),
    "past": (200, answer_set("past", Expiration="2020-01-01T00:00:00Z")),
    "failed": (200, answer_set("failed", Code="Failed", Message="No.")),
    "400": (400, '{"code":"Bad","message":"id is missing","Token":"t"}'),
    "403": (403, answer_set("no")),
    "404": (404, "404 page not found\n"),
    "500": (500, "oops"),
}

# What the instance's service answers at each of its steps.
IMDS = {
    "good": {},
    "path": {},
    "roleless": {"role": (404, "<html>404 - Not Found</html>")},
    "blank": {"role": (200, "")},
    "denied": {"set": (200, json.dumps({
        "Code": "AssumeRoleUnauthorizedAccess",
        "Message": "EC2 cannot assume the role.",
        "LastUpdated": "2026-11-22T10:23:45Z"}))},
    "html": {"set": (200, "<html></html>")},
    "half": {"set": (200, answer_set("half")[:60])},
    "tokenless": {"set": (200, answer_set("tokenless", Token=None))},
    "timeless": {"set": (200, answer_set("timeless", Expiration=None))},
    "500": {"set": (500, "oops")},
    "400": {"token": (400, "")},
    "past": {"set": (200, answer_set("past",
                                     Expiration="2020-01-01T00:00:00Z"))},
    "v1": {"token": (404, ""), "v1": True},
    "off": {"token": (403, ""), "v1": True},
    "newline": {"role": (200, "my-role\n")},
    "lines": {"role": (200, "my-role\nother\n")},
}


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, kind="application/json"):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        kind = IMDS.get(self.path.split("/")[2], {})
        if not self.path.endswith("/latest/api/token") or \
                not self.headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
            self.answer(400, "")
        else:
            self.answer(*kind.get("token", (200, "AQAE-session==")))

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path).path.split("/")
        if parts[1] == "container":
            self.container(parts[2])
        elif parts[1] == "imds":
            self.imds(IMDS[parts[2]])
        elif self.path.startswith("/federation/credentials?"):
            self.portal()
        else:
            self.answer(404, "")

    def container(self, kind):
        if kind.startswith("auth-"):
            good = self.headers.get("Authorization") == kind[5:]
            kind = "good" if good else "403"
        self.answer(*CONTAINER[kind])

    def imds(self, kind):
        token = self.headers.get("x-aws-ec2-metadata-token")
        if token != "AQAE-session==" and not kind.get("v1"):
            self.answer(401, "")
        elif self.path.endswith("/iam/security-credentials/"):
            self.answer(*kind.get("role", (200, "my-role")))
        elif self.path.endswith("/iam/security-credentials/my-role"):
            self.answer(*kind.get("set", (200, answer_set("imds"))))
        else:
            self.answer(404, "")

    def portal(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        asked = [query.get("role_name"), query.get("account_id"),
                 self.headers.get("x-amz-sso_bearer_token")]
        if asked[2] != "sso-token":
            self.answer(401, '{"message":"Session token not found"}')
            return
        name = made_of(asked)
        self.answer(200, json.dumps({"roleCredentials": {
            "accessKeyId": "ASIA" + name, "secretAccessKey": "secret" + name,
            "sessionToken": "token" + name, "expiration": 32472144000000}}))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/token":
            self.renew(json.loads(body))
            return
        asked = {key: value[0] for key, value in
                 urllib.parse.parse_qs(body.decode()).items()}
        if "denied" in asked.get("RoleArn", ""):
            self.answer(403, "<ErrorResponse xmlns=\"https://sts.amazonaws.com"
                        "/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>"
                        "AccessDenied</Code><Message>not you</Message></Error>"
                        "<RequestId>x</RequestId></ErrorResponse>", "text/xml")
            return
        if re.match(r"(botocore-session|tend)-", asked["RoleSessionName"]):
            asked["RoleSessionName"] = "of its own"
        scope = re.search(r"Credential=([^/]*)/\d*/([^,]*)",
                          self.headers.get("Authorization", ""))
        if scope:
            asked["id"], asked["scope"] = scope.groups()
        asked["key token"] = self.headers.get("X-Amz-Security-Token")
        name = made_of(sorted(asked.items(), key=str))
        self.answer(200, "<{0}Response xmlns=\"https://sts.amazonaws.com/doc/"
                    "2011-06-15/\"><{0}Result><Credentials><AccessKeyId>"
                    "ASIA{1}</AccessKeyId><SecretAccessKey>secret/{1}"
                    "</SecretAccessKey><SessionToken>token/{1}=="
                    "</SessionToken><Expiration>{2}</Expiration></Credentials>"
                    "</{0}Result></{0}Response>".format(
                        asked["Action"], name, FAR), "text/xml")

    def renew(self, asked):
        good = (asked.get("grantType"), asked.get("refreshToken"),
                asked.get("clientId"), asked.get("clientSecret"))
        if good != ("refresh_token", "again", "id", "secret"):
            self.answer(400, '{"error":"invalid_grant"}')
            return
        self.answer(200, json.dumps({
            "accessToken": "sso-token", "expiresIn": 28800,
            "refreshToken": "again", "tokenType": "Bearer"}))


def made_of(asked):
    if os.environ.get("TEND_PEER_DEBUG"):
        print("# asked: %s" % (asked,), file=sys.stderr)
    return hashlib.sha1(repr(asked).encode()).hexdigest()[:16].upper()


def serve():
    """Starts the services in a process of their own; returns pid, port."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid > 0:
        os.close(theirs)
        with os.fdopen(ours) as lines:
            return pid, int(lines.readline())
    os.close(ours)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    port = server.server_address[1]
    # The same at another address of this machine.
    other = http.server.ThreadingHTTPServer(("127.0.0.2", port), Service)
    other.daemon_threads = True
    threading.Thread(target=other.serve_forever, daemon=True).start()
    os.write(theirs, b"%d\n" % port)
    os.close(theirs)
    server.serve_forever()
    os._exit(0)

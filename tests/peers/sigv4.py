# SPDX-License-Identifier: MIT
"""Has botocore and tend sign the same requests and compares the signatures.

    sigv4.py SIGN [SEED]

SIGN is the program tests/peers/sign.  Writes TAP.  The requests follow from
the seed, so a failure can be seen again.
"""
import random
import subprocess
import sys

try:
    import botocore
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError as problem:
    print("1..0 # SKIP no botocore: %s" % problem)
    sys.exit(0)

from datetime import datetime, timezone

SIGN = sys.argv[1]
SEED = sys.argv[2] if len(sys.argv) > 2 else "20150830"
COUNT = 400
rng = random.Random(SEED)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
SAFE = LETTERS + LETTERS.upper() + DIGITS
# Neither side signs these, or only one of them does: sending is not their
# business.
UNSIGNED = ["User-Agent", "expect", "X-Amzn-Trace-Id"]


def word(alphabet, least, most):
    return "".join(rng.choice(alphabet)
                   for _ in range(rng.randint(least, most)))


def blanks():
    return word(" \t", 0, 3)


def header_value():
    kind = rng.randrange(6)
    if kind == 0:
        return blanks()
    if kind == 1:
        return '"a   b   c"'
    if kind == 2:
        return blanks() + word("äöß€漢😀a b", 1, 12) + blanks()
    words = [word(SAFE + ",;:=/+\"'!*()", 1, 9)
             for _ in range(rng.randint(1, 5))]
    return blanks() + (" " + blanks()).join(words) + blanks()


def case(name):
    return "".join(c.upper() if rng.random() < 0.4 else c for c in name)


def headers():
    names = ["content-type", "x-amz-target"]
    names += ["x-" + word(LETTERS + DIGITS + "-_", 1, 12)
              for _ in range(rng.randint(0, 6))]
    names += ["x-amz", "x-amz-a", "x-amz-a-b", "x-amz-a1", "my-header1",
              "zoo", "accept", "x-amz-content-type"][:rng.randint(0, 8)]
    lines = []
    for name in names:
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            lines.append((case(name), header_value()))
    lines += [(name, word(SAFE, 1, 9)) for name in UNSIGNED
              if rng.random() < 0.3]
    rng.shuffle(lines)
    return lines


def base_url():
    scheme = rng.choice(["http", "https"])
    host = rng.choice(["swf.us-east-1.amazonaws.com", "127.0.0.1",
                       "localhost", "[::1]", "[fd00:ec2::23]",
                       "Example.COM", "my_host-1"])
    port = rng.choice(["", "", ":80", ":443", ":8080", ":65535", ":1"])
    return "%s://%s%s" % (scheme, host, port)


def path():
    if rng.random() < 0.5:
        return "/"
    parts = [rng.choice(["", ".", "..", "...", "%20", "%2F", "~user", "a b",
                         "ü", "a+b=c", "*", "'()!", "$&,;:@",
                         word(SAFE + "-_.~", 1, 8)])
             for _ in range(rng.randint(1, 6))]
    return "/" + "/".join(parts)


def query():
    if rng.random() < 0.6:
        return None
    names = ["Action", "a", "ab", "A", "a-b", "a.b", "%41", "b", "B", "~"]
    pairs = []
    for _ in range(rng.randint(1, 6)):
        pair = rng.choice(names)
        if rng.random() < 0.8:
            pair += "=" + word(SAFE + "-_.~%+*=", 0, 8)
        pairs.append(pair)
    return "&".join(pairs)


def body():
    kind = rng.randrange(5)
    if kind == 0:
        return b""
    if kind == 1:
        return ('{"taskToken":"%s","details":"%s"}' % (
            word(SAFE + "+/=", 1, 600),
            word("aäöß€漢😀\\n", 0, 2048))).encode()
    if kind == 2:
        return b"Action=GetCallerIdentity&Version=2011-06-15"
    if kind == 3:
        return bytes(rng.randrange(256) for _ in range(200000 // COUNT))
    return bytes(rng.randrange(256) for _ in range(rng.choice(
        [1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 4096])))


def moment():
    return rng.choice([
        1440938160000, 0, 951782399999, 951782400000, 1709164800000,
        1709251199999, 1798761599999, 2147483648000, 4102444800000,
        rng.randrange(0, 4102444800000)])


class Request:
    def __init__(self):
        self.method = rng.choice(["POST", "POST", "GET", "PUT"])
        self.url = base_url()
        self.path = path()
        self.query = query()
        self.headers = headers()
        self.body = body()
        self.id = "AKID" + word(SAFE, 1, 16)
        # HMAC hashes a key over 64 bytes: "AWS4" and 60 are the last below.
        self.secret = word(SAFE + "+/", *rng.choice(
            [(40, 40), (1, 1), (59, 61), (64, 64), (100, 200)]))
        self.token = rng.choice([None, word(SAFE + "+/=", 1, 900)])
        self.region = rng.choice(["us-east-1", "eu-west-3", "cn-north-1",
                                  "us-gov-west-1", word(LETTERS, 1, 20)])
        self.service = rng.choice(["swf", "swf", "sts", "service", "execute"])
        self.time = moment()

    def fields(self):
        yield "method", self.method
        yield "url", self.url
        yield "path", self.path
        if self.query is not None:
            yield "query", self.query
        for name, value in self.headers:
            yield "header", "%s:%s" % (name, value)
        yield "body", self.body
        yield "id", self.id
        yield "secret", self.secret
        if self.token is not None:
            yield "token", self.token
        yield "region", self.region
        yield "service", self.service
        yield "time", str(self.time)

    def text(self):
        lines = []
        for name, value in self.fields():
            if isinstance(value, str):
                value = value.encode()
            lines.append("%s %s" % (name, value.hex()))
        return "\n".join(lines) + "\nend\n"


def oracle(request):
    url = request.url + request.path
    if request.query is not None:
        url += "?" + request.query
    asked = AWSRequest(request.method, url, data=request.body)
    for name, value in request.headers:
        asked.headers[name] = value
    stamp = datetime.fromtimestamp(request.time // 1000, timezone.utc)
    asked.context["timestamp"] = stamp.strftime("%Y%m%dT%H%M%SZ")
    auth = SigV4Auth(Credentials(request.id, request.secret, request.token),
                     request.service, request.region)
    auth._modify_request_before_signing(asked)
    canonical = auth.canonical_request(asked)
    to_sign = auth.string_to_sign(asked, canonical)
    auth._inject_signature_to_request(asked, auth.signature(to_sign, asked))
    return (canonical, to_sign,
            "Authorization: " + asked.headers["Authorization"])


def main():
    requests = [Request() for _ in range(COUNT)]
    run = subprocess.run([SIGN], input="".join(r.text() for r in requests),
                         stdout=subprocess.PIPE, text=True, check=True)
    answers = run.stdout.splitlines()
    print("# botocore %s, seed %s" % (botocore.__version__, SEED))
    print("%s 1 - as many answers as requests" %
          ("ok" if len(answers) == COUNT else "not ok"))
    bad = 0
    for number, (request, answer) in enumerate(zip(requests, answers)):
        ours = tuple(bytes.fromhex(part).decode()
                     for part in answer.split(" "))
        theirs = oracle(request)
        if ours == theirs:
            continue
        bad += 1
        for name, mine, other in zip(
                ("canonical request", "string to sign", "authorization"),
                ours, theirs):
            if mine != other:
                print("# request %d: %s\n#  tend:     %r\n#  botocore: %r"
                      % (number, name, mine, other))
    print("%s 2 - %d of %d signatures agree with botocore's" %
          ("not ok" if bad else "ok", COUNT - bad, COUNT))
    print("1..2")
    return 1 if bad or len(answers) != COUNT else 0


sys.exit(main())

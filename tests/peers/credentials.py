# SPDX-License-Identifier: MIT
"""Has botocore and tend choose credentials in the same set-ups.

    credentials.py PROGRAM [SEED [COUNT]]

PROGRAM is the program tests/peers/credentials.  Writes TAP.

A set-up is an environment, the two AWS files, and services on loopback: the
metadata services of containers and instances, STS and single sign-on.  Both
sides get the same ones, and must give the same set of credentials or both
none.  COUNT set-ups are generated from the tables of credentials_setups.py;
they follow from the seed, so a failure can be seen again.  Where the two
differ on purpose is a table too: each is a set-up, with what either side is
to do and why, and none of them is ever generated.

STS answers with a key that is made of what it was asked, so that two equal
keys mean two equal requests.
"""
import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

try:
    import botocore
    import botocore.credentials
    import botocore.loaders
    import botocore.session
    import botocore.tokens
    import botocore.utils
except ImportError as problem:
    print("1..0 # SKIP no botocore: %s" % problem)
    sys.exit(0)

sys.dont_write_bytecode = True
from credentials_services import serve
from credentials_setups import (REFUSED, Differences, Setup, all_choices,
                                generate)

PROGRAM = os.path.abspath(sys.argv[1])
SEED = sys.argv[2] if len(sys.argv) > 2 else "20261126"
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 180
AT_ONCE = 6
PATIENCE = 60


# ---- the two sides -----------------------------------------------------------

def ours(setup):
    """Starts tend's side; what it returns has the answer."""
    command = [PROGRAM] + ([setup.option] if setup.option else [])
    child = subprocess.Popen(command, env=setup.env, cwd=setup.place,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)

    def finish():
        try:
            output, _ = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return "hung", "no answer"
        lines = output.splitlines()
        if child.returncode != 0 or not lines:
            return "died", "status %d" % child.returncode
        if lines[0] == REFUSED:
            return REFUSED, lines[1]
        end = lines[4] if lines[4] == "never" else int(lines[4]) // 1000
        return (lines[1], lines[2], lines[3], end), ""
    return finish


# What is loaded here is there in each process that comes.
LOADER = botocore.loaders.create_loader()


def warm_up():
    session = botocore.session.Session()
    session.register_component("data_loader", LOADER)
    session.create_client("sts", region_name="us-east-1",
                          aws_access_key_id="x", aws_secret_access_key="x")
    gc.freeze()


def ask_botocore(option, url):
    create = botocore.session.Session.create_client

    def create_here(self, service_name, *args, **kwargs):
        kwargs["endpoint_url"] = url
        return create(self, service_name, *args, **kwargs)

    botocore.session.Session.create_client = create_here
    botocore.utils.ContainerMetadataFetcher.SLEEP_TIME = 0
    cache = os.path.expanduser("~/.aws/sso/cache")
    botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR = cache
    botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR = cache
    session = botocore.session.Session(profile=option)
    session.register_component("data_loader", LOADER)
    credentials = session.get_credentials()
    if credentials is None:
        return REFUSED, "none found"
    frozen = credentials.get_frozen_credentials()
    end = getattr(credentials, "_expiry_time", None)
    return ((frozen.access_key, frozen.secret_key, frozen.token or "",
             "never" if end is None else int(end.timestamp())), "")


def theirs(setup):
    """The same of botocore, in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(PATIENCE)
            os.environ.clear()
            os.environ.update(setup.env)
            os.chdir(setup.place)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            try:
                answer = ask_botocore(setup.option, setup.url)
            except Exception as problem:  # whatever it is, it is a refusal
                answer = REFUSED, "%s: %s" % (type(problem).__name__, problem)
            os.write(writer, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writer)

    def finish():
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        if not text:
            return "died", "no answer"
        answer, why = json.loads(text)
        return (tuple(answer) if isinstance(answer, list) else answer), why
    return finish


def is_like(answer, expected):
    if expected == REFUSED or answer in (REFUSED, "died", "hung"):
        return answer == expected
    return answer[0] == expected or (expected == "ASIA" and
                                     answer[0].startswith("ASIA"))


# ---- TAP ---------------------------------------------------------------------

class Report:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, text):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, text),
              flush=True)

    def explain(self, setup, mine, other):
        print("#  tend:     %s %s" % mine)
        print("#  botocore: %s %s" % other)
        for line in setup.describe():
            print("#   " + line)


def begin(setup):
    """Starts both sides; what it returns waits for them."""
    setup.write()
    if setup.in_turn:
        answers = [side(setup)() for side in (ours, theirs)]
        return lambda: answers
    finishers = ours(setup), theirs(setup)
    return lambda: [finish() for finish in finishers]


def in_order(setups):
    """Each set-up, what tend and what botocore answer; some run at once."""
    waiting = []
    for setup in setups:
        waiting.append((setup, begin(setup)))
        if len(waiting) == AT_ONCE:
            setup, finish = waiting.pop(0)
            yield (setup, *finish())
    for setup, finish in waiting:
        yield (setup, *finish())


def generated(new_setup):
    rng = random.Random(SEED)
    wanted = all_choices()
    rng.shuffle(wanted)
    for number in range(COUNT):
        setup = new_setup()
        generate(setup, rng, wanted[number % len(wanted)])
        setup.words.insert(0, "set-up %d" % number)
        yield setup


def run_generated(report, new_setup):
    given = refused = bad = 0
    for setup, mine, other in in_order(generated(new_setup)):
        if mine[0] == other[0] and mine[0] not in ("died", "hung"):
            given += mine[0] != REFUSED
            refused += mine[0] == REFUSED
            continue
        bad += 1
        print("# " + ", ".join(setup.words))
        report.explain(setup, mine, other)
    report.result(bad == 0, "%d of %d generated set-ups: the same in both" %
                  (COUNT - bad, COUNT))
    report.result(given >= COUNT // 4 and refused >= COUNT // 4,
                  "%d give credentials, %d are refused" % (given, refused))


def different(new_setup):
    for name, build in vars(Differences).items():
        if callable(build) and not name.startswith("__"):
            setup = new_setup()
            setup.words = [name.replace("_", " "),
                           " ".join(build.__doc__.split())]
            setup.expected = build(setup)
            yield setup


def run_differences(report, new_setup):
    for setup, mine, other in in_order(different(new_setup)):
        good = (is_like(mine[0], setup.expected[0]) and
                is_like(other[0], setup.expected[1]) and mine[0] != other[0])
        report.result(good, "they differ: " + setup.words[0])
        print("# " + setup.words[1])
        if not good:
            report.explain(setup, mine, other)


def main():
    print("# botocore %s, seed %s" % (botocore.__version__, SEED), flush=True)
    report = Report()
    server, port = serve()
    warm_up()
    place = tempfile.mkdtemp(prefix="tend-credentials-")
    try:
        new_setup = lambda: Setup(tempfile.mkdtemp(dir=place), port)
        run_generated(report, new_setup)
        run_differences(report, new_setup)
    finally:
        os.kill(server, signal.SIGTERM)
        os.waitpid(server, 0)
        shutil.rmtree(place, ignore_errors=True)
    print("1..%d" % report.count)
    return 1 if report.failed else 0


sys.exit(main())

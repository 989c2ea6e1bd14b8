#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""botocore's model of the API against swf-local's validation: for every
operation and every member, however deep, what the model allows is taken and
what it does not is refused, in the service's words."""

import http.client
import json
import os
import re
import sys

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import MODEL, Service, tap

service = Service("--hold", "1ms", "--log-level", "warning")
connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)

VALIDATION = "com.amazon.coral.validate#ValidationException"
SERIALIZATION = "com.amazon.coral.service#SerializationException"
MISSING = object()
ASTRAL = "\U0001F600"
YEAR = 365 * 24 * 3600


def call(operation, body):
    """Status, __type and message."""
    connection.request("POST", "/", json.dumps(body), {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "SimpleWorkflowService." + operation})
    answer = connection.getresponse()
    text = answer.read()
    value = json.loads(text) if text else {}
    return answer.status, value.get("__type"), value.get("message")


# ---- requests out of the model ----------------------------------------------

def filler(length):
    """A name, a duration and a number of that length."""
    return "0" * (length - 1) + "7" if length else ""


def valid(shape):
    """The least that the model takes."""
    kind = shape.type_name
    if kind == "structure":
        return {name: valid(shape.members[name])
                for name in shape.required_members}
    if kind == "list":
        return [valid(shape.member)]
    if kind == "string":
        return shape.enum[0] if shape.enum else filler(1)
    return {"integer": 1, "boolean": True, "timestamp": 1.7e9}[kind]


def put(shape, path, value):
    """A valid value of the shape, but for what is at the path in it."""
    if not path:
        return value
    whole = valid(shape)
    if shape.type_name == "list":
        return [put(shape.member, path[1:], value)]
    name = path[0]
    inner = put(shape.members[name], path[1:], value)
    if inner is MISSING:
        whole.pop(name, None)
    else:
        whole[name] = inner
    return whole


def members(shape, path=()):
    """All that is in the shape: (path, shape, required)."""
    if shape.type_name == "list":
        yield path + ("1",), shape.member, False
        yield from members(shape.member, path + ("1",))
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            yield path + (name,), member, name in shape.required_members
            yield from members(member, path + (name,))


def told(path):
    """The path as messages have it: lists have members."""
    return ".".join(part + ".member" if part == "1" else part
                    for part in path)


class Member:
    def __init__(self, operation, top, path, shape, required):
        self.operation = operation
        self.top = top
        self.path = path
        self.shape = shape
        self.required = required
        self.name = f"{operation}.{told(path)}"

    def ask(self, value):
        return call(self.operation, put(self.top, self.path, value))

    def takes(self, value):
        """Whether nothing is said against it there; else what was said."""
        _, kind, message = self.ask(value)
        if kind == SERIALIZATION or f"at '{told(self.path)}'" in str(message):
            return message
        return None

    def refuses(self, value, constraint):
        """Whether it is refused in these words; else what was said."""
        shown = "null" if value in (None, MISSING) else f"'{value}'"
        if isinstance(value, list):
            shown = f"'[{', '.join(value)}]'"
        if len(str(value).encode()) > 2048:
            shown = f"'{cut(value)}...'"
        want = (400, VALIDATION, "1 validation error detected: Value "
                f"{shown} at '{told(self.path)}' failed to satisfy "
                f"constraint: Member must {constraint}")
        got = self.ask(value)
        return None if got == want else (got, want)


def cut(text):
    return text.encode()[:2048].decode(errors="ignore")


MEMBERS = [Member(name, MODEL.operation_model(name).input_shape, *found)
           for name in MODEL.operation_names
           for found in members(MODEL.operation_model(name).input_shape)]


def of_kind(*kinds):
    return [m for m in MEMBERS if m.shape.type_name in kinds]


def documented(shape):
    """Its text in the model, without markup."""
    return re.sub("<[^>]*>", "", shape.documentation)


def is_duration(member):
    """What has to look like one, by the name of its shape."""
    return "Duration" in member.shape.name


def check(name, cases):
    """Each case is (what, None or what is wrong)."""
    cases = list(cases)
    bad = [(what, wrong) for what, wrong in cases if wrong is not None]
    tap.ok(cases and not bad, f"{name}: {len(cases)} cases",
           "\n".join(f"{what}: {wrong}" for what, wrong in bad[:10]))


# ---- tests ------------------------------------------------------------------

def test_every_operation_is_known():
    unknown = [name for name in MODEL.operation_names
               if "UnknownOperation" in str(call(name, {})[1])]
    tap.is_(unknown, [], "every operation of the model is known")


def test_the_least_is_taken():
    for name in sorted({m.operation for m in MEMBERS}):
        top = MODEL.operation_model(name).input_shape
        status, kind, message = call(name, valid(top))
        if kind == SERIALIZATION or "validation error" in str(message):
            tap.ok(False, f"{name} takes what the model requires", message)
    tap.ok(True, "what the model requires is enough")


def test_required():
    check("a required member is missed",
          ((m.name, m.refuses(value, "not be null"))
           for m in MEMBERS if m.required for value in (MISSING, None)))
    check("an optional one is not, nor null",
          ((m.name, m.takes(value))
           for m in MEMBERS if not m.required and m.path[-1] != "1"
           for value in (MISSING, None)))


def test_lengths():
    def over():
        for m in of_kind("string"):
            limit = m.shape.metadata.get("max")
            if limit:
                words = f"have length less than or equal to {limit}"
                yield m.name, m.refuses(filler(limit + 1), words)
                yield m.name, m.refuses(ASTRAL * (limit // 2) + "x" *
                                        (limit % 2 + 1), words)

    def under():
        for m in of_kind("string"):
            least = m.shape.metadata.get("min", 0)
            if least:
                yield m.name, m.refuses(filler(least - 1), "have length "
                                        "greater than or equal to "
                                        f"{least}")

    def within():
        for m in of_kind("string"):
            limit = m.shape.metadata.get("max")
            least = m.shape.metadata.get("min", 0)
            if limit:
                yield m.name, m.takes(filler(limit))
            if least or not (is_duration(m) or m.shape.enum or
                             m.shape.name == "TaskPriority"):
                yield m.name, m.takes(filler(least))
            if limit and not is_duration(m):
                yield m.name, m.takes(ASTRAL * (limit // 2))
            elif not limit and not m.shape.enum:
                yield m.name, m.takes(filler(9))

    check("a string is too long, in UTF-16 units", over())
    check("a string is too short", under())
    check("a string is just long enough", within())


def test_enumerations():
    def values():
        for m in of_kind("string"):
            for value in m.shape.enum:
                yield f"{m.name}={value}", m.takes(value)

    def others():
        for m in of_kind("string"):
            if m.shape.enum:
                words = ("satisfy enum value set: ["
                         + ", ".join(m.shape.enum) + "]")
                for value in ("NOTHING", m.shape.enum[0].swapcase(), "",
                              m.shape.enum[0] + " "):
                    yield m.name, m.refuses(value, words)

    check("a value of an enumeration is taken", values())
    check("another is refused, with the values", others())


def test_numbers():
    def cases():
        for m in of_kind("integer"):
            least, most = m.shape.metadata["min"], m.shape.metadata["max"]
            yield m.name, m.takes(least)
            yield m.name, m.takes(most)
            yield m.name, m.refuses(least - 1, "have value greater than or "
                                    f"equal to {least}")
            yield m.name, m.refuses(most + 1, "have value less than or equal "
                                    f"to {most}")

    check("a number is within its bounds", cases())


def test_lists():
    def cases():
        for m in of_kind("list"):
            limit = m.shape.metadata.get("max")
            one = valid(m.shape.member)
            yield m.name, m.takes([])
            yield m.name, m.takes([one] * (limit or 3))
            if limit:
                yield m.name, m.refuses([one] * (limit + 1), "have length "
                                        f"less than or equal to {limit}")

    check("a list is not too long", cases())


WRONG = {
    "string": (7, 1.5, True, [], {}, ["x"]),
    "integer": ("7", 1.5, True, [], {}),
    "boolean": ("true", 1, 0, [], {}),
    "timestamp": ("2026-01-01T00:00:00Z", "1700000000", True, [], {}),
    "list": ("x", 7, True, {}, {"1": "x"}),
    "structure": ("x", 7, True, [], [{}]),
}


def test_types():
    def cases():
        for m in MEMBERS:
            for value in WRONG[m.shape.type_name]:
                status, kind, _ = m.ask(value)
                if (status, kind) != (400, SERIALIZATION):
                    yield f"{m.name} = {value!r}", kind or status
                else:
                    yield m.name, None

    check("another kind of JSON is refused", cases())


def test_everything_at_once():
    """All required members of an operation missed, and all strings of one
    too long: one message has them all."""
    for name in sorted({m.operation for m in MEMBERS}):
        mine = [m for m in MEMBERS if m.operation == name and
                "1" not in m.path]
        missed = {m.path[0] for m in mine if m.required and len(m.path) == 1}
        compare(name + " without anything", name, {}, {
            (path, "not be null") for path in missed})
        body, wanted = {}, set()
        for m in mine:
            limit = m.shape.metadata.get("max")
            if m.shape.type_name == "string" and limit:
                put_into(body, m.path, "7" * (limit + 1))
                wanted.add((told(m.path),
                            f"have length less than or equal to {limit}"))
            elif m.required and m.shape.type_name != "structure":
                put_into(body, m.path, valid(m.shape))
        compare(name + " with too much", name, body, wanted)


def put_into(body, path, value):
    for part in path[:-1]:
        body = body.setdefault(part, {})
    body[path[-1]] = value


def compare(what, operation, body, wanted):
    status, kind, message = call(operation, body)
    head, _, rest = str(message).partition(" detected: ")
    found = set(re.findall(r"Value (?:null|'[^']*') at '([\w.]+)' failed to "
                           r"satisfy constraint: Member must (.*?)(?:; |$)",
                           rest))
    count = len(wanted)
    if count and ((status, kind) != (400, VALIDATION) or found != wanted or
                  head != f"{count} validation error{'s' * (count > 1)}"):
        tap.ok(False, what, f"{message}\nwant: {sorted(wanted)}")
    else:
        compare.good += 1


compare.good = 0


def test_one_message():
    test_everything_at_once()
    tap.ok(compare.good >= 2 * len({m.operation for m in MEMBERS}),
           "all errors of a request are in one message", compare.good)
    tap.is_(call("RecordActivityTaskHeartbeat", {"details": 7})[1],
            SERIALIZATION, "another kind of JSON comes first")
    deep = {"taskToken": "x", "decisions": [
        {"decisionType": "StartTimer", "startTimerDecisionAttributes": {}},
        {"decisionType": "Nothing"}, {}]}
    message = call("RespondDecisionTaskCompleted", deep)[2]
    tap.is_(re.findall("at '(.*?)'", message), [
        "decisions.1.member.startTimerDecisionAttributes.timerId",
        "decisions.1.member.startTimerDecisionAttributes.startToFireTimeout",
        "decisions.2.member.decisionType", "decisions.3.member.decisionType"],
        "deep in lists too")


FORBIDDEN = [":", "/", "|", "\u0001", "\t", "\n", "\x1f", "\x7f", "\x80",
             "\x9f"]


def test_names():
    """Which names are restricted is in the model's text."""
    def named(m):
        """A list's name has its text at the list."""
        return "vertical bar" in documented(m.shape)

    restricted = []
    for m in MEMBERS:
        if not named(m):
            continue
        if m.shape.type_name == "structure":
            m = Member(m.operation, m.top, m.path + ("name",),
                       m.shape.members["name"], True)
        restricted.append(m)

    def refused():
        for m in restricted:
            for text in (["arn", " x", "x ", " "] +
                         ["a" + c + "b" for c in FORBIDDEN] + FORBIDDEN):
                _, kind, message = m.ask(text)
                want = (f"at '{told(m.path)}' failed to satisfy constraint: "
                        "Member must satisfy regular expression pattern: ")
                good = kind == VALIDATION and want in message
                yield f"{m.name} = {text!r}", None if good else message

    def taken():
        for m in restricted:
            for text in ("arnx", "ARN", "a b", "a.b\\c;,*?\"'<>%", "é",
                         "\xa0x", "日本", ASTRAL, "\u2028"):
                yield f"{m.name} = {text!r}", m.takes(text)

    check("a name has none of : / | and control characters", refused())
    check("a name may have others", taken())


def test_durations():
    def cases():
        for m in MEMBERS:
            if not is_duration(m):
                continue
            last = m.path[-1].lower()
            year = last.endswith("executionstarttoclosetimeout")
            days = "days" in last
            none = not year and last != "starttofiretimeout"
            for text in ("x", "-1", "1.5", "1e3", " 1", "1 ", "+1", "none",
                         "0x10", "NONE "):
                yield f"{m.name} = {text}", (
                    None if m.takes(text) else "it was taken")
            for text in ("0", "1", "007"):
                yield f"{m.name} = {text}", m.takes(text)
            yield m.name + " = NONE", (
                m.takes("NONE") if none
                else None if m.takes("NONE") else "NONE was taken")
            for most in [YEAR] * year + [90] * days:
                yield m.name, m.takes(str(most))
                yield m.name, m.refuses(str(most + 1), "have value less than "
                                        f"or equal to {most}")

    def priorities():
        for m in MEMBERS:
            if m.shape.name != "TaskPriority":
                continue
            for text in ("0", "-2147483648", "2147483647"):
                yield m.name, m.takes(text)
            for text in ("", "-", "x", "1.5", "-2147483649", "2147483648",
                         "99999999999999999999"):
                yield f"{m.name} = {text}", (
                    None if m.takes(text) else "it was taken")

    check("a duration is a number of seconds or of days, or NONE", cases())
    check("a priority is a number of 32 bits", priorities())


tap.run([test_every_operation_is_known, test_the_least_is_taken,
         test_required, test_lengths, test_enumerations, test_numbers,
         test_lists, test_types, test_one_message, test_names,
         test_durations])

# SPDX-License-Identifier: MIT
"""The set-ups of credentials.py: what an environment, two files and services
on loopback can be made of (DIMENSIONS), and where tend and botocore differ on
purpose (Differences).
"""
import contextlib
import hashlib
import json
import os

from credentials_services import CONTAINER, FAR, IMDS

REFUSED = "refused"


class Setup:
    """An environment and two files; "main" is the profile in use."""

    def __init__(self, place, port):
        self.place = place
        self.url = "http://127.0.0.1:%d" % port
        self.port = port
        self.main = "default"
        self.option = None
        self.words = []
        self.config = {}
        self.secrets = {}
        self.style = {}
        self.in_turn = False  # or both sides at once
        # Nobody may ever ask a machine that is not ours.
        self.env = {
            "HOME": place, "PATH": os.environ["PATH"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1/",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_ENDPOINT_URL_SSO": self.url,
            "AWS_ENDPOINT_URL_SSO_OIDC": self.url}

    def set(self, **values):
        """Variables; one that is None is taken away."""
        for name, value in values.items():
            self.env.pop(name, None)
            if value is not None:
                self.env[name] = value

    def conf(self, profile=None, **values):
        lines = self.config.setdefault(profile or self.main, {})
        lines.update(values)

    def secret(self, profile=None, **values):
        lines = self.secrets.setdefault(profile or self.main, {})
        lines.update(values)

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.place, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def section(self, header, **values):
        """Of the config file, and no profile."""
        self.config["[%s]" % header] = values

    def header(self, profile, secret):
        if profile.startswith("["):
            return profile
        if secret or (profile == "default" and not self.style.get("long")):
            return "[%s]" % profile
        if self.style.get("quoted"):
            return '[profile "%s"]' % profile
        return "[profile%s%s]" % (self.style.get("gap", " "), profile)

    def text(self, profiles, secret):
        end = self.style.get("end", "\n")
        equals = self.style.get("equals", " = ")
        lines = []
        for profile, values in profiles.items():
            lines.append(self.header(profile, secret))
            for key, value in values.items():
                if self.style.get("upper"):
                    key = key.upper()
                lines.append(key + equals + value)
                lines += self.style.get("between", [])
        return "".join(line + end for line in lines)

    def write(self):
        for name, profiles, secret in ((".aws/config", self.config, False),
                                       (".aws/credentials", self.secrets,
                                        True)):
            if profiles:
                self.file(name, self.style.get("begin", "") +
                          self.text(profiles, secret))

    def describe(self):
        yield "option: %s" % self.option
        for name, value in self.env.items():
            yield "%s=%s" % (name, value)
        for name in (".aws/config", ".aws/credentials"):
            with contextlib.suppress(OSError):
                with open(os.path.join(self.place, name),
                          encoding="utf-8") as file:
                    yield "%s:" % name
                    yield from file.read().splitlines()


def keys(name, token=None):
    values = {"aws_access_key_id": "AKIA" + name,
              "aws_secret_access_key": "secret+/=" + name}
    if token:
        values[token] = "token/" + name
    return values


def env_keys(name):
    return {"AWS_ACCESS_KEY_ID": "AKIA" + name,
            "AWS_SECRET_ACCESS_KEY": "secret/" + name}


ROLE = "arn:aws:iam::123456789012:role/"

# Each function of a dimension makes one choice; a name that begins with "_"
# is the choice of nothing.  They run in the order of DIMENSIONS: which
# profile is in use is known to those that follow.


class Selection:
    """Which profile is in use."""
    def _default(s): pass
    def variable(s): s.main = "p"; s.set(AWS_PROFILE="p")
    def old_variable(s): s.main = "p"; s.set(AWS_DEFAULT_PROFILE="p")
    def both(s): s.main = "p"; s.set(AWS_PROFILE="p", AWS_DEFAULT_PROFILE="p")
    def option(s): s.main = s.option = "p"
    def option_beats(s): s.main = s.option = "p"; s.set(AWS_PROFILE="other")
    def option_default(s): s.option = "default"
    def named_default(s): s.set(AWS_PROFILE="default")
    def spaced(s): s.main = "a b"; s.set(AWS_PROFILE="a b"); \
        s.style["quoted"] = True
    def odd(s): s.main = "a.b@c/d-e_f"; s.set(AWS_PROFILE=s.main)
    def missing(s): s.set(AWS_PROFILE="missing")
    def missing_option(s): s.option = "missing"


class Dialect:
    """How the files are written, within what both understand."""
    def _plain(s): pass
    def tight(s): s.style["equals"] = "="
    def crlf(s): s.style["end"] = "\r\n"
    def upper(s): s.style["upper"] = True
    def wide(s): s.style["equals"] = "\t=  "
    def comments(s): s.style["between"] = ["# a = b", "; c", ""]
    def gap(s): s.style["gap"] = "   "
    def long_default(s): s.style["long"] = True
    def other_profiles(s): s.conf("z", **keys("Z")); s.secret("z", **keys("Y"))
    def elsewhere(s): s.set(
        AWS_CONFIG_FILE=os.path.join(s.place, ".aws/config"),
        AWS_SHARED_CREDENTIALS_FILE="~/.aws/credentials")
    def nowhere(s): s.set(AWS_CONFIG_FILE="/nonexistent/config")


class Environment:
    """Keys in the environment."""
    def _none(s): pass
    def empty(s): s.set(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    def pair(s): s.set(**env_keys("ENV"))
    def session(s): s.set(AWS_SESSION_TOKEN="tok/en", **env_keys("ENV"))
    def security(s): s.set(AWS_SECURITY_TOKEN="old", **env_keys("ENV"))
    def both(s): s.set(AWS_SECURITY_TOKEN="old", AWS_SESSION_TOKEN="new",
                       **env_keys("ENV"))
    def blank_token(s): s.set(AWS_SECURITY_TOKEN="", AWS_SESSION_TOKEN="new",
                              **env_keys("ENV"))
    def id_only(s): s.set(AWS_ACCESS_KEY_ID="AKIAHALF")
    def id_and_blank(s): s.set(AWS_ACCESS_KEY_ID="AKIAHALF",
                               AWS_SECRET_ACCESS_KEY="")
    def token_only(s): s.set(AWS_SESSION_TOKEN="tok/en")


class Secrets:
    """Keys in the shared credentials file."""
    def _none(s): pass
    def pair(s): s.secret(**keys("FILE"))
    def session(s): s.secret(**keys("FILE", "aws_session_token"))
    def security(s): s.secret(**keys("FILE", "aws_security_token"))
    def both(s): s.secret(aws_security_token="old",
                          **keys("FILE", "aws_session_token"))
    def id_only(s): s.secret(aws_access_key_id="AKIAHALF")
    def other_profile(s): s.secret("other", **keys("OTHER"))
    def only_region(s): s.secret(region="eu-west-1")


class Config:
    """Keys in the config file."""
    def _none(s): pass
    def pair(s): s.conf(**keys("CONF"))
    def session(s): s.conf(**keys("CONF", "aws_session_token"))
    def security(s): s.conf(**keys("CONF", "aws_security_token"))
    def id_only(s): s.conf(aws_access_key_id="AKIAHALF")
    def only_region(s): s.conf(region="eu-west-1", output="json")


def process(s, name, text):
    path = s.file("process-" + name, "#!/bin/sh\n%s\n" % text, 0o700)
    s.conf(credential_process=path)


def printed(**changes):
    document = {"Version": 1, "AccessKeyId": "ASIAPROCESS",
                "SecretAccessKey": "secret", "SessionToken": "tok"}
    document.update(changes)
    return "cat <<'END'\n%s\nEND" % json.dumps(
        {k: v for k, v in document.items() if v is not None})


class Process:
    """credential_process"""
    def _none(s): pass
    def good(s): process(s, "good", printed())
    def tokenless(s): process(s, "tokenless", printed(SessionToken=None))
    def expiring(s): process(s, "expiring", printed(Expiration=FAR))
    def zone(s): process(s, "zone", printed(
        Expiration="2999-01-01T02:00:00+02:00"))
    def noisy(s): process(s, "noisy", "echo hello >&2\n" + printed())
    def arguments(s):
        process(s, "arguments", printed(SessionToken="$#-${#1}-$2").replace(
            "'END'", "END"))
        s.conf(credential_process=s.config[s.main]["credential_process"] +
               ' "a  b" \'$HOME\'')
    def version(s): process(s, "version", printed(Version=2))
    def text_version(s): process(s, "text", printed(Version="1"))
    def versionless(s): process(s, "versionless", printed(Version=None))
    def keyless(s): process(s, "keyless", printed(AccessKeyId=None))
    def secretless(s): process(s, "secretless", printed(SecretAccessKey=None))
    def bad_time(s): process(s, "badtime", printed(Expiration="soon"))
    def junk(s): process(s, "junk", "echo hello")
    def silent(s): process(s, "silent", "exit 0")
    def fails(s): process(s, "fails", printed() + "\nexit 3")
    def killed(s): process(s, "killed", printed() + "\nkill -9 $$")
    def missing(s): s.conf(credential_process="/nonexistent/program")


def role(s, name="r", **values):
    s.conf(role_arn=ROLE + name, **values)


class AssumeRole:
    """role_arn with a source of its own."""
    def _none(s): pass
    def from_profile(s): role(s, source_profile="s"); \
        s.conf("s", **keys("SOURCE"))
    def from_secrets(s): role(s, source_profile="s"); \
        s.secret("s", **keys("SOURCE", "aws_session_token"))
    def with_all(s): role(s, source_profile="s", external_id="e/=x",
                          role_session_name="me@here", duration_seconds="900");\
        s.secret("s", **keys("SOURCE"))
    def of_itself(s): role(s, source_profile=s.main); \
        s.conf(**keys("SELF"))
    def of_itself_in_secrets(s): role(s, source_profile=s.main); \
        s.secret(**keys("SELF"))
    def of_itself_without(s): role(s, source_profile=s.main)
    def chain(s): role(s, source_profile="q"); \
        s.conf("q", role_arn=ROLE + "q", source_profile="s"); \
        s.secret("s", **keys("SOURCE"))
    def static_ends_chain(s): role(s, source_profile="q"); \
        s.conf("q", role_arn=ROLE + "q", source_profile="s", **keys("Q")); \
        s.secret("s", **keys("SOURCE"))
    def loop(s): role(s, source_profile="q"); \
        s.conf("q", role_arn=ROLE + "q", source_profile=s.main)
    def of_process(s):
        role(s, source_profile="s")
        path = s.file("process-source", "#!/bin/sh\n%s\n" % printed(), 0o700)
        s.conf("s", credential_process=path)
    def of_web_identity(s): role(s, source_profile="s"); s.conf(
        "s", role_arn=ROLE + "web",
        web_identity_token_file=s.file("token-s", "ey.S0"))
    def of_environment(s): role(s, credential_source="Environment"); \
        s.set(AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY="secret"); \
        s.option = s.option or s.main
    def of_no_environment(s): role(s, credential_source="Environment")
    def of_container(s): role(s, credential_source="EcsContainer"); s.set(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=s.url + "/container/good")
    def of_no_container(s): role(s, credential_source="EcsContainer")
    def of_instance(s): role(s, credential_source="Ec2InstanceMetadata"); \
        instance(s, "good")
    def of_bad_instance(s): role(s, credential_source="Ec2InstanceMetadata"); \
        instance(s, "roleless")
    def of_nobody(s): role(s, credential_source="Nobody")
    def two_sources(s): role(s, source_profile="s",
                             credential_source="Environment"); \
        s.secret("s", **keys("SOURCE"))
    def no_source(s): role(s)
    def missing_source(s): role(s, source_profile="nowhere")
    def empty_source(s): role(s, source_profile="s"); \
        s.conf("s", region="eu-west-1")
    def half_source(s): role(s, source_profile="s"); \
        s.secret("s", aws_access_key_id="AKIAHALF")
    def denied(s): role(s, "denied", source_profile="s"); \
        s.secret("s", **keys("SOURCE"))
    def no_role(s): s.conf(source_profile="s"); s.secret("s", **keys("SOURCE"))


class WebIdentity:
    """web_identity_token_file, or the variable."""
    def _none(s): pass
    def variable(s): s.set(
        AWS_WEB_IDENTITY_TOKEN_FILE=s.file("token", "ey.J0-_"),
        AWS_ROLE_ARN=ROLE + "web")
    def named_session(s): s.set(
        AWS_WEB_IDENTITY_TOKEN_FILE=s.file("token", "ey.J0-_"),
        AWS_ROLE_ARN=ROLE + "web", AWS_ROLE_SESSION_NAME="pod-1")
    def profile(s): s.conf(
        web_identity_token_file=s.file("token", "ey.J0-_"),
        role_arn=ROLE + "web")
    def session_of_profile(s): s.conf(
        web_identity_token_file=s.file("token", "ey.J0-_"),
        role_arn=ROLE + "web", role_session_name="mine")
    def mixed(s): s.conf(role_arn=ROLE + "conf", source_profile="s"); s.set(
        AWS_WEB_IDENTITY_TOKEN_FILE=s.file("token", "ey.J0-_"))
    def roleless(s): s.set(
        AWS_WEB_IDENTITY_TOKEN_FILE=s.file("token", "ey.J0-_"))
    def fileless(s): s.set(
        AWS_WEB_IDENTITY_TOKEN_FILE="/nonexistent/token",
        AWS_ROLE_ARN=ROLE + "web")
    def role_alone(s): s.set(AWS_ROLE_ARN=ROLE + "web")
    def denied(s): s.set(
        AWS_WEB_IDENTITY_TOKEN_FILE=s.file("token", "ey.J0-_"),
        AWS_ROLE_ARN=ROLE + "denied")


START = "https://corp.awsapps.com/start"


def signed_in(s, of, **changes):
    """Leaves a token of "aws sso login" in the cache."""
    token = {"startUrl": START, "region": "eu-west-1",
             "accessToken": "sso-token", "expiresAt": FAR}
    token.update(changes)
    s.file(".aws/sso/cache/%s.json" % hashlib.sha1(of.encode()).hexdigest(),
           json.dumps({k: v for k, v in token.items() if v is not None}))


def sso(s, **changes):
    """A profile of the older form."""
    values = {"sso_start_url": START, "sso_region": "eu-west-1",
              "sso_account_id": "123456789012", "sso_role_name": "Reader"}
    values.update(changes)
    s.conf(**{k: v for k, v in values.items() if v is not None})


def sso_session(s, **changes):
    sso(s, **{"sso_start_url": None, "sso_region": None,
              "sso_session": "corp", **changes})
    s.section("sso-session corp", sso_start_url=START, sso_region="eu-west-1",
              sso_registration_scopes="sso:account:access")


OLD = {"expiresAt": "2020-01-01T00:00:00Z", "accessToken": "old-token"}
RENEWABLE = {"refreshToken": "again", "clientId": "id",
             "clientSecret": "secret", "registrationExpiresAt": FAR}


class SignOn:
    """Single sign-on, in both forms."""
    def _none(s): pass
    def older(s): sso(s); signed_in(s, START)
    def older_utc(s): sso(s); \
        signed_in(s, START, expiresAt="2999-01-01T00:00:00UTC")
    def session(s): sso_session(s); signed_in(s, "corp")
    def session_repeated(s): sso_session(s, sso_region="eu-west-1"); \
        signed_in(s, "corp")
    def session_differs(s): sso_session(s, sso_region="eu-west-2"); \
        signed_in(s, "corp")
    def renewed(s): sso_session(s); s.__dict__.update(in_turn=True); \
        signed_in(s, "corp", **OLD, **RENEWABLE)
    def not_renewable(s): sso_session(s); signed_in(s, "corp", **OLD)
    def registration_over(s): sso_session(s); signed_in(
        s, "corp", **OLD, **{**RENEWABLE, "registrationExpiresAt":
                             "2020-01-01T00:00:00Z"})
    def older_over(s): sso(s); signed_in(s, START, **OLD)
    def refused(s): sso(s); signed_in(s, START, accessToken="other")
    def nobody(s): sso(s)
    def other_person(s): sso(s); signed_in(s, "https://other/start")
    def no_token(s): sso(s); signed_in(s, START, accessToken=None)
    def no_end(s): sso(s); signed_in(s, START, expiresAt=None)
    def no_region(s): sso(s, sso_region=None); signed_in(s, START)
    def no_account(s): sso(s, sso_account_id=None); signed_in(s, START)
    def no_role(s): sso(s, sso_role_name=None); signed_in(s, START)
    def no_start(s): sso(s, sso_start_url=None); signed_in(s, START)


def container(s, kind, **values):
    s.set(AWS_CONTAINER_CREDENTIALS_FULL_URI=s.url + "/container/" + kind,
          **values)


class Container:
    """AWS_CONTAINER_CREDENTIALS_FULL_URI, at the end of the chain."""
    def _none(s): pass
    def authorized(s): container(
        s, "auth-Bearer", AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer")
    def unauthorized(s): container(
        s, "auth-Bearer", AWS_CONTAINER_AUTHORIZATION_TOKEN="Other")
    def bad_token(s): container(
        s, "good", AWS_CONTAINER_AUTHORIZATION_TOKEN="a\nb")
    def localhost(s): s.set(AWS_CONTAINER_CREDENTIALS_FULL_URI=(
        "http://localhost:%d/container/good?a=b" % s.port))
    def unreachable(s): s.set(
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:1/x")
    def forbidden(s): s.set(
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://192.0.2.1/x")
    def forbidden_name(s): s.set(
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://localhost.invalid/x")
    def user(s): s.set(AWS_CONTAINER_CREDENTIALS_FULL_URI=(
        "http://127.0.0.1@192.0.2.1/x"))
    def no_url(s): s.set(AWS_CONTAINER_CREDENTIALS_FULL_URI="container")


for kind in CONTAINER:
    if kind not in ("past", "failed", "string"):
        setattr(Container, "answer_" + kind,
                lambda s, kind=kind: container(s, kind))


def instance(s, kind, **values):
    s.set(**{"AWS_EC2_METADATA_DISABLED": None,
             "AWS_EC2_METADATA_SERVICE_ENDPOINT": s.url + "/imds/" + kind,
             **values})


class Instance:
    """The instance's metadata service."""
    def _off(s): pass
    def slash(s): instance(s, "good/")
    def mode(s): instance(
        s, "good", AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv4")
    def mode_loses(s): instance(
        s, "good", AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv6")
    def off_is_off(s): instance(s, "good", AWS_EC2_METADATA_DISABLED="TRUE")
    def off_is_on(s): instance(s, "good", AWS_EC2_METADATA_DISABLED="no")
    def attempts(s): instance(
        s, "500", AWS_METADATA_SERVICE_NUM_ATTEMPTS="2",
        AWS_METADATA_SERVICE_TIMEOUT="5")
    def unreachable(s): s.set(AWS_EC2_METADATA_DISABLED=None)


for kind in IMDS:
    if kind not in ("v1", "off", "lines", "past"):
        setattr(Instance, "answer_" + kind,
                lambda s, kind=kind: instance(s, kind))

DIMENSIONS = [Selection, Dialect, Environment, AssumeRole, WebIdentity,
              SignOn, Secrets, Process, Config, Container, Instance]


def choices(dimension):
    named = [(name, function) for name, function in vars(dimension).items()
             if callable(function)]
    return ([c for c in named if c[0].startswith("_")][0],
            [c for c in named if not c[0].startswith("_")])


def all_choices():
    """(index of its dimension, name, function) of each choice of something."""
    return [(index, *choice) for index, dimension in enumerate(DIMENSIONS)
            for choice in choices(dimension)[1]]


def generate(setup, rng, wanted):
    """One choice is wanted; the other dimensions are as likely as not, but
    seldom what would be found before it in the chain."""
    for index, dimension in enumerate(DIMENSIONS):
        nothing, others = choices(dimension)
        chance = 0.12 if 2 <= index < wanted[0] else 0.45
        name, choose = nothing
        if index == wanted[0]:
            _, name, choose = wanted
        elif rng.random() < chance:
            name, choose = rng.choice(others)
        choose(setup)
        if not name.startswith("_"):
            setup.words.append("%s %s" % (dimension.__name__, name))



# ---- where they differ -------------------------------------------------------

class Differences:
    """Set-ups in which the two differ on purpose: what tend gives, what
    botocore gives (a key id, or REFUSED), and why."""

    def inline_comment(s):
        """' #' begins a comment: profile-parser-tests.json of smithy-rs and
        every newer SDK; Python's RawConfigParser keeps it in the value"""
        s.secret(aws_access_key_id="AKIA1 # mine",
                 aws_secret_access_key="secret ; mine")
        return "AKIA1", "AKIA1 # mine"

    def duplicate_key(s):
        """the last one counts: profile-parser-tests.json; Python's
        RawConfigParser refuses the whole file"""
        s.secret(aws_access_key_id="AKIA0\naws_access_key_id = AKIA1",
                 aws_secret_access_key="secret")
        return "AKIA1", REFUSED

    def duplicate_section(s):
        """two sections of one name are one: profile-parser-tests.json;
        Python's RawConfigParser refuses the whole file"""
        s.secret(aws_access_key_id="AKIA1\n[default]",
                 aws_secret_access_key="secret")
        return "AKIA1", REFUSED

    def byte_order_mark(s):
        """skipped, as some editors write it; RawConfigParser refuses it"""
        s.secret(**keys("1"))
        s.style["begin"] = "\ufeff"
        return "AKIA1", REFUSED

    def both_defaults(s):
        """[profile default] beats [default] wherever it stands:
        profile-parser-tests.json; in botocore's configloader.py
        build_profile_map() the later one wins"""
        s.conf("default", **keys("2"))
        s.config = {"x]\n[profile default": keys("1"), **s.config}
        return "AKIA1", "AKIA2"

    def region_variable(s):
        """AWS_REGION is read first, as by all other SDKs and version 2 of
        the CLI; botocore's configprovider.py knows AWS_DEFAULT_REGION only,
        so the two sign for different regions"""
        s.set(AWS_REGION="eu-west-3")
        AssumeRole.from_profile(s)
        return "ASIA", "ASIA"

    def profile_variables(s):
        """AWS_PROFILE goes first, as in all other SDKs; botocore's
        session.py has AWS_DEFAULT_PROFILE before it"""
        s.set(AWS_PROFILE="a", AWS_DEFAULT_PROFILE="b")
        s.secret("a", **keys("A"))
        s.secret("b", **keys("B"))
        return "AKIAA", "AKIAB"

    def secret_alone(s):
        """half a pair is a mistake, whichever half; EnvProvider in
        credentials.py looks at AWS_ACCESS_KEY_ID only and goes on"""
        s.set(AWS_SECRET_ACCESS_KEY="secret")
        s.secret(**keys("1"))
        return REFUSED, "AKIA1"

    def secret_alone_in_file(s):
        """the same; SharedCredentialProvider goes on"""
        s.secret(aws_secret_access_key="secret")
        s.conf(**keys("1"))
        return REFUSED, "AKIA1"

    def empty_key(s):
        """an empty value is none: SDK test case environment_variables_blank;
        SharedCredentialProvider gives an empty key"""
        s.secret(aws_access_key_id="", aws_secret_access_key="")
        s.conf(**keys("1"))
        return "AKIA1", ""

    def empty_web_identity(s):
        """an empty variable is none; in credentials.py _get_env_config() an
        empty AWS_ROLE_ARN hides the profile's"""
        s.conf(web_identity_token_file=s.file("token", "ey.J0"),
               role_arn=ROLE + "web")
        s.set(AWS_ROLE_ARN="")
        return "ASIA", REFUSED

    def token_newline(s):
        """one newline after a token is taken away; FileWebIdentityTokenLoader
        in utils.py sends it, and STS would refuse it"""
        s.set(AWS_WEB_IDENTITY_TOKEN_FILE=s.file("token", "ey.J0\n"),
              AWS_ROLE_ARN=ROLE + "web")
        return "ASIA", "ASIA"

    def session_alone(s):
        """login_session is refused by name, for it cannot be used; this
        botocore does not know it"""
        s.conf(login_session="arn:aws:sts::1:x")
        container(s, "good")
        return REFUSED, "ASIACONTAINER"

    def session_unknown(s):
        """a sign-on is looked at when its turn comes; create_client() looks
        for the token of one whenever another provider needs STS"""
        AssumeRole.from_secrets(s)
        sso_session(s, sso_session="nobody")
        return "ASIA", REFUSED

    def container_token_file(s):
        """AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (EKS Pod Identity) is newer
        than this botocore; ContainerProvider in 1.34 has it"""
        container(s, "auth-tok", AWS_CONTAINER_AUTHORIZATION_TOKEN="old",
                  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=s.file("t", "tok"))
        return "ASIACONTAINER", REFUSED

    def container_loopback(s):
        """all of 127.0.0.0/8 is this machine, as the SDKs' test cases for
        the full URI have it; this botocore's utils.py has a list of three"""
        s.set(AWS_CONTAINER_CREDENTIALS_FULL_URI=(
            "http://127.0.0.2:%d/container/good" % s.port))
        return "ASIACONTAINER", REFUSED

    def container_empty(s):
        """an empty variable is none; ContainerProvider looks whether it is
        there"""
        s.set(AWS_CONTAINER_CREDENTIALS_FULL_URI="")
        instance(s, "good")
        return "ASIAIMDS", REFUSED

    def container_failed(s):
        """a Code that is not Success is a failure, as in the Rust SDK's
        json_credentials.rs; ContainerMetadataFetcher does not look at it"""
        container(s, "failed")
        return REFUSED, "ASIAFAILED"

    def container_past(s):
        """whether a set has expired is for the service to say, by its own
        clock; RefreshableCredentials goes by this machine's"""
        container(s, "past")
        return "ASIAPAST", REFUSED

    def instance_past(s):
        """both use an expired set of an instance, the SDKs' static
        stability; botocore has moved the time of its end"""
        instance(s, "past")
        return "ASIAPAST", "ASIAPAST"

    def instance_version_1(s):
        """version 1 of IMDS has no session token against forged requests:
        the Rust SDK has none of it; IMDSFetcher falls back to it on 404"""
        instance(s, "v1")
        return REFUSED, "ASIAIMDS"

    def instance_forbidden(s):
        """the same, on 403"""
        instance(s, "off")
        return REFUSED, "ASIAIMDS"

    def instance_role_lines(s):
        """the first line is the role's name, as the documentation has it;
        _get_iam_role() in utils.py takes all lines for the name"""
        instance(s, "lines")
        return "ASIAIMDS", REFUSED

    def instance_bad_mode(s):
        """an endpoint mode that is none is said when the mode is needed;
        create_credential_resolver() looks at it in any case"""
        s.set(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="ipv5", **env_keys("1"))
        return "AKIA1", REFUSED

    def duration(s):
        """a duration that is no number is refused; _get_role_config() in
        credentials.py leaves it out without a word"""
        AssumeRole.from_profile(s)
        s.conf(duration_seconds="1h")
        return REFUSED, "ASIA"

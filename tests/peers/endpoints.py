# SPDX-License-Identifier: MIT
"""Has botocore's rules and tend make endpoints and compares them.

    endpoints.py ENDPOINTS

ENDPOINTS is the program tests/peers/endpoints.  Writes TAP.  Each service is
asked for in each region that botocore knows, and in some that it does not,
with and without FIPS and dual-stack.

Debian's botocore is older than the rules that tend follows.  Where the two
differ the difference is named here, with what it comes from; anything else
that differs is a failure, and so is a difference that is none any more.
"""
import itertools
import json
import os
import subprocess
import sys

try:
    import botocore
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError, InvalidRegionError
    from botocore.utils import validate_region_name
except ImportError as problem:
    print("1..0 # SKIP no botocore with rules for endpoints: %s" % problem)
    sys.exit(0)

PROGRAM = sys.argv[1]
DATA = os.path.join(os.path.dirname(botocore.__file__), "data")
SERVICES = ("swf", "sts", "sso", "sso-oidc")
NEW = ("us-new-9", "eu-other-12", "cn-new-1", "us-gov-new-2", "us-iso-new-3",
       "us-isob-new-4", "xx-unknown-1", "nonsense", "mx-central-1",
       "il-central-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1")
BAD = ("us_east_1", "us.east.1", "-us-east-1", "us-east-1-", "1", "123",
       "evil.com/", "a" * 64, "a" * 65, "us-east-1@evil")
results = []


def load(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return json.load(file)


def rules_of(service):
    newest = sorted(os.listdir(os.path.join(DATA, service)))[-1]
    return load("%s/%s/endpoint-rule-set-1.json" % (service, newest))


PARTITIONS = load("partitions.json")
PROVIDERS = {service: EndpointProvider(rules_of(service), PARTITIONS)
             for service in SERVICES}


def known_regions():
    """Those of both tables, without the names for a whole partition."""
    found = set()
    for partition in PARTITIONS["partitions"]:
        found.update(partition["regions"])
    for partition in load("endpoints.json")["partitions"]:
        found.update(partition["regions"])
    return sorted(region for region in found if not region.endswith("-global"))


def theirs(service, region, fips, dual, world, url):
    """URL and signing region, or "refused"."""
    parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
    if service == "sts":
        parameters["UseGlobalEndpoint"] = world
    if url is not None:
        parameters["Endpoint"] = url
    try:
        validate_region_name(region)
        endpoint = PROVIDERS[service].resolve_endpoint(**parameters)
    except (EndpointProviderError, InvalidRegionError):
        return "refused"
    schemes = endpoint.properties.get("authSchemes", [{}])
    return "%s/ %s" % (endpoint.url.rstrip("/"),
                       schemes[0].get("signingRegion", region))


def explained(service, region, fips, dual, they, we):
    """What is known to differ: the newer rule's endpoint must be ours."""
    gov = region.startswith("us-gov-")
    # Rules of swf, sso and sso-oidc of 2023 and later: GovCloud's plain
    # endpoints are FIPS.
    if gov and fips and not dual and service != "sts":
        return we == they.replace("-fips", "")
    # Rules of swf of 2023 and later: its dual-stack one is FIPS.
    if gov and dual and not fips and service == "swf":
        return we == they.replace("swf.", "swf-fips.")
    # Partitions that partitions.json has got since, and dual-stack in them.
    newer = {
        "us-iso-": ("c2s.ic.gov", "api.aws.ic.gov"),
        "us-isob-": ("sc2s.sgov.gov", "api.aws.scloud"),
        "eu-isoe-": ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        "us-isof-": ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        "eusc-de-": ("amazonaws.eu", "api.amazonwebservices.eu"),
    }
    for prefix, suffixes in newer.items():
        if region.startswith(prefix):
            name = {"sso": "portal.sso", "sso-oidc": "oidc"}.get(service, service)
            return we == "https://%s%s.%s.%s/ %s" % (
                name, "-fips" if fips else "", region, suffixes[dual], region)
    return False


def cases():
    switches = list(itertools.product((False, True), repeat=2))
    for service in SERVICES:
        for region in known_regions() + list(NEW) + list(BAD):
            for fips, dual in switches:
                for world in (False, True) if service == "sts" else (False,):
                    yield service, region, fips, dual, world, None
        for fips, dual in switches:
            for url in ("https://example.com", "https://example.com:8443",
                        "https://[fd00::1]:8443"):
                yield service, "us-east-1", fips, dual, False, url


def ours(rows):
    lines = ["%s %s %d %d %d %s" % (service, region, fips, dual, world,
                                    url or "-")
             for service, region, fips, dual, world, url in rows]
    done = subprocess.run([PROGRAM], input="\n".join(lines) + "\n", text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


def report(good, name):
    results.append(good)
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name))


rows = list(cases())
answers = ours(rows)
report(len(answers) == len(rows), "an answer to each of %d" % len(rows))
counts = {}
for row, we in zip(rows, answers):
    they = theirs(*row)
    good = we == they
    known = not good and explained(*row[:4], they, we)
    count = counts.setdefault(row[0], [0, 0, 0])
    count[0 if good else 1 if known else 2] += 1
    if not good and not known:
        print("# %s: ours %s, botocore's %s" % (row, we, they))
for service, (same, known, wrong) in counts.items():
    report(wrong == 0 and same > 100,
           "%s: %d endpoints as botocore's, %d by newer rules"
           % (service, same, known))
report(sum(known for _, known, _ in counts.values()) < len(rows) / 4,
       "the newer rules are the smaller part")
print("1..%d" % len(results))
sys.exit(0 if all(results) else 1)

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""boto3 on what is registered in swf-local: domains, types and tags, their
lists page by page, and what is deprecated."""

import os
import re
import sys

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import Life, Service, fault, tap, violations

service = Service("--hold", "1s")
client = service.client()


def register(name, **more):
    client.register_domain(name=name,
                           workflowExecutionRetentionPeriodInDays="7", **more)


def names_of(pages):
    return [info["name"] for page in pages for info in page["domainInfos"]]


def domains(status="REGISTERED", size=1000, **more):
    return names_of(client.get_paginator("list_domains").paginate(
        registrationStatus=status, PaginationConfig={"PageSize": size},
        **more))


def test_domains():
    register("b", description="the second", tags=[
        {"key": "k", "value": "1"}, {"key": "empty", "value": ""},
        {"key": "k", "value": "2"}])
    for name in ("d", "a", "ü", "C", "e"):
        register(name)
    told = client.describe_domain(name="b")
    arn = told["domainInfo"]["arn"]
    tap.is_((told["domainInfo"], told["configuration"]),
            ({"name": "b", "status": "REGISTERED", "arn": arn,
              "description": "the second"},
             {"workflowExecutionRetentionPeriodInDays": "7"}),
            "DescribeDomain tells what was registered")
    tap.ok(re.fullmatch(r"arn:aws:swf:[a-z0-9-]+:\d{12}:/domain/b", arn),
           "with an ARN", arn)
    tap.ok("description" not in client.describe_domain(name="a")
           ["domainInfo"], "no description is none")
    tap.is_(domains(), ["C", "a", "b", "d", "e", "ü"],
            "ListDomains is in alphabetical order")
    tap.is_(domains(size=2, reverseOrder=True),
            ["ü", "e", "d", "b", "a", "C"], "or backwards, in pages")
    page = client.list_domains(registrationStatus="REGISTERED",
                               maximumPageSize=2)
    register("aa")
    rest = client.list_domains(registrationStatus="REGISTERED",
                               maximumPageSize=9,
                               nextPageToken=page["nextPageToken"])
    tap.is_(names_of([page, rest]), ["C", "a", "b", "d", "e", "ü"],
            "a domain registered meanwhile shows nothing twice")
    page = client.list_domains(registrationStatus="REGISTERED",
                               maximumPageSize=3, reverseOrder=True)
    register("ab")
    rest = client.list_domains(registrationStatus="REGISTERED",
                               maximumPageSize=9, reverseOrder=True,
                               nextPageToken=page["nextPageToken"])
    tap.is_(names_of([page, rest]), ["ü", "e", "d", "b", "ab", "aa", "a", "C"],
            "nor leaves one out")
    tap.is_(fault(client.describe_domain, name="none"),
            ("UnknownResourceFault", "Unknown domain: none"),
            "no such domain")


def test_deprecated_domains():
    life = Life(client)
    name = life.domain
    client.deprecate_activity_type(domain=name, activityType=life.activity)
    client.deprecate_domain(name=name)
    tap.is_(fault(client.deprecate_domain, name=name),
            ("DomainDeprecatedFault", name), "it cannot be deprecated twice")
    tap.ok(name in domains("DEPRECATED") and name not in domains(),
           "it is listed as deprecated")
    tap.is_(client.describe_domain(name=name)["domainInfo"]["status"],
            "DEPRECATED", "and described so")
    tap.is_([info["workflowType"] for info in client.list_workflow_types(
        domain=name, registrationStatus="DEPRECATED")["typeInfos"]],
        [life.workflow], "its types are deprecated with it")
    for call in (client.register_activity_type, client.register_workflow_type):
        tap.is_(fault(call, domain=name, name="new", version="1"),
                ("DomainDeprecatedFault", name),
                "nothing is registered in it: " + call.__name__)
    tap.is_(fault(client.register_domain, name=name,
                  workflowExecutionRetentionPeriodInDays="1"),
            ("DomainAlreadyExistsFault", name), "it still exists")
    client.undeprecate_domain(name=name)
    tap.is_(fault(client.undeprecate_domain, name=name),
            ("DomainAlreadyExistsFault", name),
            "it cannot be taken back twice")
    tap.is_(client.describe_domain(name=name)["domainInfo"]["status"],
            "REGISTERED", "it is registered again")
    client.register_activity_type(domain=name, name="new", version="1")
    tap.is_(client.describe_workflow_type(
        domain=name, workflowType=life.workflow)["typeInfo"]["status"],
        "DEPRECATED", "its types stay deprecated")


def test_describe_types():
    life = Life(client)
    client.register_activity_type(
        domain=life.domain, name="full", version="2", description="",
        defaultTaskList={"name": "l"}, defaultTaskPriority="-3",
        defaultTaskHeartbeatTimeout="1", defaultTaskStartToCloseTimeout="2",
        defaultTaskScheduleToStartTimeout="3",
        defaultTaskScheduleToCloseTimeout="NONE")
    told = client.describe_activity_type(
        domain=life.domain, activityType={"name": "full", "version": "2"})
    created = told["typeInfo"].pop("creationDate")
    tap.is_((told["typeInfo"], told["configuration"]),
            ({"activityType": {"name": "full", "version": "2"},
              "status": "REGISTERED", "description": ""},
             {"defaultTaskList": {"name": "l"}, "defaultTaskPriority": "-3",
              "defaultTaskHeartbeatTimeout": "1",
              "defaultTaskStartToCloseTimeout": "2",
              "defaultTaskScheduleToStartTimeout": "3",
              "defaultTaskScheduleToCloseTimeout": "NONE"}),
            "DescribeActivityType tells all defaults")
    client.register_workflow_type(
        domain=life.domain, name="full", version="2", description="d",
        defaultTaskList={"name": "l"}, defaultTaskPriority="3",
        defaultTaskStartToCloseTimeout="2", defaultChildPolicy="ABANDON",
        defaultExecutionStartToCloseTimeout="31536000",
        defaultLambdaRole="arn:aws:iam::123456789012:role/r")
    told = client.describe_workflow_type(
        domain=life.domain, workflowType={"name": "full", "version": "2"})
    tap.ok(told["typeInfo"].pop("creationDate") >= created, "when it was made")
    tap.is_((told["typeInfo"], told["configuration"]),
            ({"workflowType": {"name": "full", "version": "2"},
              "status": "REGISTERED", "description": "d"},
             {"defaultTaskList": {"name": "l"}, "defaultTaskPriority": "3",
              "defaultTaskStartToCloseTimeout": "2",
              "defaultChildPolicy": "ABANDON",
              "defaultExecutionStartToCloseTimeout": "31536000",
              "defaultLambdaRole": "arn:aws:iam::123456789012:role/r"}),
            "DescribeWorkflowType too")
    client.register_activity_type(domain=life.domain, name="bare", version="1")
    tap.is_(client.describe_activity_type(
        domain=life.domain, activityType={"name": "bare", "version": "1"})
        ["configuration"], {}, "no defaults are none")


KINDS = {
    "activity": ("ActivityType", client.describe_activity_type,
                 client.deprecate_activity_type,
                 client.undeprecate_activity_type,
                 client.register_activity_type),
    "workflow": ("WorkflowType", client.describe_workflow_type,
                 client.deprecate_workflow_type,
                 client.undeprecate_workflow_type,
                 client.register_workflow_type),
}


def test_deprecated_types():
    life = Life(client)
    for kind, (word, describe, deprecate, undeprecate,
               register_type) in KINDS.items():
        named = getattr(life, kind)
        one = {"domain": life.domain, kind + "Type": named}
        text = f"{word}=[name={named['name']}, version=1]"
        tap.is_(fault(undeprecate, **one), ("TypeAlreadyExistsFault", text),
                f"{word}: what is registered is not taken back")
        deprecate(**one)
        told = describe(**one)["typeInfo"]
        tap.ok(told["status"] == "DEPRECATED" and
               told["deprecationDate"] >= told["creationDate"],
               f"{word}: deprecated, and since when", told)
        tap.is_(fault(deprecate, **one), ("TypeDeprecatedFault", text),
                f"{word}: not twice")
        tap.is_(fault(register_type, domain=life.domain, **named),
                ("TypeAlreadyExistsFault", text), f"{word}: it still exists")
        undeprecate(**one)
        told = describe(**one)["typeInfo"]
        tap.ok(told["status"] == "REGISTERED" and
               "deprecationDate" not in told, f"{word}: taken back", told)
        other = {"domain": life.domain,
                 kind + "Type": {"name": "none", "version": "9"}}
        for call in (describe, deprecate, undeprecate):
            tap.is_(fault(call, **other),
                    ("UnknownResourceFault",
                     f"Unknown type: {word}=[name=none, version=9]"),
                    f"no such type: {call.__name__}")
            tap.is_(fault(call, **{**other, "domain": "none"}),
                    ("UnknownResourceFault", "Unknown domain: none"),
                    f"no such domain: {call.__name__}")


def types(kind, domain, size=1000, status="REGISTERED", **more):
    pages = client.get_paginator(f"list_{kind}_types").paginate(
        domain=domain, registrationStatus=status,
        PaginationConfig={"PageSize": size}, **more)
    return [info[kind + "Type"]["name"] + info[kind + "Type"]["version"]
            for page in pages for info in page["typeInfos"]]


def test_list_types():
    for kind, calls in KINDS.items():
        domain = "list-" + kind
        register(domain)
        for name, version in (("b", "2"), ("a", "1"), ("b", "1"), ("c", "1"),
                              ("b", "10"), ("ab", "1")):
            calls[4](domain=domain, name=name, version=version)
        everything = ["a1", "ab1", "b1", "b10", "b2", "c1"]
        tap.is_(types(kind, domain), everything,
                f"{kind} types, by name and version")
        tap.is_(types(kind, domain, 1), everything, "in pages of one")
        tap.is_(types(kind, domain, 4, reverseOrder=True), everything[::-1],
                "backwards")
        tap.is_(types(kind, domain, 2, name="b"), ["b1", "b10", "b2"],
                "of one name")
        tap.is_(types(kind, domain, 2, name="b", reverseOrder=True),
                ["b2", "b10", "b1"], "backwards too")
        tap.is_(types(kind, domain, name="none"), [], "of no name")
        calls[2](domain=domain, **{kind + "Type": {"name": "b",
                                                   "version": "10"}})
        tap.is_((types(kind, domain, 2),
                 types(kind, domain, 2, status="DEPRECATED")),
                (["a1", "ab1", "b1", "b2", "c1"], ["b10"]),
                "by their status")
        first = getattr(client, f"list_{kind}_types")(
            domain=domain, registrationStatus="REGISTERED", maximumPageSize=1)
        for more in ({"name": "b"}, {"registrationStatus": "DEPRECATED"},
                     {"reverseOrder": True}, {"domain": "b"}):
            asked = {"domain": domain, "registrationStatus": "REGISTERED",
                     "nextPageToken": first["nextPageToken"], **more}
            tap.is_(fault(getattr(client, f"list_{kind}_types"), **asked),
                    ("ValidationException", "Invalid token"),
                    f"a page token is no good with another {list(more)[0]}")
    tap.is_(fault(client.list_domains, registrationStatus="REGISTERED",
                  nextPageToken=first["nextPageToken"]),
            ("ValidationException", "Invalid token"),
            "nor for another operation")
    tap.is_(fault(client.list_activity_types, domain="none",
                  registrationStatus="REGISTERED"),
            ("UnknownResourceFault", "Unknown domain: none"),
            "no such domain")


def tags_on(arn):
    return [(tag["key"], tag.get("value")) for tag in
            client.list_tags_for_resource(resourceArn=arn)["tags"]]


def test_tags():
    arn = client.describe_domain(name="b")["domainInfo"]["arn"]
    tap.is_(tags_on(arn), [("k", "2"), ("empty", "")],
            "tags given at the registration; of equal keys the last holds")
    client.tag_resource(resourceArn=arn, tags=[
        {"key": "none"}, {"key": "k", "value": "\"3\" ä"}])
    tap.is_(tags_on(arn), [("k", "\"3\" ä"), ("empty", ""), ("none", None)],
            "TagResource adds and replaces")
    client.untag_resource(resourceArn=arn, tagKeys=["k", "unknown", "none"])
    tap.is_(tags_on(arn), [("empty", "")], "UntagResource removes")
    client.untag_resource(resourceArn=arn, tagKeys=["empty"])
    tap.is_(tags_on(arn), [], "to the last")
    many = [{"key": f"k{i}", "value": "v"} for i in range(50)]
    client.tag_resource(resourceArn=arn, tags=many)
    client.tag_resource(resourceArn=arn, tags=many[:3])
    one_more = [{"key": "k0", "value": "new"}, {"key": "x", "value": "v"}]
    tap.is_(fault(client.tag_resource, resourceArn=arn, tags=one_more)[0],
            "TooManyTagsFault", "51 tags are too many")
    tap.is_(tags_on(arn)[0], ("k0", "v"), "and then none is put on")
    tap.is_(fault(client.register_domain, name="tagged", tags=many + one_more,
                  workflowExecutionRetentionPeriodInDays="1")[0],
            "TooManyTagsFault", "at the registration too")
    tap.is_(tags_on("arn:aws-cn:swf:cn-north-1:000000000000:/domain/a"), [],
            "any region and account will do")
    tap.is_(fault(client.list_tags_for_resource,
                  resourceArn=arn[:-1] + "none"),
            ("UnknownResourceFault", "Unknown domain: none"),
            "an ARN of no domain")
    for bad in ("b", "arn:aws:swf:r:1:domain/b", "arn:aws:s3:r:1:/domain/b",
                "arn:aws:swf:/domain/b", "arn:"):
        for call, more in ((client.list_tags_for_resource, {}),
                           (client.tag_resource, {"tags": many}),
                           (client.untag_resource, {"tagKeys": ["k"]})):
            code, message = fault(call, resourceArn=bad, **more)
            if (code, message[:13]) != ("ValidationException",
                                        "Invalid ARN: "):
                tap.ok(False, f"{call.__name__} of {bad}", message)
    tap.ok(True, "what is no ARN of a domain is refused")


def test_all_answers_fit_the_model():
    tap.is_(violations, [], "every answer fits botocore's model")


tap.run([test_domains, test_deprecated_domains, test_describe_types,
         test_deprecated_types, test_list_types, test_tags,
         test_all_answers_fit_the_model])

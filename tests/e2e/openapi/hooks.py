"""What the document cannot state in JSON Schema, told to schemathesis.

Formats: values that our formats take. before_call: aims a part of the requests at things that exist, or all would end in
404. filter_failure: refusals of valid data that are right, each by the exact sentence of the service."""

import json
import os
import re
import unicodedata
from datetime import datetime, timedelta, timezone

import requests
import schemathesis
from hypothesis import strategies as st

GRAPH = os.environ["SICAL_GRAPH"]
TOPICS = os.environ["SICAL_TOPICS"].split()
ADA = {"Authorization": "Bearer " + os.environ["SICAL_TOKEN"]}
NOW = datetime.now(timezone.utc)

# Instants and dates: of this century, as the contract says in words; JSON Schema has no bounds of dates.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(2000, 1, 2), NOW.replace(tzinfo=None)).map(lambda t: t.isoformat(timespec="seconds") + "Z"),
)
schemathesis.openapi.format(
    "date", st.integers(0, 3650).map(lambda days: (NOW - timedelta(days=days)).date().isoformat())
)
schemathesis.openapi.format("time-zone", st.sampled_from(["UTC", "Asia/Shanghai", "Europe/London", "America/Lima"]))
# A cursor is opaque: nobody makes one up. "" is the first page; links bring real ones.
schemathesis.openapi.format("cursor", st.just(""))


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    label, body = case.operation.label, case.body
    number = sum(json.dumps(body, default=str).encode()) if body else 0  # the same in each run of a seed
    if label.startswith("POST /sessions/{id}/"):
        sessions = requests.get(case.operation.schema.get_base_url() + "/sessions", headers=ADA, timeout=30).json()
        if sessions["items"]:  # those of the newest plan, which another request may have made
            case.path_parameters["id"] = sessions["items"][0]["id"]
    elif label == "POST /goals" and number % 4:
        body["graphId"] = GRAPH
        body["targets"] = TOPICS[: len(body["targets"])]
        if number % 3:
            body["notBefore"] = None


# Relations between fields, and to what is stored. They are no rules of one value, so no schema states them.
RELATIONS = [
    r"the same as targets\[\d+\]",
    r"the graph has no topic with the key '.*'",
    r"must lie before due",
    r"must lie behind from",
    r"must not lie before date",
    r"an exception has at most 366 days",
    r"a window must end after it starts",
    r"overlaps windows\[\d+\].*",
    r"'.*' is already the key of topics\[\d+\]",
    r"no topic has the key '.*'",
    r"'.*' cannot be its own prerequisite",
    r"the same edge as edges\[\d+\]",
    r"prerequisites run in a circle: .*",
    r"is after to",
    r"is more than 1099 days before the end",
]


def is_relation(fault):
    return any(re.fullmatch(pattern, fault["message"]) for pattern in RELATIONS)


def is_counted_otherwise(failure, case):
    """Characters of a password are counted in its normal form, which may have more or fewer than what was sent."""
    password = case.body.get("password") if isinstance(case.body, dict) else None
    if case.operation.label != "POST /auth/register" or not isinstance(password, str):
        return False
    is_good = 15 <= len(unicodedata.normalize("NFKC", password)) <= 128
    return is_good == (type(failure).__name__ == "AcceptedNegativeData") and is_good != (15 <= len(password) <= 128)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False drops the failure."""
    if type(failure).__name__ in ("AcceptedNegativeData", "RejectedPositiveData") and is_counted_otherwise(failure, case):
        return False
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return True
    problem = json.loads(response.content)
    # Good data, but not now: a graph that goals need cannot be deleted.
    if problem["code"] == "FAILED_PRECONDITION":
        return False
    return not problem.get("errors") or not all(is_relation(fault) for fault in problem["errors"])

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

CALENDAR = "\r\n".join(
    ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "DTSTART:20300106T090000Z", "DURATION:PT1H", "END:VEVENT"]
    + ["END:VCALENDAR", ""]
)

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
# Lists of tags as in RFC 9110, 13.1.1; those of now only Ada knows, so "*" stands for them.
schemathesis.openapi.format("entity-tags", st.sampled_from(["*", '"1f"', '"1f", W/"20"', 'W/"1f"']))


# ---- requests that are aimed: what single values are allowed to be stays as it was drawn ----

KEY = re.compile(r"[a-z0-9_.-]{1,100}")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def newest(case, path):
    """The id of the first element of a list of Ada's, None when it is empty."""
    answer = requests.get(case.operation.schema.get_base_url() + path, headers=ADA, params={"limit": 1}, timeout=30)
    return next((element["id"] for element in answer.json()["items"]), None)


def are(values, pattern):
    return isinstance(values, list) and all(isinstance(v, str) and pattern.fullmatch(v) for v in values)


def aim_goal(case, body):
    if isinstance(body.get("graphId"), str) and len(body["graphId"]) == 36:
        body["graphId"] = GRAPH
    if are(body.get("targets"), KEY) and 1 <= len(body["targets"]) <= 100:
        body["targets"] = TOPICS[: len(body["targets"])]
    if isinstance(body.get("due"), str) and isinstance(body.get("notBefore"), str) and body["due"] <= body["notBefore"]:
        body["due"], body["notBefore"] = "2099-12-31T23:59:59Z", body["due"]


def aim_change(case, body):
    aim_goal(case, body)
    aim_at(case, "/goals")


def aim_exception(case, body):
    if are([body.get("start"), body.get("end")], TIME):
        body["start"], body["end"] = "10:00", "11:00"
    if isinstance(body.get("endDate"), str) and len(body["endDate"]) == 10:
        body["endDate"] = body.get("date")


def aim_busy(case, body):
    if isinstance(body.get("startTime"), str) and isinstance(body.get("endTime"), str):
        body["startTime"], body["endTime"] = "2030-01-06T09:00:00Z", "2030-01-06T10:00:00Z"


def aim_calendar(case, body):
    """No grammar of JSON Schema makes a calendar."""
    if isinstance(body.get("ics"), str) and body["ics"]:
        body["ics"] = CALENDAR


def aim_hours(case, body):
    shortest, longest = body.get("minSessionMinutes"), body.get("maxSessionMinutes")
    if isinstance(shortest, (int, float)) and isinstance(longest, (int, float)) and 240 >= shortest > longest >= 10:
        body["minSessionMinutes"] = longest
    windows = body.get("windows")
    if not isinstance(windows, list) or not all(isinstance(w, dict) for w in windows):
        return
    days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    for i, w in enumerate(windows):  # 32 of a day follow one another
        if w.get("day") in days and are([w.get("start"), w.get("end")], TIME):
            minute = i // 7 % 32 * 45
            w["day"] = days[i % 7]
            w["start"] = f"{minute // 60:02}:{minute % 60:02}"
            w["end"] = f"{(minute + 44) // 60:02}:{(minute + 44) % 60:02}"


def aim_graph(case, body):
    topics = body.get("topics")
    if not isinstance(topics, list) or not all(isinstance(t, dict) for t in topics):
        return
    for i, topic in enumerate(topics):
        if are([topic.get("key")], KEY):
            topic["key"] = f"{topic['key'][:90]}.{i}"
    edges = body.get("edges")
    if isinstance(edges, list) and all(isinstance(e, dict) for e in edges):
        for i, edge in enumerate(edges):
            if len(topics) > i + 1 and are([edge.get("topic"), edge.get("prerequisite")], KEY):
                edge["topic"], edge["prerequisite"] = topics[i + 1].get("key"), topics[i].get("key")


def aim_at(case, path, *_):
    id = newest(case, path)
    if id and re.fullmatch(r"[0-9a-fA-F-]{36}", str(case.path_parameters.get("id"))):
        case.path_parameters["id"] = id


def aim_range(case, *_):
    query = case.query
    if isinstance(query.get("from"), str) and isinstance(query.get("to"), str) and query["from"] > query["to"]:
        query["from"], query["to"] = query["to"], query["from"]


def aim_topic(case, *_):
    if len(str(case.path_parameters.get("graphId"))) == 36:
        case.path_parameters.update(graphId=GRAPH, key=TOPICS[0])


AIMS = {
    "POST /goals": aim_goal,
    "PATCH /goals/{id}": aim_change,
    "POST /availability/exceptions": aim_exception,
    "POST /availability/busy": aim_busy,
    "DELETE /availability/busy/{id}": lambda case, *_: aim_at(case, "/availability/busy"),
    "POST /availability/import-ics": aim_calendar,
    "PUT /availability": aim_hours,
    "POST /graphs/import": aim_graph,
    "POST /placement": aim_goal,
    "GET /plans/{id}": lambda case, *_: aim_at(case, "/plans"),
    "PATCH /sessions/{id}": lambda case, *_: aim_at(case, "/sessions"),
    "POST /sessions/{id}/start": lambda case, *_: aim_at(case, "/sessions"),
    "POST /sessions/{id}/complete": lambda case, *_: aim_at(case, "/sessions"),
    "POST /sessions/{id}/skip": lambda case, *_: aim_at(case, "/sessions"),
    "GET /graphs/{graphId}/topics/{key}": aim_topic,
    "GET /sessions": aim_range,
    "GET /heatmap": aim_range,
}


def spare_key(case):
    """Short keys are drawn again and again: most good requests go without, or few would reach their handler. Deletions
    always do: a kept answer says that something is deleted which was made again since."""
    if case.meta is None or not case.meta.generation.mode.is_positive or not case.headers:
        return
    key = case.headers.get("Idempotency-Key")
    if key is not None and (case.method == "DELETE" or sum(str(key).encode()) % 4):
        del case.headers["Idempotency-Key"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Three quarters of what is good, and all that is bad: or a wrong value would hide behind a 404."""
    spare_key(case)
    aim = AIMS.get(case.operation.label)
    if not aim or case.meta is None:
        return
    if "body" in aim.__code__.co_varnames and not isinstance(case.body, dict):
        return
    parts = [case.path_parameters, case.query, case.body]
    number = sum(json.dumps(parts, default=str).encode())  # the same in each run of a seed
    if not case.meta.generation.mode.is_positive or number % 4:
        aim(case, case.body)


# Relations between fields, and to what is stored. They are no rules of one value, so no schema states them.
RELATIONS = [
    r"the same as targets\[\d+\]",
    r"the graph has no topic with the key '.*'",
    r"the graph has no such topic",
    r"must lie before due",
    r"must lie behind from",
    r"must not lie before date",
    r"an exception has at most 366 days",
    r"must lie after start_time",
    r"a busy time has at most 366 days",
    r"line \d+: .*",
    r"a window must end after it starts",
    r"overlaps windows\[\d+\].*",
    r"'.*' is already the key of topics\[\d+\]",
    r"no topic has the key '.*'",
    r"'.*' cannot be its own prerequisite",
    r"the same edge as edges\[\d+\]",
    r"prerequisites run in a circle: .*",
    r"is after to",
    r"lies in the past",
    r"must be a whole minute",
    r"what is moved is pinned",
    r"at most 100 sessions that lie ahead can be pinned",
    r"lies outside of the free hours of a day, or in time that is taken",
    r"(overlaps|begins before|ends after) the pinned session .*",
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
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code not in (400, 412, 422):
        return True
    problem = json.loads(response.content)
    # Another tag than that of now, or none where nothing is there yet.
    if response.status_code == 412:
        return problem["detail"] != "it has changed since the caller read it: read it again"
    # A key that was drawn before, for another request.
    if response.status_code == 422:
        return problem["detail"] != "The idempotency key belongs to another request."
    # Good data, but not now: a graph that goals need cannot be deleted.
    if problem["code"] == "FAILED_PRECONDITION":
        return False
    return not problem.get("errors") or not all(is_relation(fault) for fault in problem["errors"])

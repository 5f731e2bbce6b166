"""Random cases of the planner, and what a case means, minute by minute. Shares no code and no rule with the planner."""
import random


def random_case(seed, topics=20, minutes=4, goals=5, days=9, day_length=16):
    """The same seed gives the same case everywhere. Topics, minutes, goals and days are upper bounds."""
    r = random.Random(seed)
    n = r.randint(1, topics)
    order = r.sample(range(n), n)
    edges = set()
    for _ in range(r.randint(0, 2 * n) if n > 1 else 0):
        high = r.randint(1, n - 1)
        edges.add((order[high], order[r.randrange(high)]))
    span = days * day_length
    return {
        "now": r.randrange(day_length),
        "cap": r.randint(1, day_length // 2) if r.random() < 0.4 else 0,
        "minutes": [r.choice((0, 1)) if r.random() < 0.2 else r.randint(1, minutes) for _ in range(n)],
        "mastered": [r.random() < 0.1 for _ in range(n)],
        "edges": sorted(edges),
        "goals": [random_goal(r, n, span) for _ in range(r.randint(1, goals))],
        **random_calendar(r, r.randint(2, days), day_length),
        **({"longest": r.randint(2, 6), "break": r.randint(0, 3)} if r.random() < 0.3 else {}),
    }


def random_goal(r, topic_count, span):
    goal = {"weight": r.randint(1, 3), "targets": r.sample(range(topic_count), r.randint(1, min(4, topic_count)))}
    start = 0
    if r.random() < 0.5:
        start = goal["not_before"] = r.randrange(span)
    goal["due"] = start + r.randint(1, span)
    return goal


def random_calendar(r, days, length):
    windows, busy = [], []
    for day in range(days):
        at, end = day * length, (day + 1) * length
        for _ in range(3):
            if end - at < 2 or r.random() < 0.2:
                continue
            start = r.randrange(at, end - 1)
            at = r.randint(start + 1, end)
            windows.append((start, at, day))
        if r.random() < 0.3:
            start = r.randrange(day * length, end - 1)
            busy.append((start, r.randint(start + 1, end), day, r.random() < 0.5))
    return {"windows": windows, "busy": busy}


class Meaning:
    """What the goals ask of each topic, and which minutes there are."""

    def __init__(self, case):
        self.case = case
        self.now = case["now"]
        self.minutes = case["minutes"]
        self.needs = [self._closure(goal["targets"]) for goal in case["goals"]]
        self.needed = sorted(set().union(*self.needs))
        self.release, self.due = {}, {}
        for topic in self.needed:
            goals = [g for g, needs in zip(case["goals"], self.needs) if topic in needs]
            self.release[topic] = max(self.now, min(g.get("not_before", self.now) for g in goals))
            self.due[topic] = min(g["due"] for g in goals)
        self.before = {topic: self._closure([topic]) - {topic} for topic in self.needed}
        self._list_minutes()

    def _closure(self, targets):
        """The targets and all that they need, but nothing that is mastered or lies only behind what is."""
        found, waiting = set(), list(targets)
        while waiting:
            topic = waiting.pop()
            if topic not in found and not self.case["mastered"][topic]:
                found.add(topic)
                waiting += [before for after, before in self.case["edges"] if after == topic]
        return found

    def _list_minutes(self):
        """free: every free minute and its day; capped: those of the axis, the first ones of each day."""
        case = self.case
        free = [(t, day) for start, end, day in case["windows"] for t in range(max(start, self.now), end)
                if not any(s <= t < e for s, e, _, _ in case["busy"])]
        self.free = list(self._between_breaks(free))
        self.capped, spent = [], {}
        for t, day in self.free:
            spent[day] = spent.get(day, 0) + 1
            if spent[day] <= self.left_of_cap(day):
                self.capped.append(t)

    def _between_breaks(self, free):
        """After the longest session in a row, on one day, some minutes are none."""
        longest, row, last, resume = self.case.get("longest", 0), 0, (None, None), 0
        for t, day in free:
            if day == last[1] and t < resume:
                continue
            row = row + 1 if last == (t - 1, day) and row < longest else 1
            resume = t + 1 + (self.case["break"] if row == longest else 0)
            last = (t, day)
            yield last

    def left_of_cap(self, day):
        """How many minutes of a day may be planned."""
        if self.case["cap"] == 0:
            return len(self.free)
        return max(0, self.case["cap"] - sum(e - s for s, e, d, studied in self.case["busy"] if studied and d == day))

    def axis(self, instant):
        """A(instant): usable minutes before it."""
        return sum(t < instant for t in self.capped)

    def cap_meets_release(self):
        """Only then may the planner's plan be later than need be, by no more than it says."""
        return self.case["cap"] > 0 and any(g.get("not_before", self.now) > self.now for g in self.case["goals"])

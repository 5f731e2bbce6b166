"""Which lateness a case allows, decided by CP-SAT: one Boolean for each topic and minute, and nothing but the problem's
own conditions: releases, dates, prerequisites, the cap, one topic at a time."""
from ortools.sat.python import cp_model

NEVER = float("inf")


def is_least(meaning, lateness, by_clock):
    """Whether a schedule with this maximum lateness exists, over the needed topics, and none with a minute less; in
    usable minutes or in minutes of the clock. None as lateness: the work does not fit into the windows at all."""
    if lateness is None:
        return not exists(meaning, NEVER, by_clock)
    return exists(meaning, lateness, by_clock) and not exists(meaning, lateness - 1, by_clock)


def exists(meaning, lateness, by_clock):
    """Whether there is a schedule whose maximum lateness is no more than this."""
    return bool(_schedule_model(meaning, lateness, by_clock))


def _schedule_model(meaning, lateness, by_clock):
    measure = (lambda instant: instant) if by_clock else meaning.axis
    work = sum(meaning.minutes[topic] for topic in meaning.needed)
    slots = [(t, measure(t + 1)) for t, _ in meaning.free]
    if not by_clock:  # the axis goes on behind the windows, where everything may be studied
        slots += [(NEVER, len(meaning.capped) + 1 + k) for k in range(work)]
    model, studied = cp_model.CpModel(), {}
    for topic in meaning.needed:
        latest = measure(meaning.due[topic]) + lateness
        if any(measure(meaning.release[t]) > latest for t in meaning.before[topic] | {topic}):
            return False
        # What comes before a topic of no minutes ends no later than it.
        for last in {topic} if meaning.minutes[topic] > 0 else meaning.before[topic]:
            old = studied.get(last, [True] * len(slots))
            studied[last] = [ok and t >= meaning.release[last] and end <= latest for ok, (t, end) in zip(old, slots)]
    studied = {topic: [model.NewBoolVar("") if ok else None for ok in allowed] for topic, allowed in studied.items()
               if meaning.minutes[topic] > 0}
    for i in range(len(slots)):
        model.AddAtMostOne(s[i] for s in studied.values() if s[i] is not None)
    _keep_cap(model, meaning, studied)
    _keep_order(model, meaning, studied)
    return _has_solution(model)


def _sum(variables):
    return sum(v for v in variables if v is not None)


def _keep_cap(model, meaning, studied):
    for day in {day for _, day in meaning.free}:
        slots = [i for i, (_, d) in enumerate(meaning.free) if d == day]
        if meaning.left_of_cap(day) < len(slots):
            model.Add(_sum(s[i] for s in studied.values() for i in slots) <= meaning.left_of_cap(day))


def _keep_order(model, meaning, studied):
    """done[topic][i]: it is finished before slot i begins."""
    done = {}
    for topic, slots in studied.items():
        minutes = meaning.minutes[topic]
        model.Add(_sum(slots) == minutes)
        done[topic] = [model.NewBoolVar("") for _ in slots]
        for i, finished in enumerate(done[topic]):
            model.Add(_sum(slots[:i]) >= minutes * finished)
            if i > 0:
                model.AddImplication(done[topic][i - 1], finished)
    for topic, slots in studied.items():
        for before in meaning.before[topic] & studied.keys():
            for i, slot in enumerate(slots):
                if slot is not None:
                    model.AddImplication(slot, done[before][i])


def _has_solution(model):
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2  # counting arguments: too many minutes for too few slots
    status = solver.Solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE), solver.StatusName(status)
    return status != cp_model.INFEASIBLE

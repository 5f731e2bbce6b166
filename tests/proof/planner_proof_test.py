"""The planner's lateness against CP-SAT's, equal in every case, in usable minutes and in minutes of the clock.
planner_proof_test.py [CASES [FIRST_SEED]]; the last line is "N passed, N failed"."""
import json
import sys
import traceback

import cp_plan
from driver import Driver
from planner_case import Meaning, random_case

CASES = 100


def worst_by_clock(plan):
    with_work = [g for g in plan["goals"] if g["has_work"]]
    if any(g["finish"] is None for g in with_work):
        return None
    return max(g["calendar_lateness"] for g in with_work)


def compare(plan, meaning):
    usable, gap, clock = plan["lateness"], plan["gap"], worst_by_clock(plan)
    if not meaning.cap_meets_release():
        assert gap == 0, "a gap without need"
        assert cp_plan.is_least(meaning, clock, by_clock=True), f"by the clock {clock} is not the least"
    assert cp_plan.exists(meaning, usable, by_clock=False), f"{usable} is impossible"
    assert not cp_plan.exists(meaning, usable - gap - 1, by_clock=False), f"less than {usable} - {gap} is possible"


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    driver, passed, failed, late, capped, unplaced = Driver(), 0, 0, 0, 0, 0
    for seed in range(first, first + cases):
        case = random_case(seed)
        meaning = Meaning(case)
        plan = driver.ask(case)
        try:
            if meaning.needed:
                compare(plan, meaning)
            passed += 1
        except Exception:
            failed += 1
            print(f"seed {seed}: {json.dumps(case)}\n{json.dumps(plan)}")
            traceback.print_exc()
        late += plan["lateness"] > 0
        capped += case["cap"] > 0
        unplaced += bool(plan["unplaced"])
    driver.close()
    print(f"of {cases}: {late} late, {capped} with a cap, {unplaced} with work beyond the windows")
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or late < cases // 10


if __name__ == "__main__":
    sys.exit(main())

"""docs/experiments.md and docs/experiments.json from the finished runs. Shares in the file, points on the page."""
import json

from intervals import mean_interval
from plan import ANSWERS

MEASURES = {"all": "all skills", "hard": "hard third", "pool": "as the pool"}


def check_hard_third(results, plan):
    """The hard third is chosen after round 0, which the arms of a seed share: the same cells for all, or a measure means nothing. Those that begin otherwise are
    measured on the others' third (see `figures`)."""
    cells = {}
    for run in plan.runs():
        found = results.load(run)
        if found is not None and run.arm not in plan.other_start and cells.setdefault((run.world, run.seed), found["hard_kinds"]) != found["hard_kinds"]:
            raise RuntimeError(f"{run.name} has another hard third than the runs before it")


def figures(plan, results, arm, equal, world, seed):
    """An arm's figures, nothing when it is not done. One that begins otherwise has the mean of the kinds that were worst for imitation after round 0."""
    found = results.load(plan.run(arm, equal, world, seed))
    if found is None or arm not in plan.other_start:
        return found
    usual = results.load(plan.run("imitation", ANSWERS, world, seed))
    if usual is None:
        return None
    hard = [found["by_kind"][kind] for kind in usual["hard_kinds"]]
    return {**found, "hard": sum(hard) / len(hard)}


def pairs(plan, results, comparison, world):
    """(a, b) figures of the seeds that both have finished."""
    for seed in plan.seeds_of(comparison):
        both = [figures(plan, results, arm, comparison.equal, world, seed) for arm in (comparison.a, comparison.b)]
        if None not in both:
            yield both


def differences(plan, results):
    for comparison in plan.comparisons():
        for world in plan.worlds:
            found = list(pairs(plan, results, comparison, world))
            for on in MEASURES:
                interval = mean_interval([a[on] - b[on] for a, b in found])
                if interval is not None:
                    mean, low, high = (round(x, 5) for x in interval)
                    yield {"a": comparison.a, "b": comparison.b, "world": world, "equal": comparison.equal, "on": on, "mean": mean, "lo": low, "hi": high,
                           "n": len(found), "seeds": "fresh" if comparison.fresh else "first"}


# Who is asked for answers, for new instructions, for comparisons, and for labels and rewrites.
ROLES = (("teacher", "explainer"), ("generator", "evolver"), ("referee",), ("classifier", "rewriter"))


def points(row):
    text = f"{100 * row['mean']:+.1f} [{100 * row['lo']:+.1f}, {100 * row['hi']:+.1f}]"
    return f"**{text}**" if row["lo"] > 0 or row["hi"] < 0 else text


def arm_table(plan, results):
    """Means of every arm, so that a difference has something to be a difference of."""
    yield "| world | arm | equal | n | all % | hard % | pool % | new instructions | calls: answers, writing, referee, other | seconds |"
    yield "|---|---|---|--:|--:|--:|--:|--:|---|--:|"
    groups = {}
    for run in plan.runs():
        found = figures(plan, results, run.arm, run.equal, run.world, run.seed) if run.seed in plan.seeds else None
        if found is not None:
            groups.setdefault((run.world, run.arm, run.equal), []).append(found)
    for (world, arm, equal), rows in sorted(groups.items(), key=lambda item: (item[0][0], item[0][2], item[0][1])):
        def mean(of, rows=rows):
            return sum(map(of, rows)) / len(rows)

        shares = " | ".join(f"{100 * mean(lambda r, on=on: r[on]):.1f}" for on in MEASURES)
        calls = ", ".join(f"{mean(lambda r, roles=roles: sum(r['calls'].get(role, 0) for role in roles)):,.0f}" for roles in ROLES)
        yield f"| {world} | {arm} | {equal} | {len(rows)} | {shares} | {mean(lambda r: r['written']):,.0f} | {calls} | {mean(lambda r: r['seconds']):.0f} |"


def difference_table(rows):
    yield "| world | a − b | equal | seeds | " + " | ".join(MEASURES.values()) + " |"
    yield "|---|---|---|--:|---|---|---|"
    lines = {}
    for row in rows:
        key = (row["world"], f"{row['a']} − {row['b']}", row["equal"], f"{row['n']}{' fresh' if row['seeds'] == 'fresh' else ''}")
        lines.setdefault(key, {})[row["on"]] = points(row)
    for key, cells in lines.items():
        yield "| " + " | ".join([*key, *(cells[on] for on in MEASURES)]) + " |"


def real_llm(figures):
    """What `make real` found."""
    rows, calls = figures["rows"], figures["calls"]
    yield "| stage | in | ok | dropped | failed | why |"
    yield "|---|--:|--:|--:|--:|---|"
    for name, r in rows.items():
        why = "; ".join(f"{count} {reason}" for reason, count in figures["why"].get(name, {}).items())
        yield f"| `{name}` | {r['in']} | {r['ok']} | {r['dropped']} | {r['failed']} | {why} |"
    yield ""
    answers, verdicts, gap = figures["answers"], figures["verdicts"], figures["gap"]
    yield "* Teacher's answers: " + ", ".join(f"{n} {finish}" for finish, n in answers.items()) + ". A cut one (`length`) is stored, and neither trained on nor judged."
    yield "* Verdicts: " + ", ".join(f"{n} {reason}" for reason, n in verdicts.items()) + f"; so {gap['hard']} hard, {gap['easy']} easy, {gap['unjudged']} unjudged."
    yield "* Calls: " + ", ".join(f"{role} {c['done']} ({c['tokens_in']:,} tokens in, {c['tokens_out']:,} out, {c['failed']} failed, {c['unknown']} of unknown outcome)"
                                  for role, c in calls.items()) + "."
    yield "* Held-out loss against the teacher's answers, by round: " + ", ".join(f"{loss:.3f}" for loss in figures["heldout_loss"]) + "."
    yield f"* {figures['seconds']} seconds, one kill and restart included."


def write_json(rows, path):
    path.write_text('{"differences": [\n' + ",\n".join(" " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n]}\n", encoding="utf-8")


def difference_section(rows, figure):
    yield from ["## Differences", "",
                "Points of exact answers on held-out instructions, mean over seeds with the paired 95 % t-interval, not corrected for the number of comparisons; bold where it"
                " leaves out 0. *All skills* weighs every skill and level equally, *hard third* is the third of them on which the student was worst after round 0 of"
                " that seed, *as the pool* weighs them as the seed pool does. Equal answers: as many teacher answers; equal spend: as many calls of all roles as Lion"
                " made, at one price; training steps are equal throughout.", ""]
    if figure:
        yield from [f"![Differences with intervals]({figure})", ""]
    yield from [*difference_table(rows), ""]


def real_section(figures):
    yield from ["## A real LLM", "",
                "`make real`: 200 real instructions, llama.cpp's server with SmolLM2-135M-Instruct as teacher, referee and generator, one Lion round, the demo's student.",
                "", *real_llm(figures), ""]


def how_far(plan, results):
    runs = plan.runs()
    done = sum(results.load(run) is not None for run in runs)
    return f"{done} of the plan's {len(runs)} runs are done" + ("." if done == len(runs) else "; a row says how many seeds it stands on, and `make experiment` goes on with the rest.")


def write_page(plan, results, rows, figure, path):
    notes, real = results.folder / "notes.md", results.folder / "real.json"
    lines = ["# Experiments", "", "Written by `make experiment` from what is in `docs/experiments/`; its plan is `scripts/experiment/plan.toml`.", "",
             how_far(plan, results), ""]
    if notes.exists():
        lines += [notes.read_text(encoding="utf-8").strip(), ""]
    if rows:
        lines += [*difference_section(rows, figure), "## Arms", "", *arm_table(plan, results), ""]
    if real.exists():
        lines += real_section(json.loads(real.read_text(encoding="utf-8")))
    path.write_text("\n".join(lines), encoding="utf-8")

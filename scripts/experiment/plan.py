"""The plan file as a list of runs: every arm in every world with every seed (see plan.toml for its meaning)."""
import dataclasses
import hashlib
import json
import tomllib

ANSWERS, SPEND = "answers", "spend"


@dataclasses.dataclass(frozen=True)
class Run:
    """One arm, world and seed. `keys` are those of the run file, dotted. A run at equal spend gets its recipe.new_per_round from two others' calls."""

    arm: str
    equal: str
    world: str
    seed: int
    keys: tuple
    like: str = ""
    spend_of: str = ""

    @property
    def name(self):
        return f"{self.world}/{self.arm}{'@spend' if self.equal == SPEND else ''}-{self.seed}"

    def fingerprint(self, base_sha):
        """Of all that decides its figures, but for the program."""
        facts = json.dumps([self.keys, self.like, self.spend_of, base_sha], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


@dataclasses.dataclass(frozen=True)
class Comparison:
    a: str
    b: str
    equal: str
    fresh: bool  # on seeds that chose nothing


class Plan:
    def __init__(self, path):
        with open(path, "rb") as file:
            self._toml = tomllib.load(file)
        self.seeds = self._toml["seeds"]
        self.fresh_seeds = self._toml.get("fresh_seeds", [])
        self.worlds = list(self._toml["worlds"])
        self.other_start = self._toml.get("other_start", [])

    def equal_of(self, arm, equal):
        """Which run of an arm stands for it: at equal spend, the one that bought more, if there is one."""
        return SPEND if equal == SPEND and arm in self._toml.get("spend", {}) else ANSWERS

    def comparisons(self):
        for group in self._toml["compare"]:
            yield from self._comparisons_of(group)

    def _comparisons_of(self, name):
        group = self._toml["compare"][name]
        for equal in group["equal"]:
            for a in group["a"]:
                for b in group["b"]:
                    yield Comparison(a, b, equal, fresh=False)
                    if a in group.get("confirm", []):
                        yield Comparison(a, b, equal, fresh=True)

    def seeds_of(self, comparison):
        return self.fresh_seeds if comparison.fresh else self.seeds

    def run(self, arm, equal, world, seed):
        keys = {**self._toml["run"], **self._toml["worlds"][world], **self._toml["arms"][arm], "recipe.seed": seed, "practice.seed": seed}
        if self.equal_of(arm, equal) == ANSWERS:
            return Run(arm, ANSWERS, world, seed, tuple(sorted(keys.items())))
        spend = self._toml["spend"][arm]
        return Run(arm, SPEND, world, seed, tuple(sorted(keys.items())), spend["like"], spend["spend_of"])

    def runs(self):
        """What the comparisons need, each once, whoever others wait for first; group by group as the plan lists them, and seed by seed within, on the first half
        of the seeds and then on the other, so that a plan cut short has whole answers to its first questions."""
        wanted = {}
        for place, group in enumerate(self._toml["compare"]):
            for run in self._runs_of(group):
                wanted.setdefault(run, place)
        early = self.seeds[: (len(self.seeds) + 1) // 2]
        return sorted(wanted, key=lambda run: (run.seed not in early, wanted[run], run.seed, run.equal == SPEND))

    def _runs_of(self, group):
        for comparison in self._comparisons_of(group):
            for seed in self.seeds_of(comparison):
                for world in self.worlds:
                    for arm in (comparison.a, comparison.b):
                        run = self.run(arm, comparison.equal, world, seed)
                        for other in filter(None, (run.like, run.spend_of)):
                            yield self.run(other, ANSWERS, world, seed)
                        yield run

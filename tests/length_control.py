"""Our l1 logistic fit beside scikit-learn's liblinear: the weights for single values of C, and the C that five folds choose, on
synthetic judgements with soft labels, as AlpacaEval makes them of 805 answers and two gamed baselines."""
import json
import subprocess
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

TOLERANCE = 1e-4
GRID = np.logspace(-4, 4, 10)


def judgements(seed, baselines):
    """Rows (tanh of the length gap, difficulty, is the model's), soft labels, weights."""
    rng = np.random.default_rng(seed)
    own, gamed = 805, 805 * baselines
    difficulty = rng.normal(0, 1, 805) if baselines else np.zeros(805)
    gap = np.concatenate([rng.normal(1.0, 0.4, 805)] * baselines + [rng.normal(-0.3, 1, own)])
    x = np.stack([np.tanh(gap), np.tile(difficulty, baselines + 1), np.r_[np.zeros(gamed), np.ones(own)]], axis=1)
    z = x @ np.array([-1.6, 0.7, rng.normal(0, 1)]) + rng.normal(0, 2, len(x))
    return x, 1 / (1 + np.exp(-z)), np.r_[np.full(gamed, 0.1), np.ones(own)]


def liblinear(x, y, weight, c):
    """Soft labels as two rows with the label's share of the weight, as AlpacaEval does it."""
    model = LogisticRegression(penalty="l1", solver="liblinear", fit_intercept=False, C=c, tol=1e-12, max_iter=100_000, random_state=123)
    model.fit(np.r_[x, x], np.r_[np.ones(len(y)), np.zeros(len(y))], sample_weight=np.r_[y * weight, (1 - y) * weight])
    return model.coef_[0]


def log_loss(x, y, weight, w):
    p = np.clip(1 / (1 + np.exp(-(x @ w))), 1e-15, 1 - 1e-15)
    return np.mean(-weight * (y * np.log(p) + (1 - y) * np.log(1 - p)))


def chosen_c(x, y, weight):
    fold = np.arange(len(y))[::-1] % 5
    scores = [np.mean([log_loss(x[fold == k], y[fold == k], weight[fold == k],
                                liblinear(x[fold != k], y[fold != k], weight[fold != k], c)) for k in range(5)]) for c in GRID]
    return GRID[int(np.argmin(scores))]


def main():
    problems, wanted, names = [], [], []
    for seed, baselines in [(1, 2), (2, 2), (3, 0)]:
        x, y, weight = judgements(seed, baselines)
        rows = np.column_stack([x, y, weight]).tolist()
        for c in GRID[2:9:2]:
            problems.append({"rows": rows, "c": float(c)})
            wanted.append([*liblinear(x, y, weight, c)])
            names.append(f"seed {seed}, C {c:.3g}")
        best = chosen_c(x, y, weight)
        problems.append({"rows": rows})
        wanted.append([best, *liblinear(x, y, weight, best)])
        names.append(f"seed {seed}, five folds")
    text = "".join(json.dumps(problem) + "\n" for problem in problems)
    output = subprocess.run([sys.argv[1]], input=text, capture_output=True, text=True, check=True).stdout
    passed = failed = 0
    worst = 0.0
    for name, want, line in zip(names, wanted, output.splitlines(), strict=True):
        got = [float(v) for v in line.split()]
        apart = float(np.max(np.abs(np.array(got) - np.array(want))))
        worst = max(worst, apart)
        if len(got) == len(want) and apart <= TOLERANCE:
            passed += 1
        else:
            failed += 1
            print(f"{name}: got {got}, liblinear {want}")
    print(f"largest difference of a weight: {worst:.2e} (at most {TOLERANCE})")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

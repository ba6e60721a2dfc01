"""Draws differences with their intervals. Usage: figure.py DIFFERENCES.json OUT.png (needs matplotlib; scripts/experiment/__main__.py brings it)."""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PANELS = {"all": "all skills", "hard": "hard third", "pool": "as the pool"}
COLOURS = ["#1f5fa8", "#c8651b", "#2e8b57"]  # one a world


def draw(rows, path):
    worlds = list(dict.fromkeys(row["world"] for row in rows))
    lines = list(dict.fromkeys((row["a"], row["b"], row["equal"], row["seeds"]) for row in rows))
    figure, axes = plt.subplots(1, len(PANELS), figsize=(13, 1.6 + 0.34 * len(lines)), sharey=True, layout="constrained")
    for axis, (on, title) in zip(axes, PANELS.items()):
        axis.axvline(0, color="#888", linewidth=0.8)
        for at, line in enumerate(lines):
            if at % 2:
                axis.axhspan(at - 0.5, at + 0.5, color="#f3f3f3", zorder=0)
        for w, world in enumerate(worlds):
            found = [(lines.index((r["a"], r["b"], r["equal"], r["seeds"])), r) for r in rows if r["world"] == world and r["on"] == on]
            axis.errorbar([100 * r["mean"] for _, r in found], [at + 0.3 * ((w + 0.5) / len(worlds) - 0.5) * 2 for at, _ in found],
                          xerr=[[100 * (r["mean"] - r["lo"]) for _, r in found], [100 * (r["hi"] - r["mean"]) for _, r in found]],
                          fmt="o", markersize=4, linewidth=1.4, color=COLOURS[w % len(COLOURS)], label=world.replace("_", " "))
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("points, a − b", fontsize=9)
        axis.tick_params(labelsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(lines)), [f"{a} − {b} (equal {equal}{', fresh seeds' if seeds == 'fresh' else ''})" for a, b, equal, seeds in lines])
    axes[0].set_ylim(len(lines) - 0.5, -0.5)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(worlds), frameon=False, fontsize=10)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        draw(json.load(file)["differences"], sys.argv[2])

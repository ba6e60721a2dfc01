"""The practice base is rebuilt by its own command. Long tier: some 20 minutes of one core."""
import os
import pathlib
import re
import sys
import tempfile

from small_run import ROOT, Tally, retort


def make(folder, scale):
    done = retort("practice-base", "--out", folder, "--scale", str(scale), timeout=7200)
    assert done.returncode == 0, done.stderr[-500:]
    return pathlib.Path(folder)


def content(file):
    """Its bytes; of weights the header without the spaces at its end, and the data: the shipped base is older than the padding to 64 bytes."""
    read = file.read_bytes()
    if file.suffix != ".safetensors":
        return read
    end = 8 + int.from_bytes(read[:8], "little")
    return read[8:end].rstrip(b" "), read[end:]


def same_bytes(a, b):
    names = sorted(p.name for p in a.iterdir())
    return names == sorted(p.name for p in b.iterdir()) and all(content(a / name) == content(b / name) for name in names)


def accuracy(base):
    return float(re.search(r"right ([0-9.]+) % of the time", (base / "README.md").read_text())[1])


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as work:
        tally.check("made twice, a small base has the same bytes", same_bytes(make(f"{work}/a", 0.002), make(f"{work}/b", 0.002)))
        if os.environ.get("RETORT_LONG"):
            rebuilt, shipped = make(f"{work}/full", 1), ROOT / "practice_base"
            same = same_bytes(rebuilt, shipped)
            print(f"rebuilt {accuracy(rebuilt)} %, shipped {accuracy(shipped)} %, {'the same' if same else 'other'} bytes")
            tally.check("the rebuilt base is as good as the shipped one, within a point", abs(accuracy(rebuilt) - accuracy(shipped)) <= 1)
            # Another kind of processor adds in another order; RETORT_SAME_PROCESSOR=1 says that it is the one that made the base.
            if os.environ.get("RETORT_SAME_PROCESSOR"):
                tally.check("and the same to the byte", same)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

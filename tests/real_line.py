"""`make real`, first part: what a well-behaved server can show of the teacher's line, against llama.cpp's server with SmolLM2: a stream beside the same request
in one piece, a stop string, log-probabilities, a JSON schema, 64 requests over 16 slots, and the server killed and started again in the middle of them."""
import contextlib
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

from small_run import RETORT, ROOT, Tally

PROBE = RETORT.parent / "line_probe"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start_server(port):
    process = subprocess.Popen([sys.executable, ROOT / "tests/llama_server.py", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    return process, process.stdout.readline().strip()


def probe(url, root, what):
    done = subprocess.run([PROBE, url, os.path.join(root, what), what], capture_output=True, text=True, timeout=600, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done


def stored(folder, text):
    with contextlib.closing(sqlite3.connect(f"file:{folder}/run.db?mode=ro", uri=True)) as db:
        return db.execute(text).fetchone()[0]


def single_requests(tally, url, root):
    plain, done = probe(url, root, "plain")
    tally.check("a plain reply has text, usage and a finish reason", plain and plain[0].get("text") and plain[0]["tokens_in"] > 0 and plain[0]["tokens_out"] > 0
                and plain[0]["finish"] in ("stop", "length"), done.stderr[-300:] or plain)
    stream, done = probe(url, root, "stream")
    tally.check("the same as a stream has the same text, usage and finish reason", stream == plain, f"{stream} beside {plain} {done.stderr[-300:]}")
    stopped, _ = probe(url, root, "stop")
    tally.check("a stop string ends the text before it", stopped and plain and stopped[0]["finish"] == "stop" and " is" not in stopped[0]["text"]
                and plain[0]["text"].startswith(stopped[0]["text"].rstrip()), stopped)
    logprobs, _ = probe(url, root, "logprobs")
    tally.check("every token has its log-probability, at most 0, beside the three most probable",
                logprobs and logprobs[0].get("logprobs", 0) > 0 and logprobs[0]["highest_logprob"] <= 0 and logprobs[0].get("top") == 3, logprobs)
    schema, done = probe(url, root, "schema")
    fits = False
    with contextlib.suppress(ValueError, KeyError, IndexError):
        value = json.loads(schema[0]["text"])
        fits = set(value) == {"colour", "count"} and isinstance(value["count"], int)
    tally.check("a reply fits its JSON schema (or was cut on the way)", fits or (schema and schema[0].get("finish") == "length"), f"{schema} {done.stderr[-300:]}")


def killed_in_the_middle(tally, server, url, port, root):
    folder = os.path.join(root, "many")
    asking = subprocess.Popen([PROBE, url, folder, "many"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = 0
    while asking.poll() is None and done < 16:
        time.sleep(0.1)
        with contextlib.suppress(sqlite3.Error, TypeError):
            done = stored(folder, "SELECT done FROM call_totals")
    server.kill()
    server.wait()
    time.sleep(2)
    server, _ = start_server(port)
    out, errors = asking.communicate(timeout=600)
    lines = [json.loads(line) for line in out.splitlines()]
    whole = [line for line in lines if line.get("text")]
    tally.check("64 requests over 16 slots, the server killed and started again after 16 of them: none is lost", len(whole) == 64, f"{len(whole)} {errors[-300:]}")
    unknown = stored(folder, "SELECT sum(unknown_outcomes) FROM calls")
    tally.check("what was asked twice was in flight then, and is listed so", stored(folder, "SELECT sum(attempts) FROM calls WHERE attempts > 1") is not None
                and unknown <= 16, f"{unknown} of unknown outcome")
    print(f"{done} replies before the kill, {unknown} of unknown outcome")
    return server


def main():
    tally = Tally()
    port = free_port()
    server, url = start_server(port)
    try:
        with tempfile.TemporaryDirectory() as root:
            single_requests(tally, url, root)
            server = killed_in_the_middle(tally, server, url, port, root)
    finally:
        server.kill()
        server.wait()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

"""`retort serve` and llama.cpp's server (F16) with the weights of SmolLM2-135M-Instruct, asked the same by one client: real prompts as token ids, greedy, 32 at once in 16 slots. Output
tokens a second of the server's processor time, one thread each, turns interleaved, the best turn of each counts. RETORT_BENCH_THREADS (1), RETORT_BENCH_ROUNDS (2).
Usage: serve_reference.py RETORT ROWS.jsonl FOLDER (made on first use)"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import generate_reference as reference

PROMPTS, TOKENS, SLOTS, AT_ONCE = 64, 48, 16, 32
CONTEXT = 1024
THREADS, ROUNDS = reference.THREADS, reference.ROUNDS


def llamacpp_server(folder):
    """Serves until its input ends."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(folder / "f16.gguf")
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    server = xllamacpp.Server(params)
    print(server.listening_address + "/v1", flush=True)
    sys.stdin.read()
    os._exit(0)


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def turn(command, model, prompts):
    """Tokens, and tokens a second of processor time."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"OMP_NUM_THREADS": str(THREADS)})
    url = process.stdout.readline().strip()

    def ask(prompt):
        body = json.dumps({"model": model, "prompt": prompt, "max_tokens": TOKENS, "temperature": 0}).encode()
        request = urllib.request.Request(url + "/completions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=1200) as reply:
            return json.load(reply)["usage"]["completion_tokens"]

    ask(prompts[0])
    begin = processor_seconds(process)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tokens = sum(pool.map(ask, prompts))
    seconds = processor_seconds(process) - begin
    process.stdin.close()
    process.terminate()
    process.wait(30)
    return tokens, tokens / seconds


def main(retort, rows, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "ready").exists():
        reference.make_folder(folder)
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / "prompts.json"
        reference.write_prompts(folder, rows, path)
        prompts = json.loads(path.read_text())[:PROMPTS]
    ours = [retort, "serve", folder, "--name", "smollm2", "--precision", "bf16", "--threads", str(THREADS), "--slots", str(SLOTS), "--context", str(CONTEXT)]
    theirs = [sys.executable, "-W", "ignore", __file__, "llamacpp", folder]
    rates = {"ours": [], "llamacpp": []}
    for _ in range(ROUNDS):
        for name, command, model in (("ours", ours, "smollm2"), ("llamacpp", theirs, "any")):
            tokens, rate = turn(command, model, prompts)
            rates[name].append(rate)
            reference.figure(f"serve_135m_{name}_tokens", tokens, "tokens")
    for name, all_rates in rates.items():
        reference.figure(f"serve_135m_{name}", max(all_rates), "tok/s of processor time")
    reference.figure("serve_vs_llamacpp", max(rates["ours"]) / max(rates["llamacpp"]), "ratio")


if __name__ == "__main__":
    if sys.argv[1] == "llamacpp":
        llamacpp_server(pathlib.Path(sys.argv[2]))
    else:
        main(*sys.argv[1:])

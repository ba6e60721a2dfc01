"""train, export and generate on any model, as a script uses them: JSON out, documented exit codes, one line for what is wrong."""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from small_run import RETORT, ROOT, SMALL, Tally, practice_teacher, retort

BASE = ROOT / "practice_base"
ROWS = [{"instruction": f"Say the word kiwi{i % 7}", "output": f"kiwi{i % 7}"} for i in range(60)]


def expect(tally, name, done, code, *words):
    lines = [line for line in done.stderr.splitlines() if line.startswith("retort: ") and "warning" not in line]
    text = lines[-1] if lines else done.stderr[-300:]
    tally.check(name, done.returncode == code and len(lines) == 1 and all(word in text for word in words),
                f"exit {done.returncode}, wanted {code}; {text!r}, wanted {words}")


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def lines_of(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def train(tally, root):
    data = write_rows(root / "rows.jsonl", ROWS + [{"instruction": "no output"}, {"instruction": "long", "output": "x" * 3_000}])
    flags = ["--data", data, "--out", root / "trained", "--steps", "12", "--rows-per-step", "2", "--threads", "1", "--seed", "3"]
    done = retort("train", BASE, *flags, "--json")
    report = json.loads(done.stdout) if done.returncode == 0 else {}
    tally.check("train says what became of every row", report.get("rows") == {
        "in": 62, "ok": 60, "dropped": {"unreadable": 0, "no output": 1, "longer than the context": 1}}, report or done.stderr[-300:])
    tally.check("and the loss fell", report and report["last_loss"] < report["first_loss"], report)
    tally.check("no checkpoints stay behind", not (root / "trained.steps").exists())
    first = (root / "trained/model.safetensors").read_bytes()
    retort("train", BASE, *flags)
    tally.check("the same rows and seed give the same weights", (root / "trained/model.safetensors").read_bytes() == first)
    answers = lines_of(retort("generate", root / "trained", "--data", data, "--threads", "1", "--tokens-max", "8"))
    tally.check("generate answers every row, in order", [a["instruction"] for a in answers][:60] == [row["instruction"] for row in ROWS])


def killed(tally, root):
    data = write_rows(root / "rows.jsonl", ROWS)
    flags = ["--data", data, "--steps", "60", "--rows-per-step", "2", "--threads", "1", "--checkpoint-every-steps", "5"]
    whole = retort("train", BASE, "--out", root / "whole", *flags)
    process = subprocess.Popen([RETORT, "train", BASE, "--out", root / "resumed", *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        time.sleep(0.02)
        if list((root / "resumed.steps").glob("*/manifest.json")) or process.poll() is not None:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = retort("train", BASE, "--out", root / "resumed", *flags)
    same = (root / "whole/model.safetensors").read_bytes() == (root / "resumed/model.safetensors").read_bytes()
    tally.check("training that was killed goes on to the same bits", whole.returncode == done.returncode == 0 and same, done.stderr[-300:])


def weights(folder):
    """Each tensor's dtype, shape and bytes."""
    data = (folder / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {name: (t["dtype"], t["shape"], data[start + t["data_offsets"][0] : start + t["data_offsets"][1]]) for name, t in header.items()}


def export(tally, root):
    for kind in ["f32", "q8_0", "q4_k_m"]:
        done = retort("export", BASE, "--format", "gguf", "--type", kind, "--out", root / f"{kind}.gguf", "--json")
        report = json.loads(done.stdout) if done.returncode == 0 else {}
        tally.check(f"a folder becomes GGUF as {kind}", report.get("bytes") == (root / f"{kind}.gguf").stat().st_size, report or done.stderr)
    done = retort("export", root / "f32.gguf", "--type", "bf16", "--out", root / "back")
    tally.check("GGUF becomes a folder, and with it the same weights",
                done.returncode == 0 and weights(root / "back") == weights(BASE), done.stderr)
    prompt = ["--prompt", "What is the word after dog in: cat dog bird", "--threads", "1"]
    texts = [lines_of(retort("generate", model, *prompt)) for model in [BASE, root / "f32.gguf", root / "back"]]
    texts += [lines_of(retort("generate", model, *prompt, "--template", "own")) for model in [BASE, root / "f32.gguf"]]
    tally.check("all three write the same, by the template's name and by the model's own", texts[0] and all(t == texts[0] for t in texts), texts)
    data = write_rows(root / "few.jsonl", ROWS[:8])
    done = retort("train", root / "q8_0.gguf", "--data", data, "--out", root / "taught", "--steps", "2", "--threads", "1")
    tally.check("a GGUF file can be trained", done.returncode == 0 and (root / "taught/config.json").exists(), done.stderr)


def adapters(tally, root):
    data, adapter = write_rows(root / "rows.jsonl", ROWS), root / "adapter"
    flags = ["--data", data, "--steps", "8", "--threads", "1", "--lora-rank", "4", "--learning-rate", "0.02", "--optimizer", "adamw"]
    done = retort("train", BASE, "--out", root / "merged", "--adapter-out", adapter, "--save-precision", "fp32", *flags)
    config = json.loads((adapter / "adapter_config.json").read_text()) if done.returncode == 0 else {}
    tally.check("train keeps the adapter, and what it hangs on", config.get("base_model_name_or_path") == str(BASE) and config.get("r") == 4, config or done.stderr)
    done = retort("export", BASE, "--adapter", adapter, "--type", "f32", "--out", root / "again")
    same = done.returncode == 0 and weights(root / "again") == weights(root / "merged")
    tally.check("export merges it into the weights that training ended with", same, done.stderr)
    tally.check("which are not the base's", same and weights(root / "again") != weights(BASE))
    out = ["--out", root / "never"]
    expect(tally, "an adapter is no model", retort("generate", adapter, "--prompt", "x"), 2, "adapter", "retort export")
    expect(tally, "an adapter that is not there", retort("export", BASE, "--adapter", root / "nowhere", *out), 3, "nowhere")
    config["target_modules"] = ["nothing"]
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    expect(tally, "an adapter of another model", retort("export", BASE, "--adapter", adapter, *out), 2, "nothing")
    expect(tally, "an adapter to keep, and none is trained", retort("train", BASE, "--data", data, "--adapter-out", adapter, *out), 2, "--lora-rank")
    tally.check("nothing is written by what is refused", not (root / "never").exists())


def of_a_run(tally, root):
    with practice_teacher() as url:
        text = SMALL.format(base_url=url).replace('control = "imitation"\n', "") + f'base = "{root}/q8_0.gguf"\n[export]\ngguf = "q8_0"\n'
        (root / "run.toml").write_text(text, encoding="utf-8")
        done = retort("run", root / "run.toml", "--dir", root / "run")
    tally.check("a run starts from a GGUF file and exports one", done.returncode == 0 and (root / "run/export/model.gguf").exists(), done.stderr[-300:])
    done = retort("export", root / "run", "--format", "gguf", "--type", "q8_0", "--out", root / "again.gguf")
    tally.check("export of the run folder is the same file",
                done.returncode == 0 and (root / "again.gguf").read_bytes() == (root / "run/export/model.gguf").read_bytes(), done.stderr)


def wrong(tally, root):
    out = ["--out", root / "none"]
    expect(tally, "a model that is not there", retort("export", root / "nowhere", *out), 3, "nowhere")
    expect(tally, "a GGUF file that is not there", retort("generate", root / "no.gguf", "--prompt", "x"), 3, "no.gguf")
    expect(tally, "an unknown format", retort("export", BASE, "--format", "onnx", *out), 2, "onnx", "gguf")
    expect(tally, "an unknown type is answered with the known ones", retort("export", BASE, "--format", "gguf", "--type", "q4_k", *out), 2, "q4_k_m")
    expect(tally, "a type that folders do not have", retort("export", BASE, "--type", "q8_0", *out), 2, "q8_0", "gguf")
    expect(tally, "an export onto its source", retort("export", BASE, "--out", BASE), 2, "another place")
    (root / "cut.gguf").write_bytes((root / "f32.gguf").read_bytes()[:50_000])
    expect(tally, "a GGUF file that was cut names tensor and file", retort("generate", root / "cut.gguf", "--prompt", "x"), 5, "cut.gguf", "tensor")
    expect(tally, "a run without a student", retort("export", root / "empty-run", *out), 3)
    empty = write_rows(root / "empty.jsonl", [{"instruction": "only a question"}])
    expect(tally, "rows without outputs", retort("train", BASE, "--data", empty, *out), 2, "output")
    expect(tally, "rows that are not there", retort("train", BASE, "--data", root / "gone.jsonl", *out), 3, "gone.jsonl")
    expect(tally, "an unknown optimizer", retort("train", BASE, "--data", root / "few.jsonl", "--optimizer", "sgd", *out), 2, "sgd")
    expect(tally, "precision that weights are not saved in", retort("train", BASE, "--data", root / "few.jsonl", "--steps", "1", "--save-precision", "int8", *out), 2, "int8")
    tally.check("an unknown flag exits 2", retort("export", BASE, "--frobnicate").returncode == 2)
    tally.check("nothing was written", not (root / "none").exists())


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        train(tally, root)
        killed(tally, root)
        export(tally, root)
        adapters(tally, root)
        of_a_run(tally, root)
        wrong(tally, root)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

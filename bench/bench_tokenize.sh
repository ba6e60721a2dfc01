# The same rows through Hugging Face's `tokenizers`, two threads. usage: bench_tokenize.sh BUILD_FOLDER
python=$(scripts/real_tokenizers) || exit 0
RAYON_NUM_THREADS=2 exec "$python" bench/tokenize_reference.py

"""`transformers` on a GGUF file, for tests/gguf_parity.py: the largest difference of logits, and for how many prompts the greedy tokens are the same.
Usage: gguf_transformers.py FILE ASKED.json FOLDER_OF_GGUF_PACKAGE. Prints one JSON object."""
import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
sys.path.append(sys.argv[3])
import numpy
import torch
import transformers

torch.set_num_threads(1)


def main():
    file = pathlib.Path(sys.argv[1])
    asked = json.loads(pathlib.Path(sys.argv[2]).read_text())
    model = transformers.AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    logits, at, largest, relative, same = numpy.fromfile(asked["logits"], dtype=numpy.float32), 0, 0.0, 0.0, 0
    with torch.no_grad():
        for ids, greedy in zip(asked["prompts"], asked["greedy"]):
            if at < logits.size:
                theirs = model(torch.tensor([ids])).logits[0].numpy()
                ours = logits[at:at + theirs.size].reshape(theirs.shape)
                at += theirs.size
                largest = max(largest, float(numpy.abs(ours - theirs).max()))
                relative = max(relative, float(numpy.abs(ours - theirs).max() / numpy.abs(theirs).max()))
            out = model.generate(torch.tensor([ids]), max_new_tokens=64, do_sample=False, eos_token_id=[0, 2], pad_token_id=2)[0, len(ids):].tolist()
            cut = out[:next((i for i, one in enumerate(out) if one in (0, 2)), len(out))]
            same += cut == greedy
    print(json.dumps({"logits": largest, "relative": relative, "same": same, "prompts": len(asked["prompts"])}))


if __name__ == "__main__":
    main()

// Small tokenizers that the tests of this room share, as texts of a tokenizer.json.
#pragma once

#include <string>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace retort {

// Byte-level: the 256 bytes and these tokens from id 300 on, with these merges ("l o"), in the byte alphabet;
// one special token, <|end|>.
inline std::string byte_level_json(const std::vector<std::string>& tokens,
                                   const std::vector<std::string>& merges) {
  Json root = parse_json(make_word_tokenizer_json({}, std::vector<std::string>{"<|end|>"})).value();
  Json model = root.at_path("model"), vocabulary = model.at_path("vocab"), list = Json::array();
  int id = 300;
  for (const std::string& token : tokens) vocabulary.set(token, id++);
  for (const std::string& merge : merges) list.push(merge);
  model.set("vocab", vocabulary).set("merges", list).set("ignore_merges", false);
  return root.set("model", model).dump();
}

// LLaMA 2's kind: <unk> <s> </s>, the bytes <0xNN> from id 3, some letters and merges from id 259:
// ▁ h e l o, he, ll, hell, hello, ▁hello, ▁▁.
inline std::string sentencepiece_json() {
  Json vocabulary = Json::object(), added = Json::array();
  int id = 0;
  for (const char* text : {"<unk>", "<s>", "</s>"}) {
    added.push(
        Json::object().set("id", id).set("content", text).set("special", true).set("normalized", false));
    vocabulary.set(text, id++);
  }
  for (int byte = 0; byte < 256; ++byte) vocabulary.set(format("<0x{:02X}>", byte), id++);
  for (const char* text : {"▁", "h", "e", "l", "o", "he", "ll", "hell", "hello", "▁hello", "▁▁"})
    vocabulary.set(text, id++);
  Json merges = Json::array();
  for (const char* merge : {"h e", "l l", "he ll", "hell o", "▁ hello", "▁ ▁"}) merges.push(merge);
  Json model = Json::object().set("type", "BPE").set("unk_token", "<unk>").set("fuse_unk", true);
  model.set("byte_fallback", true).set("vocab", vocabulary).set("merges", merges);
  Json root = parse_json(R"({"version": "1.0",
      "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null,
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
      "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}})")
                  .value();
  return root.set("added_tokens", added).set("model", model).dump();
}

}  // namespace retort

// Our tokenizer for tests/tokenizer_parity.py. usage: tokenizer_dump TOKENIZER_JSON
// plain|special|framed|decode In: records of a little-endian 32-bit size and that many bytes of text (decode:
// of 32-bit ids). Out, in that order: the ids and the text that they decode to with special tokens shown, as
// such records (decode: the text). Ends with an error when a stream decoder says something else than decoding
// at once.
#include <cstdio>
#include <cstring>
#include <iostream>

#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/bpe_trainer.h"
#include "tokenizer/stream_decoder.h"

using namespace retort;

namespace {

bool read_record(std::string& record) {
  uint32_t size = 0;
  if (std::fread(&size, sizeof size, 1, stdin) != 1) return false;
  record.resize(size);
  RETORT_CHECK(size == 0 || std::fread(record.data(), size, 1, stdin) == 1, "the input ends within a record");
  return true;
}

void write_record(std::string_view bytes) {
  uint32_t size = static_cast<uint32_t>(bytes.size());
  std::fwrite(&size, sizeof size, 1, stdout);
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
}

std::string streamed(const Tokenizer& tokenizer, std::span<const int32_t> ids) {
  StreamDecoder stream(tokenizer, SpecialTokens::Show);
  std::string text;
  for (int32_t id : ids) {
    std::string added = stream.add(id);
    RETORT_CHECK(valid_utf8(added), "the stream said half a character");
    text += added;
  }
  return text + stream.finish();
}

void encode_all(const Tokenizer& tokenizer, const EncodeOptions& options) {
  for (std::string text; read_record(text);) {
    std::vector<int32_t> ids = tokenizer.encode(text, options);
    write_record({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t)});
    std::string decoded = replace_invalid_utf8(tokenizer.decode(ids, SpecialTokens::Show));
    RETORT_CHECK(streamed(tokenizer, ids) == decoded, "the stream differs for \"{}\"",
                 terminal_safe(text, 200));
    write_record(decoded);
  }
}

void decode_all(const Tokenizer& tokenizer) {
  for (std::string record; read_record(record);) {
    std::vector<int32_t> ids(record.size() / sizeof(int32_t));
    std::memcpy(ids.data(), record.data(), ids.size() * sizeof(int32_t));
    (void)streamed(tokenizer, ids);
    write_record(replace_invalid_utf8(tokenizer.decode(ids, SpecialTokens::Show)));
  }
}

int train(int64_t vocabulary) {
  std::vector<std::string> texts;
  for (std::string text; read_record(text);) texts.push_back(text);
  std::cout << or_throw(
      train_byte_level_json(texts, {.vocabulary = vocabulary, .special_tokens = {"<|end|>"}}));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  RETORT_CHECK(count == 3, "usage: tokenizer_dump TOKENIZER_JSON plain|special|framed|decode");
  if (std::string(arguments[2]) == "train") return train(std::atoll(arguments[1]));
  auto tokenizer = Tokenizer::load(arguments[1]);
  if (!tokenizer) {
    std::cerr << tokenizer.error().message << "\n";
    return exit_code(tokenizer.error().code);
  }
  std::string mode = arguments[2];
  EncodeOptions options;
  if (mode != "plain") options.special_text = EncodeOptions::SpecialText::Special;
  if (mode == "framed") options.frame = EncodeOptions::Frame::Framed;
  mode == "decode" ? decode_all(**tokenizer) : encode_all(**tokenizer, options);
}

// Text <-> token ids, from a Hugging Face tokenizer.json: byte-level BPE (GPT-2, LLaMA 3, Qwen, DeepSeek,
// gpt-oss, SmolLM) and SentencePiece-style BPE with byte fallback (LLaMA 2, Mistral, Gemma), the same ids as
// `tokenizers` gives. What it does not know is an error that names it. encode never yields a special token
// for text that merely spells one, unless it is asked to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace retort {

struct EncodeOptions {
  // What text that spells a special token becomes: Plain, tokens like those of any other text; Special, the
  // special token. Plain is `tokenizers`' encode_special_tokens = True.
  enum class SpecialText { Plain, Special };
  SpecialText special_text = SpecialText::Plain;
  // Framed: with what the model's own post-processor puts around a text (bos, eos).
  enum class Frame { Bare, Framed };
  Frame frame = Frame::Bare;
};
enum class SpecialTokens { Hide, Show };

// An added token found in a text at these bytes.
struct AddedTokenUse {
  int32_t id;
  bool special;
  size_t begin, end;
};

// All functions may be called from several threads.
class Tokenizer {
 public:
  // Reads tokenizer.json. Malformed, or InvalidArgument for a kind it does not know (the message names it).
  static Result<std::unique_ptr<Tokenizer>> load(const Path& tokenizer_json);
  static Result<std::unique_ptr<Tokenizer>> parse(std::string_view tokenizer_json);
  virtual ~Tokenizer() = default;

  // Ill-formed UTF-8 is repaired first (U+FFFD).
  std::vector<int32_t> encode(std::string_view text) const { return encode(text, {}); }
  virtual std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options) const = 0;
  // One by one the same as encode, on `threads` threads (0: one per core).
  std::vector<std::vector<int32_t>> encode_batch(std::span<const std::string> texts,
                                                 const EncodeOptions& options = {}, int threads = 0) const;
  // The parts of one text between `cuts` (ascending byte offsets, each at the start of a character), each
  // encoded on its own but as a continuation: nothing is put before a later part. `allowed` decides which
  // added tokens the text may become. Requires valid UTF-8.
  virtual std::vector<std::vector<int32_t>> encode_parts(
      std::string_view text, std::span<const size_t> cuts,
      const std::function<bool(const AddedTokenUse&)>& allowed) const = 0;

  // Ids that no token has are left out, and special tokens, unless they are to be shown. Of a byte-level
  // tokenizer the bytes as they are, which may cut a character: see replace_invalid_utf8.
  std::string decode(std::span<const int32_t> ids) const { return decode(ids, SpecialTokens::Hide); }
  virtual std::string decode(std::span<const int32_t> ids, SpecialTokens special) const = 0;
  // True when a text decodes token by token, to bytes; false when its neighbours matter.
  virtual bool decodes_by_token() const = 0;

  virtual int32_t size() const = 0;                            // the vocabulary with added tokens
  virtual int32_t special(std::string_view text) const = 0;    // id of an added special token, or -1
  virtual std::vector<std::string> special_texts() const = 0;  // all of them, by id
  virtual const std::string& json() const = 0;                 // the text of its tokenizer.json
};

// A tokenizer of whole words (specs/practice_world §2): the 256 bytes, then `words`, then the special tokens;
// everything else is spelled in single bytes. A word "dog" is the token " dog", the form that the
// pre-tokenizer makes of it after a space. Returns the text of a tokenizer.json that Hugging Face's
// `tokenizers` loads and encodes the same with.
std::string make_word_tokenizer_json(std::span<const std::string> words,
                                     std::span<const std::string> special_tokens);
// The practice student's: kEnglishWords (english_words.h) and the tokens of the "practice" template.
std::string practice_tokenizer_json();

}  // namespace retort

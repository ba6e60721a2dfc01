#include "gguf/pre_tokenizers.h"

#include "base/utf8.h"

namespace retort {
namespace {

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// tiktoken's o200k_base. llama.cpp's own form of it tells upper from lower case by a-z alone.
constexpr std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

using Pre = GgufPreTokenizer;
// The first of those that cut alike is the one that is written, and the first of a name the one that is read.
constexpr GgufPreTokenizer kKnown[] = {
    {"gpt-2", ""},
    {"olmo", ""},
    {"mpt", ""},
    {"smollm", "", Pre::Digits::Apart},
    {"starcoder", "", Pre::Digits::Apart},
    {"refact", "", Pre::Digits::Apart},
    {"command-r", "", Pre::Digits::Apart},
    {"llama-bpe", kLlama3, Pre::Digits::Grouped, Pre::Whole::Kept},
    {"llama3", kLlama3, Pre::Digits::Grouped, Pre::Whole::Kept},
    {"dbrx", kLlama3},
    {"smaug-bpe", kLlama3},
    {"qwen2", kQwen2, Pre::Digits::Grouped, Pre::Whole::Merged, Pre::Form::Nfc},
    {"deepseek-r1-qwen", kQwen2, Pre::Digits::Grouped, Pre::Whole::Merged, Pre::Form::Nfc},
    {"stablelm2", kQwen2},
    {"gpt-4o", kO200k},
    {"gpt-4o", kO200k, Pre::Digits::Grouped, Pre::Whole::Kept},
};

Json byte_level(bool own_pattern) {
  return Json::object()
      .set("type", "ByteLevel")
      .set("add_prefix_space", false)
      .set("trim_offsets", true)
      .set("use_regex", own_pattern);
}

// What a pre_tokenizer member describes, if it is one of the kinds above.
struct Cut {
  std::string pattern;
  bool digits_apart = false, byte_level = false, strange = false;
};

void add_step(const Json& json, Cut& cut) {
  std::string_view type = json.at_path("type").string_or("");
  if (type == "Sequence") {
    for (const Json& step : json.at_path("pretokenizers").items()) add_step(step, cut);
  } else if (type == "Digits") {
    cut.digits_apart = json.at_path("individual_digits").bool_or(false);
    cut.strange |= !cut.digits_apart;
  } else if (type == "Split") {
    cut.strange |= !cut.pattern.empty() || json.at_path("behavior").string_or("") != "Isolated" ||
                   json.at_path("invert").bool_or(false);
    cut.pattern = json.at_path("pattern/Regex").string_or("?");
  } else if (type == "ByteLevel") {
    cut.byte_level = true;
    bool own = json.at_path("use_regex").bool_or(true);
    cut.strange |= json.at_path("add_prefix_space").bool_or(true) || own != cut.pattern.empty();
  } else {
    cut.strange = true;
  }
}

bool is_nfc(const Json& normalizer) { return normalizer.at_path("type").string_or("") == "NFC"; }

Error no_words(std::string_view what) {
  return {ErrorCode::InvalidArgument,
          format("tokenizer.json: llama.cpp has no name for {}; export it as a folder (hf) instead",
                 terminal_safe(what, 200))};
}

}  // namespace

const GgufPreTokenizer* find_pre_tokenizer(std::string_view name) {
  for (const GgufPreTokenizer& one : kKnown)
    if (one.name == name) return &one;
  return nullptr;
}

Json pre_tokenizer_json(const GgufPreTokenizer& pre) {
  Json steps = Json::array();
  if (pre.digits == Pre::Digits::Apart)
    steps.push(Json::object().set("type", "Digits").set("individual_digits", true));
  if (!pre.pattern.empty())
    steps.push(Json::object()
                   .set("type", "Split")
                   .set("pattern", Json::object().set("Regex", pre.pattern))
                   .set("behavior", "Isolated")
                   .set("invert", false));
  steps.push(byte_level(pre.pattern.empty()));
  if (steps.size() == 1) return steps.items()[0];
  return Json::object().set("type", "Sequence").set("pretokenizers", std::move(steps));
}

Result<const GgufPreTokenizer*> recognise_pre_tokenizer(const Json& tokenizer, TokenTexts texts) {
  Cut cut;
  add_step(tokenizer.at_path("pre_tokenizer"), cut);
  const Json& normalizer = tokenizer.at_path("normalizer");
  if (cut.strange || !cut.byte_level || (!normalizer.is_null() && !is_nfc(normalizer)))
    return no_words("its pre-tokenizer " + tokenizer.at_path("pre_tokenizer").dump());
  bool keeps = tokenizer.at_path("model/ignore_merges").bool_or(false);
  // Where every token is one byte or a space and letters, GPT-2's cut and Llama 3's give the same tokens:
  // they differ at digits, line ends and punctuation, which are spelled in bytes by both.
  if (keeps && cut.pattern.empty() && texts == TokenTexts::SpacedLetters)
    return find_pre_tokenizer("llama-bpe");
  for (const GgufPreTokenizer& one : kKnown)
    if (one.pattern == cut.pattern && (one.digits == Pre::Digits::Apart) == cut.digits_apart &&
        (one.whole_words == Pre::Whole::Kept) == keeps &&
        (one.form == Pre::Form::Nfc) == (is_nfc(normalizer) && one.pattern == kQwen2))
      return &one;
  return no_words(
      format("its pre-tokenizer {} (ignore_merges {})", tokenizer.at_path("pre_tokenizer").dump(), keeps));
}

}  // namespace retort

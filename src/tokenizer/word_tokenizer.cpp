// The practice student's tokenizer as a tokenizer.json: byte-level BPE with `ignore_merges` and no merges, so
// that a piece is either a whole word of the list or its single bytes. Digits and the letters of unknown
// words thus stay apart, which a student of this size needs to reverse, count or add them.
#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/english_words.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

Json byte_level() {
  return Json::object()
      .set("type", "ByteLevel")
      .set("add_prefix_space", false)
      .set("trim_offsets", true)
      .set("use_regex", true);
}

class Vocabulary {
 public:
  Vocabulary() {
    for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
  }
  void add(const std::string& bytes) {
    if (seen_.insert(bytes).second) json_.push_back({to_byte_alphabet(bytes), Json(next_++)});
  }
  void add_word(const std::string& word) {
    PreTokenizer::Made made;
    std::vector<std::string_view> pieces;
    gpt2_pre_tokenizer().split(word, Place::TextStart, made, pieces);
    RETORT_CHECK(pieces.size() == 1, "\"{}\" is cut into {} pieces, so no text would use it", word,
                 pieces.size());
    add(word);
  }
  int next() const { return next_; }
  Json json() const {
    Json object = Json::object();
    for (const Json::Member& member : json_) object.set(member.first, member.second);
    return object;
  }

 private:
  int next_ = 0;
  std::unordered_set<std::string> seen_;
  std::vector<Json::Member> json_;
};

Json added_token(const std::string& text, int id) {
  Json token = Json::object().set("id", id).set("content", text);
  for (const char* off : {"single_word", "lstrip", "rstrip", "normalized"}) token.set(off, false);
  return token.set("special", true);
}

}  // namespace

std::string make_word_tokenizer_json(std::span<const std::string> words,
                                     std::span<const std::string> special_tokens) {
  Vocabulary vocabulary;
  for (const std::string& word : words) {
    vocabulary.add_word(" " + word);
  }
  Json added = Json::array();
  for (size_t i = 0; i < special_tokens.size(); ++i)
    added.push(added_token(special_tokens[i], vocabulary.next() + static_cast<int>(i)));
  Json model = Json::object().set("type", "BPE");
  for (const char* off : {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"})
    model.set(off, nullptr);
  model.set("fuse_unk", false).set("byte_fallback", false).set("ignore_merges", true);
  model.set("vocab", vocabulary.json()).set("merges", Json::array());
  Json root = Json::object().set("version", "1.0").set("truncation", nullptr).set("padding", nullptr);
  root.set("added_tokens", added).set("normalizer", nullptr).set("pre_tokenizer", byte_level());
  root.set("post_processor", nullptr).set("decoder", byte_level()).set("model", model);
  return root.dump(1) + "\n";
}

std::string practice_tokenizer_json() {
  std::vector<std::string> words(std::begin(kEnglishWords), std::end(kEnglishWords));
  return make_word_tokenizer_json(words, kPracticeSpecialTokens);
}

}  // namespace retort

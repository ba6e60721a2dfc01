#include "tokenizer/tokenizer.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/tokenizer_json.h"

namespace retort {
namespace {

// What one thread needs while it encodes; kept from call to call for the cache in it.
struct Workspace {
  WordCache cache;
  PreTokenizer::Made made;
  std::vector<std::string_view> pieces;
  std::vector<AddedTokenFinder::Part> raw_parts, normal_parts;
};

class Workspaces {
 public:
  std::unique_ptr<Workspace> take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Workspace>();
    std::unique_ptr<Workspace> one = std::move(free_.back());
    free_.pop_back();
    return one;
  }
  void give_back(std::unique_ptr<Workspace> one) {
    std::lock_guard lock(mutex_);
    free_.push_back(std::move(one));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

using Allowed = std::function<bool(const AddedTokenUse&)>;

class BpeTokenizer : public Tokenizer {
 public:
  BpeTokenizer(TokenizerParts parts, std::string json) : parts_(std::move(parts)), json_(std::move(json)) {
    std::vector<const AddedToken*> raw, normal;
    for (const AddedToken& token : parts_.added)
      if (token.normalized && !parts_.normalizer.steps.empty()) {
        AddedToken copy = token;
        copy.text = parts_.normalizer.apply(token.text, Place::TextStart);
        if (!copy.text.empty()) normalized_.push_back(std::move(copy));
      }
    for (const AddedToken& token : parts_.added)
      if (!token.normalized) raw.push_back(&token);
    for (const AddedToken& token : parts_.normalizer.steps.empty() ? parts_.added : normalized_)
      if (token.normalized) normal.push_back(&token);
    raw_finder_ = AddedTokenFinder(std::move(raw));
    normal_finder_ = AddedTokenFinder(std::move(normal));
    special_.resize(parts_.texts.size());
    for (const AddedToken& token : parts_.added)
      if (token.special) {
        special_[static_cast<size_t>(token.id)] = true;
        special_ids_.emplace(token.text, token.id);
      }
    if (parts_.decoder.by_token())
      for (const std::string& text : parts_.texts) bytes_.push_back(from_byte_alphabet(text).value_or(text));
  }

  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options) const override {
    std::string repaired;
    if (!valid_utf8(text)) text = repaired = replace_invalid_utf8(text);
    bool framed = options.frame == EncodeOptions::Frame::Framed;
    bool special = options.special_text == EncodeOptions::SpecialText::Special;
    std::vector<int32_t> ids;
    if (framed) ids = parts_.frame.before;
    std::unique_ptr<Workspace> work = workspaces_.take();
    encode_part(
        text, 0, [&](const AddedTokenUse& use) { return special || !use.special; }, *work, ids);
    workspaces_.give_back(std::move(work));
    if (framed) ids.insert(ids.end(), parts_.frame.after.begin(), parts_.frame.after.end());
    return ids;
  }

  std::vector<std::vector<int32_t>> encode_parts(std::string_view text, std::span<const size_t> cuts,
                                                 const Allowed& allowed) const override {
    std::vector<std::vector<int32_t>> parts;
    std::unique_ptr<Workspace> work = workspaces_.take();
    size_t from = 0;
    for (size_t i = 0; i <= cuts.size(); ++i) {
      size_t to = i < cuts.size() ? cuts[i] : text.size();
      RETORT_CHECK(from <= to && to <= text.size(), "cut {} at byte {} of {}", i, to, text.size());
      encode_part(text.substr(from, to - from), from, allowed, *work, parts.emplace_back());
      from = to;
    }
    workspaces_.give_back(std::move(work));
    return parts;
  }

  std::string decode(std::span<const int32_t> ids, SpecialTokens special) const override {
    std::string text;
    std::vector<std::string> tokens;
    // A model's vocabulary may be padded beyond the tokenizer's: such an id is the text of nothing.
    for (int32_t id : ids) {
      if (id < 0 || id >= size() || (special == SpecialTokens::Hide && special_[static_cast<size_t>(id)]))
        continue;
      if (!bytes_.empty())
        text += bytes_[static_cast<size_t>(id)];
      else if (!parts_.texts[static_cast<size_t>(id)].empty())
        tokens.push_back(parts_.texts[static_cast<size_t>(id)]);
    }
    return bytes_.empty() ? parts_.decoder.decode(std::move(tokens)) : text;
  }
  bool decodes_by_token() const override { return parts_.decoder.by_token(); }

  int32_t size() const override { return static_cast<int32_t>(parts_.texts.size()); }
  int32_t special(std::string_view text) const override {
    auto found = special_ids_.find(std::string(text));
    return found == special_ids_.end() ? -1 : found->second;
  }
  std::vector<std::string> special_texts() const override {
    std::vector<std::string> texts;
    for (size_t id = 0; id < special_.size(); ++id)
      if (special_[id]) texts.push_back(parts_.texts[id]);
    return texts;
  }
  const std::string& json() const override { return json_; }

 private:
  // `text` starts at byte `base` of the whole; what is not its start is a continuation.
  void encode_part(std::string_view text, size_t base, const Allowed& allowed, Workspace& work,
                   std::vector<int32_t>& ids) const {
    auto found = [&](const AddedToken& token, size_t begin, size_t end) {
      return allowed({token.id, token.special, base + begin, base + end});
    };
    work.raw_parts.clear();
    raw_finder_.find(text, found, work.raw_parts);
    for (const AddedTokenFinder::Part& part : work.raw_parts) {
      if (part.token != nullptr) {
        ids.push_back(part.token->id);
        continue;
      }
      Place place = part.begin > 0 ? Place::Later : base > 0 ? Place::Continuation : Place::TextStart;
      encode_between(text.substr(part.begin, part.end - part.begin), base + part.begin, place, allowed, work,
                     ids);
    }
  }

  // Text between the added tokens of the text as it is. In normalized text offsets are lost: a token there
  // counts as standing anywhere in this stretch.
  void encode_between(std::string_view text, size_t base, Place place, const Allowed& allowed,
                      Workspace& work, std::vector<int32_t>& ids) const {
    work.made.clear();
    auto found = [&](const AddedToken& token, size_t begin, size_t end) {
      bool same = parts_.normalizer.steps.empty();
      return allowed({token.id, token.special, base + (same ? begin : 0), base + (same ? end : text.size())});
    };
    std::string_view normal = text;
    if (!parts_.normalizer.steps.empty())
      normal = work.made.emplace_back(parts_.normalizer.apply(text, place));
    work.normal_parts.clear();
    normal_finder_.find(normal, found, work.normal_parts);
    for (const AddedTokenFinder::Part& part : work.normal_parts) {
      if (part.token != nullptr)
        ids.push_back(part.token->id);
      else
        encode_pieces(normal.substr(part.begin, part.end - part.begin), part.begin > 0 ? Place::Later : place,
                      work, ids);
    }
  }

  void encode_pieces(std::string_view text, Place place, Workspace& work, std::vector<int32_t>& ids) const {
    work.pieces.clear();
    parts_.pre_tokenizer.split(text, place, work.made, work.pieces);
    for (std::string_view piece : work.pieces) parts_.bpe.encode(piece, work.cache, ids);
  }

  TokenizerParts parts_;
  std::string json_;
  std::vector<AddedToken> normalized_;
  AddedTokenFinder raw_finder_, normal_finder_;
  std::vector<bool> special_;  // by id
  std::unordered_map<std::string, int32_t> special_ids_;
  std::vector<std::string> bytes_;  // by id, where tokens decode one by one
  mutable Workspaces workspaces_;
};

}  // namespace

std::vector<std::vector<int32_t>> Tokenizer::encode_batch(std::span<const std::string> texts,
                                                          const EncodeOptions& options, int threads) const {
  constexpr size_t kChunk = 64;
  std::vector<std::vector<int32_t>> all(texts.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t from = next.fetch_add(kChunk); from < texts.size(); from = next.fetch_add(kChunk))
      for (size_t i = from; i < std::min(from + kChunk, texts.size()); ++i)
        all[i] = encode(texts[i], options);
  };
  size_t cores =
      threads > 0 ? static_cast<size_t>(threads) : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(cores, (texts.size() + kChunk - 1) / kChunk); ++i)
    others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return all;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::parse(std::string_view tokenizer_json) {
  TokenizerParts parts = RETORT_TRY(parse_tokenizer_json(tokenizer_json));
  return std::unique_ptr<Tokenizer>(new BpeTokenizer(std::move(parts), std::string(tokenizer_json)));
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::load(const Path& tokenizer_json) {
  std::string text = RETORT_TRY(read_file(tokenizer_json, kTokenizerBytesMax));
  Result<std::unique_ptr<Tokenizer>> tokenizer = parse(text);
  if (!tokenizer)
    return Error{tokenizer.error().code,
                 format("{}: {}", tokenizer_json.string(), tokenizer.error().message)};
  return tokenizer;
}

}  // namespace retort

#include "tokenizer/stream_decoder.h"

#include "base/utf8.h"

namespace retort {
namespace {

constexpr std::string_view kUnreadable = "\xEF\xBF\xBD";
constexpr size_t kHeldMax = 8;  // tokens: no character has more bytes

// How many bytes at the end are the start of a character that may go on.
size_t unfinished_bytes(std::string_view text) {
  for (size_t count = 1; count <= 3 && count <= text.size(); ++count) {
    std::string_view tail = text.substr(text.size() - count);
    unsigned char first = static_cast<unsigned char>(tail[0]);
    if ((first & 0xC0) == 0x80) continue;
    bool starts = first >= 0xC2 && first <= 0xF4 && utf8_length(tail) == 0;
    return starts && ill_formed_length(tail) == count ? count : 0;
  }
  return 0;
}

}  // namespace

std::string StreamDecoder::add(int32_t id) {
  return tokenizer_.decodes_by_token() ? add_bytes(id) : add_in_context(id);
}

std::string StreamDecoder::add_bytes(int32_t id) {
  bytes_ += tokenizer_.decode(std::span(&id, 1), special_);
  size_t held = unfinished_bytes(bytes_);
  std::string certain = bytes_.substr(0, bytes_.size() - held);
  bytes_.erase(0, bytes_.size() - held);
  return valid_utf8(certain) ? certain : replace_invalid_utf8(certain);
}

// What a token adds is the difference it makes behind its neighbours: a leading space may go at the start
// only.
std::string StreamDecoder::add_in_context(int32_t id) {
  window_.push_back(id);
  std::string all = tokenizer_.decode(window_, special_);
  bool holds = all.ends_with(kUnreadable) && window_.size() - said_ < kHeldMax;
  if (holds) return "";
  std::string before = tokenizer_.decode(std::span(window_).first(said_), special_);
  std::string added = all.starts_with(before) ? all.substr(before.size()) : all;
  // Tokens without text stay in the window: what comes next is not the first.
  if (added.empty() && window_.size() <= 4 * kHeldMax) return "";
  window_.erase(window_.begin(), window_.begin() + static_cast<long>(said_));
  said_ = window_.size();
  return added;
}

std::string StreamDecoder::finish() {
  std::string rest;
  if (tokenizer_.decodes_by_token()) {
    rest = replace_invalid_utf8(bytes_);
  } else {
    std::string all = tokenizer_.decode(window_, special_);
    std::string before = tokenizer_.decode(std::span(window_).first(said_), special_);
    if (all.starts_with(before)) rest = all.substr(before.size());
  }
  bytes_.clear();
  window_.clear();
  said_ = 0;
  return rest;
}

}  // namespace retort

#include "tokenizer/response_stream.h"

#include <algorithm>

namespace retort {
namespace {

// How many bytes at the end of `text` may be the beginning of `what`; at most `most`.
size_t begun(std::string_view text, std::string_view what, size_t most) {
  for (size_t count = std::min(text.size(), most); count > 0; --count)
    if (text.ends_with(what.substr(0, count))) return count;
  return 0;
}

}  // namespace

ResponseStream::ResponseStream(const Tokenizer& tokenizer, std::string_view opening, std::string_view closing,
                               std::vector<std::string> stops)
    : decoder_(tokenizer), opening_(opening), closing_(closing), stops_(std::move(stops)) {
  std::erase(stops_, std::string());
  for (const std::string& stop : stops_) longest_stop_ = std::max(longest_stop_, stop.size());
}

bool ResponseStream::add(int32_t token) {
  if (stopped_) return true;
  const size_t before = text_.size();
  text_ += decoder_.add(token);
  return cut_at_stop(before);
}

// Of several the one that comes first in the text. What was there before this token held none.
bool ResponseStream::cut_at_stop(size_t from) {
  from -= std::min(from, longest_stop_);
  size_t end = std::string::npos;
  for (const std::string& stop : stops_) end = std::min(end, text_.find(stop, from));
  if (end == std::string::npos) return false;
  text_.resize(end);
  return stopped_ = true;
}

// A stop may have begun at each of several places, and before any of them the closing may stand.
size_t ResponseStream::held_back() const {
  size_t held = begun(text_, closing_, closing_.size());
  if (stopped_) return held;
  for (const std::string& stop : stops_)
    for (size_t count = stop.size() - 1; count > 0; --count) {
      if (!text_.ends_with(std::string_view(stop).substr(0, count))) continue;
      const std::string_view before(text_.data(), text_.size() - count);
      held = std::max(held, count + (before.ends_with(closing_) ? closing_.size() : 0));
    }
  return held;
}

std::string ResponseStream::take() {
  const size_t held = held_back();
  return take_up_to(text_.size() - held);
}

std::string ResponseStream::finish() {
  if (!stopped_) {
    const size_t before = text_.size();
    text_ += decoder_.finish();
    cut_at_stop(before);
  }
  size_t end = text_.size();
  // What opens it is known now, whether all of it came or not.
  const size_t begin = text_.starts_with(opening_) ? opening_.size() : 0;
  if (std::string_view(text_).substr(begin).ends_with(closing_)) end -= closing_.size();
  std::string rest = take_up_to(end);
  if (!opened_) rest = text_.substr(begin, end - begin), opened_ = true;
  certain_ = text_.size();
  return rest;
}

std::string ResponseStream::take_up_to(size_t end) {
  if (!opened_) {
    if (text_.size() < opening_.size() && opening_.starts_with(text_)) return "";
    opened_ = true;
    if (text_.starts_with(opening_)) certain_ = opening_.size();
  }
  if (end <= certain_) return "";
  std::string piece = text_.substr(certain_, end - certain_);
  certain_ = end;
  return piece;
}

}  // namespace retort

// Reads little-endian numbers and texts one after the other from a file's head, and never past its end.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "gguf/header.h"

namespace retort {

static_assert(std::endian::native == std::endian::little, "GGUF is little-endian, and so are its tensors");

class GgufCursor {
 public:
  GgufCursor(const GgufReadAt& read, uint64_t file_bytes)
      : read_(read), end_(std::min(file_bytes, kGgufHeaderBytesMax)), file_bytes_(file_bytes) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return end_ - at_; }
  uint64_t file_bytes() const { return file_bytes_; }

  Result<void> take(std::span<char> to, std::string_view what) {
    if (to.size() > left()) return too_short(what, to.size());
    while (!to.empty()) {
      if (at_ < window_at_ || at_ >= window_at_ + window_.size()) RETORT_TRY(refill());
      size_t from = at_ - window_at_;
      size_t count = std::min(to.size(), window_.size() - from);
      std::memcpy(to.data(), window_.data() + from, count);
      to = to.subspan(count);
      at_ += count;
    }
    return {};
  }
  template <class T>
  Result<T> number(std::string_view what) {
    T value{};
    RETORT_TRY(take({reinterpret_cast<char*>(&value), sizeof value}, what));
    return value;
  }
  // A text of at most `bytes_max`.
  Result<std::string> text(std::string_view what, uint64_t bytes_max) {
    uint64_t bytes = RETORT_TRY(number<uint64_t>(what));
    if (bytes > left()) return too_short(what, bytes);
    if (bytes > bytes_max)
      return malformed(format("{} claims {} bytes, more than {}", what, bytes, bytes_max));
    std::string text(bytes, '\0');
    RETORT_TRY(take(text, what));
    return text;
  }

  // A number of things of which each takes at least `bytes_each`.
  Result<uint64_t> count(std::string_view what, uint64_t most, uint64_t bytes_each) {
    uint64_t count = RETORT_TRY(number<uint64_t>(what));
    if (count > most || count > left() / bytes_each)
      return malformed(format("{} is {}, at most {} are possible in it", what, count,
                              std::min(most, left() / bytes_each)));
    return count;
  }

  static Error malformed(std::string_view what) {
    return {ErrorCode::Malformed, format("it is no sound GGUF file: {}; get it again", what)};
  }
  Error too_short(std::string_view what, uint64_t bytes) const {
    return malformed(format("{} needs {} bytes where {} are left{}", what, bytes, left(),
                            end_ < file_bytes_ ? " of the most that a header may have" : ""));
  }

 private:
  Result<void> refill() {
    window_.resize(static_cast<size_t>(std::min<uint64_t>(kWindowBytes, left())));
    window_at_ = at_;
    return read_(at_, window_);
  }

  static constexpr uint64_t kWindowBytes = 1 << 18;
  const GgufReadAt& read_;
  uint64_t end_, file_bytes_, at_ = 0, window_at_ = 0;
  std::string window_;
};

}  // namespace retort

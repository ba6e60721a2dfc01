// A model for tests of the server, without libtorch: it says "a", "b", "c"... one a step to everyone, as many
// as were asked for (or 3), in so many slots; fails when told to, and waits in a step
// when told to.
#pragma once

#include <atomic>
#include <list>
#include <semaphore>

#include "base/error.h"
#include "student/live.h"

namespace retort {

class FakeLiveStudent : public LiveStudent {
 public:
  explicit FakeLiveStudent(int64_t slots = 4) : slots_(slots) {}
  Result<std::vector<int32_t>> prompt(std::span<const Message> messages) const override {
    if (messages.back().content == "refuse") return Error{ErrorCode::Unparsable, "roles must alternate"};
    return std::vector<int32_t>(messages.back().content.size() + 1, 1);
  }
  std::vector<int32_t> text_prompt(std::string_view text) const override {
    return std::vector<int32_t>(text.size(), 1);
  }
  int64_t slots() const override { return slots_; }
  int64_t context() const override { return 100; }
  int64_t vocabulary() const override { return 50; }
  int64_t weight_count() const override { return 1; }
  std::string precision() const override { return "fp32"; }

  void submit(int64_t id, LiveRequest request) override { waiting_.push_back({id, std::move(request)}); }
  void cancel(int64_t id) override {
    std::erase_if(waiting_, [&](const auto& one) { return one.id == id; });
    std::erase_if(live_, [&](const auto& one) { return one.id == id; });
  }
  std::vector<LivePiece> step() override {
    ++entered;
    if (pace != nullptr) pace->acquire();
    if (fails) throw RunError(ErrorCode::OutOfMemory, "no memory is left");
    while (!waiting_.empty() && static_cast<int64_t>(live_.size()) < slots_)
      live_.splice(live_.end(), waiting_, waiting_.begin());
    std::vector<LivePiece> pieces;
    for (One& one : live_) {
      LivePiece piece{.request = one.id, .text = std::string(1, static_cast<char>('a' + one.made % 26))};
      piece.token_count = ++one.made;
      ++made_;
      if (one.made == one.request.settings.tokens_max.value_or(3))
        piece.finish = one.request.settings.tokens_max ? Finish::Length : Finish::Stop;
      pieces.push_back(std::move(piece));
    }
    std::erase_if(live_,
                  [](const One& one) { return one.made == one.request.settings.tokens_max.value_or(3); });
    return pieces;
  }
  bool is_idle() const override { return waiting_.empty() && live_.empty(); }
  int64_t live_count() const override { return static_cast<int64_t>(live_.size()); }
  int64_t waiting_count() const override { return static_cast<int64_t>(waiting_.size()); }
  int64_t made_tokens() const override { return made_; }

  std::atomic<bool> fails = false;
  std::atomic<int> entered = 0;               // steps that were begun
  std::counting_semaphore<>* pace = nullptr;  // each step waits for one; null: none waits

 private:
  struct One {
    int64_t id;
    LiveRequest request;
    int64_t made = 0;
  };
  int64_t slots_, made_ = 0;
  std::list<One> waiting_, live_;
};

}  // namespace retort

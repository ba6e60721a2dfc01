// One thread's share of the prompts, answered by continuous batching: a prompt gets a slot of the key/value
// cache, is read in one pass with others of its length, and then takes part in every step until it ends, when
// the next prompt gets its slot.
#pragma once

#include <functional>
#include <vector>

#include "base/random.h"
#include "generate/sampler.h"

namespace retort {

// Where a sample is cut: so many tokens, the prompt's included.
int64_t cut_at(const Decoder& decoder, const SampleRequest& request, const SamplingOptions& options);

class Batcher {
 public:
  // Answers the requests of these indices, the next one at the back, into `samples` at the same indices.
  // Everything referred to must outlive it.
  Batcher(const Decoder& decoder, std::span<const SampleRequest> requests, std::vector<size_t> indices,
          int32_t end_token, const SamplingOptions& options, std::span<Sample> samples);
  // `tell` is called now and then with the number of requests that were finished since.
  void run(const std::function<void(size_t)>& tell);

 private:
  // A prompt that is being answered, and the slot that holds its keys and values.
  struct Live {
    size_t request;
    int64_t slot;
    int64_t held;    // tokens in the cache
    int64_t length;  // where it is cut: prompt + new tokens
    int32_t next;    // chosen, not yet in the cache
    Random random;
  };

  int64_t cut(size_t request) const { return cut_at(decoder_, requests_[request], options_); }
  void make_slots();
  bool worth_admitting() const;
  void admit();
  void step();
  void advance(std::span<Live> lives, const std::vector<std::span<const int32_t>>& rows, int64_t width);
  void choose(std::span<Live> lives, const torch::Tensor& logits_BV);
  void retire_from(size_t first);

  const Decoder& decoder_;
  std::span<const SampleRequest> requests_;
  int32_t end_token_;
  SamplingOptions options_;
  std::span<Sample> samples_;
  std::vector<size_t> waiting_;  // the next one at the back
  std::vector<Live> live_;
  std::vector<int64_t> free_;
  KvCache cache_;
  int64_t slots_ = 0;
  size_t finished_ = 0;
};

}  // namespace retort

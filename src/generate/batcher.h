// One thread's share of the prompts, answered by continuous batching: a prompt gets a slot of the key/value
// cache for each of its samples, is read in the same pass in which the others decode a token, and then takes
// part in every step until its samples end, when the next prompt gets their slots. What all prompts begin
// with is read once, and every slot holds it.
#pragma once

#include <functional>
#include <vector>

#include "base/random.h"
#include "generate/sampler.h"
#include "nn/cached_attention.h"

namespace retort {

// Where a sample is cut: so many tokens, the prompt's included.
int64_t cut_at(const Decoder& decoder, const SampleRequest& request, const SamplingOptions& options);

class Batcher {
 public:
  // Answers the requests of these indices, the next one at the back, into `samples`, `options.samples` a
  // request. Everything referred to must outlive it.
  Batcher(const Decoder& decoder, std::span<const SampleRequest> requests, std::vector<size_t> indices,
          int32_t end_token, const SamplingOptions& options, std::span<Sample> samples);
  // `tell` is called now and then with the number of samples that were finished since.
  void run(const std::function<void(size_t)>& tell);

 private:
  // Samples of one prompt that are begun together; at most as many as there are slots.
  struct Group {
    size_t request;
    int64_t first, count;
  };
  // A sample that is being written, and the slot that holds its keys and values.
  struct Live {
    size_t request, sample;
    int64_t slot;
    int64_t held;    // tokens in the cache
    int64_t length;  // where it is cut: prompt + new tokens
    int32_t next;    // chosen, not yet in the cache
    Random random;
    std::vector<bool> is_seen;  // by token, and
    std::vector<int32_t> seen;  // as a list; kept when there is a repetition penalty
  };
  // The new tokens of one pass, row by row.
  struct Pass {
    std::vector<int64_t> tokens, slots, start, lengths;
    void add(std::span<const int32_t> row, int64_t slot, int64_t held);
  };

  const std::vector<int32_t>& prompt_of(const Group& group) const { return requests_[group.request].prompt; }
  void make_slots();
  void share_beginning();
  void step();
  std::vector<Group> admit(Pass& pass);
  Live begin_sample(const Group& group, int64_t index);
  torch::Tensor last_hidden(const Pass& pass);
  void begin_group(const Group& group, int64_t slot, std::span<const float> logits);
  void choose_next(Live& live, std::span<const float> logits);
  void see(Live& live, int32_t token);
  void note_probability(const Live& live, std::span<const float> logits);
  bool take_next(Live& live);
  bool is_stopped(size_t index);
  void retire();

  const Decoder& decoder_;
  std::span<const SampleRequest> requests_;
  int32_t end_token_;
  SamplingOptions options_;
  std::span<Sample> samples_;
  std::vector<Group> waiting_;  // the next one at the back
  std::vector<Live> live_;
  std::vector<int64_t> free_;
  KvCache cache_;
  int64_t slots_ = 0;
  int64_t shared_ = 0;  // tokens that all prompts begin with, which every slot holds
  size_t finished_ = 0;
};

}  // namespace retort

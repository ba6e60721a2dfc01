// Continuous batching: a prompt joins when it comes, gets a slot of the key/value cache for each of its
// samples, is read in the same pass in which the others decode a token, and then takes part in every step
// until its samples end, when the next prompt gets their slots. What some slot has read already (a system
// message, the earlier turns of a conversation) is copied and not read again. Tokens lie in the jobs' samples
// as they are made. One thread.
#pragma once

#include <deque>
#include <vector>

#include "base/random.h"
#include "generate/sampler.h"
#include "nn/cached_attention.h"

namespace retort {

// A prompt to be answered. What it refers to must stay where it is until its samples are finished or it is
// cancelled; `options.slots` is not read.
struct BatchJob {
  const SampleRequest* request = nullptr;
  const SamplingOptions* options = nullptr;
  std::span<Sample> samples;  // options->samples of them
  size_t first_sample = 0;    // what the stop test is told of the first one
};

// The cache: so many samples at once, each of so many tokens at most, its prompt's included.
struct BatchRoom {
  int64_t slots = 1, tokens = 1;
};
// How many slots of so many tokens the cache's memory allows; at least one.
int64_t slots_that_fit(const Decoder& decoder, int64_t tokens);
// Where a sample is cut: so many tokens, the prompt's included.
int64_t cut_at(const Decoder& decoder, const SampleRequest& request, const SamplingOptions& options);

class Batcher {
 public:
  // `decoder` must outlive it.
  Batcher(const Decoder& decoder, int32_t end_token, BatchRoom room);
  // Queues it. Requires a prompt, and that it leaves room for a token in a slot.
  void add(const BatchJob& job);
  // Reads what all who wait begin with, so that none of them reads it again.
  void share_beginning();
  // One more token for everyone who is live, and as many new prompts as there is room for. Gives the number
  // of samples that finished.
  size_t step();
  // Takes the job that has these samples out, wherever it is: nothing is written into them any more.
  void cancel(std::span<Sample> samples);
  bool is_idle() const { return waiting_.empty() && live_.empty(); }
  size_t live_count() const { return live_.size(); }
  size_t made_count() const { return made_; }  // tokens that the last step chose

 private:
  // Samples of one prompt that are begun together; at most as many as there are slots.
  struct Group {
    BatchJob job;
    int64_t first = 0, count = 0;
    std::vector<int64_t> slots = {};  // once it is admitted
  };
  // A sample that is being written, and the slot that holds its keys and values.
  struct Live {
    BatchJob job;
    size_t sample;  // of the job
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
  // Of which slot how many tokens are the beginning of a prompt.
  struct Beginning {
    int64_t slot = 0, tokens = 0;
  };

  std::vector<Group> admit(Pass& pass);
  bool take_slots(Group& group, const Beginning& beginning);
  Beginning find_beginning(std::span<const int32_t> prompt) const;
  Live begin_sample(const Group& group, int64_t index);
  torch::Tensor last_hidden(const Pass& pass);
  void begin_group(const Group& group, std::span<const float> logits);
  void choose_next(Live& live, std::span<const float> logits);
  void see(Live& live, int32_t token);
  void note_probability(const Live& live, std::span<const float> logits);
  bool take_next(Live& live);
  bool is_stopped(const Live& live, Sample& sample);
  size_t retire();

  const Decoder& decoder_;
  int32_t end_token_;
  BatchRoom room_;
  std::deque<Group> waiting_;  // the next one in front
  std::vector<Live> live_;
  std::deque<int64_t> free_;                // the one that has been free for longest in front
  std::vector<std::vector<int32_t>> read_;  // by slot: the prompt, or the part of one, that it holds
  KvCache cache_;
  size_t made_ = 0;
};

}  // namespace retort

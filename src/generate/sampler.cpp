#include "generate/sampler.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/stop.h"
#include "generate/choose.h"

namespace retort {
namespace {

constexpr int64_t kCacheBytesMax = int64_t{1} << 30;
// Of one batch of prompts, padding included: what it works on should stay in the processor's cache.
constexpr int64_t kPrefillTokensMax = 2'048;
// A model of less than so many weights is sampled by several batchers, a thread each: its matrices are too
// small to share one of them between threads.
constexpr int64_t kSharedWeightsMin = 16'000'000;
constexpr size_t kBatcherRequestsMin = 32;

// A prompt that is being answered, and the slot that holds its keys and values.
struct Live {
  size_t request;
  int64_t slot;
  int64_t held;    // tokens in the cache
  int64_t length;  // where it is cut: prompt + new tokens
  int32_t next;    // chosen, not yet in the cache
  Random random;
};

// Where a sample is cut: so many tokens, the prompt's included.
int64_t cut_at(const Decoder& decoder, const SampleRequest& request, const SamplingOptions& options) {
  return std::min(static_cast<int64_t>(request.prompt.size()) + options.tokens_max, decoder.config.context);
}

// The requests of these indices, answered on one thread.
class Batcher {
 public:
  Batcher(const Decoder& decoder, std::span<const SampleRequest> requests, std::vector<size_t> indices,
          int32_t end_token, const SamplingOptions& options, std::span<Sample> samples)
      : decoder_(decoder),
        requests_(requests),
        end_token_(end_token),
        options_(options),
        samples_(samples),
        waiting_(std::move(indices)) {
    make_slots();
  }

  // `tell` is called now and then with the number of requests that were finished since.
  void run(const std::function<void(size_t)>& tell) {
    while (!waiting_.empty() || !live_.empty()) {
      throw_if_stopped();
      if (worth_admitting()) admit();
      if (!live_.empty()) step();
      tell(std::exchange(finished_, 0));
    }
  }

 private:
  int64_t cut(size_t request) const { return cut_at(decoder_, requests_[request], options_); }

  void make_slots() {
    int64_t tokens = 1;
    for (size_t request : waiting_) tokens = std::max(tokens, cut(request));
    const DecoderConfig& c = decoder_.config;
    torch::ScalarType dtype = decoder_.embedding_VD.scalar_type();
    int64_t slot_bytes = 2 * c.layers * c.kv_heads * c.head_width * tokens * c10::elementSize(dtype);
    int64_t fit = std::max<int64_t>(1, kCacheBytesMax / slot_bytes);
    slots_ = std::min({options_.slots, fit, std::max<int64_t>(1, static_cast<int64_t>(waiting_.size()))});
    RETORT_CHECK(slots_ > 0, "{} slots", options_.slots);
    cache_ = make_kv_cache(c, slots_, tokens, dtype, decoder_.embedding_VD.device());
    for (int64_t slot = slots_ - 1; slot >= 0; --slot) free_.push_back(slot);
  }

  // A few prompts alone would not fill the processor: wait until a quarter of the slots is free.
  bool worth_admitting() const {
    int64_t free = static_cast<int64_t>(free_.size());
    return !waiting_.empty() && (live_.empty() || free * 4 >= slots_);
  }

  // Moves prompts from the queue into free slots, at most so many tokens, and gives each its first token.
  void admit() {
    size_t first = live_.size();
    int64_t width = static_cast<int64_t>(requests_[waiting_.back()].prompt.size());
    int64_t rows_max = std::max<int64_t>(1, kPrefillTokensMax / width);
    while (!waiting_.empty() && !free_.empty() && static_cast<int64_t>(live_.size() - first) < rows_max) {
      size_t request = waiting_.back();
      waiting_.pop_back();
      live_.push_back({request, free_.back(), 0, cut(request), 0,
                       Random(options_.seed, "sample", requests_[request].stream)});
      free_.pop_back();
    }
    std::vector<std::span<const int32_t>> rows;
    for (size_t i = first; i < live_.size(); ++i) rows.emplace_back(requests_[live_[i].request].prompt);
    advance(std::span(live_).subspan(first), rows, width);
    retire_from(first);
  }

  // One more token for everyone who is live.
  void step() {
    std::vector<std::span<const int32_t>> rows;
    for (Live& live : live_) rows.emplace_back(&live.next, 1);
    advance(live_, rows, 1);
    retire_from(0);
  }

  // Puts each row's new tokens into its slot and chooses what follows.
  void advance(std::span<Live> lives, const std::vector<std::span<const int32_t>>& rows, int64_t width) {
    int64_t count = static_cast<int64_t>(rows.size());
    torch::Tensor tokens_BT = torch::zeros({count, width}, torch::kInt64);
    std::vector<int64_t> slots, start, lengths, last;
    for (int64_t b = 0; b < count; ++b) {
      Live& live = lives[static_cast<size_t>(b)];
      std::span<const int32_t> row = rows[static_cast<size_t>(b)];
      std::copy(row.begin(), row.end(), tokens_BT.data_ptr<int64_t>() + b * width);
      slots.push_back(live.slot);
      start.push_back(live.held);
      lengths.push_back(static_cast<int64_t>(row.size()));
      last.push_back(b * width + lengths.back() - 1);
      live.held += lengths.back();
    }
    torch::Device device = decoder_.embedding_VD.device();
    torch::Tensor hidden_BTD =
        hidden_states_cached(decoder_, cache_, tokens_BT.to(device), slots, start, lengths);
    torch::Tensor last_BD = hidden_BTD.flatten(0, 1).index_select(0, torch::tensor(last).to(device));
    choose(lives, torch::linear(last_BD, decoder_.head_VD));
  }

  void choose(std::span<Live> lives, const torch::Tensor& logits_BV) {
    if (options_.temperature <= 0) {
      torch::Tensor best_B = logits_BV.argmax(-1).to(torch::kCPU);
      for (size_t b = 0; b < lives.size(); ++b)
        lives[b].next = static_cast<int32_t>(best_B.data_ptr<int64_t>()[b]);
      return;
    }
    torch::Tensor rows_BV = logits_BV.to(torch::kCPU, torch::kFloat32).contiguous();
    size_t vocabulary = static_cast<size_t>(rows_BV.size(1));
    ChoiceOptions choice{options_.temperature, options_.top_k, options_.top_p};
    for (size_t b = 0; b < lives.size(); ++b)
      lives[b].next =
          draw_token({rows_BV.data_ptr<float>() + b * vocabulary, vocabulary}, choice, lives[b].random);
  }

  // Takes what was chosen for these rows into their samples, and frees the slots of those who are done.
  void retire_from(size_t first) {
    auto done = [&](const Live& live) {
      Sample& sample = samples_[live.request];
      sample.ended = live.next == end_token_;
      if (!sample.ended) sample.tokens.push_back(live.next);
      if (!sample.ended && live.held + 1 < live.length) return false;
      free_.push_back(live.slot);
      ++finished_;
      return true;
    };
    live_.erase(std::remove_if(live_.begin() + static_cast<int64_t>(first), live_.end(), done), live_.end());
  }

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

// Those that have room for a token, the longest at the back: prompts of like length are admitted together, so
// that little is padding, and the longest start first, so that none runs on alone at the end.
std::vector<size_t> order_requests(const Decoder& decoder, std::span<const SampleRequest> requests,
                                   const SamplingOptions& options) {
  std::vector<size_t> order;
  for (size_t i = 0; i < requests.size(); ++i) {
    int64_t prompt = static_cast<int64_t>(requests[i].prompt.size());
    RETORT_CHECK(prompt > 0, "request {} has an empty prompt", i);
    if (cut_at(decoder, requests[i], options) > prompt) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return requests[a].prompt.size() < requests[b].prompt.size(); });
  return order;
}

size_t batcher_count(const Decoder& decoder, size_t requests) {
  bool shared = !decoder.embedding_VD.is_cpu() || weight_count(decoder) >= kSharedWeightsMin;
  size_t threads = static_cast<size_t>(std::max(1, torch::get_num_threads()));
  return shared ? 1 : std::clamp<size_t>(requests / kBatcherRequestsMin, 1, threads);
}

}  // namespace

std::vector<Sample> sample(const Decoder& decoder, std::span<const SampleRequest> requests, int32_t end_token,
                           const SamplingOptions& options, const std::function<void(size_t)>& progress) {
  std::vector<Sample> samples(requests.size());
  std::vector<size_t> order = order_requests(decoder, requests, options);
  std::vector<std::vector<size_t>> shares(batcher_count(decoder, order.size()));
  for (size_t i = 0; i < order.size(); ++i) shares[i % shares.size()].push_back(order[i]);
  std::atomic<size_t> finished = requests.size() - order.size();
  auto work = [&](size_t share) {
    torch::NoGradGuard no_grad;  // counts for its own thread only
    Batcher(decoder, requests, shares[share], end_token, options, samples).run([&](size_t more) {
      finished += more;
      if (progress && share == 0) progress(finished);
    });
  };
  if (shares.size() == 1) {
    work(0);
  } else {
    // Within parallel_for libtorch's own operations take no further threads.
    at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t share = begin; share < end; ++share) work(static_cast<size_t>(share));
    });
  }
  if (progress) progress(finished);
  return samples;
}

}  // namespace retort

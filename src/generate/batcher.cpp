#include "generate/batcher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/stop.h"
#include "generate/choose.h"

namespace retort {
namespace {

constexpr int64_t kCacheBytesMax = int64_t{1} << 30;
// Of one batch of prompts, padding included: what it works on should stay in the processor's cache.
constexpr int64_t kPrefillTokensMax = 2'048;

}  // namespace

int64_t cut_at(const Decoder& decoder, const SampleRequest& request, const SamplingOptions& options) {
  return std::min(static_cast<int64_t>(request.prompt.size()) + options.tokens_max, decoder.config.context);
}

Batcher::Batcher(const Decoder& decoder, std::span<const SampleRequest> requests, std::vector<size_t> indices,
                 int32_t end_token, const SamplingOptions& options, std::span<Sample> samples)
    : decoder_(decoder),
      requests_(requests),
      end_token_(end_token),
      options_(options),
      samples_(samples),
      waiting_(std::move(indices)) {
  make_slots();
}

void Batcher::run(const std::function<void(size_t)>& tell) {
  while (!waiting_.empty() || !live_.empty()) {
    throw_if_stopped();
    if (worth_admitting()) admit();
    if (!live_.empty()) step();
    tell(std::exchange(finished_, 0));
  }
}

void Batcher::make_slots() {
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
bool Batcher::worth_admitting() const {
  int64_t free = static_cast<int64_t>(free_.size());
  return !waiting_.empty() && (live_.empty() || free * 4 >= slots_);
}

// Moves prompts from the queue into free slots, at most so many tokens, and gives each its first token.
void Batcher::admit() {
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
void Batcher::step() {
  std::vector<std::span<const int32_t>> rows;
  for (Live& live : live_) rows.emplace_back(&live.next, 1);
  advance(live_, rows, 1);
  retire_from(0);
}

// Puts each row's new tokens into its slot and chooses what follows.
void Batcher::advance(std::span<Live> lives, const std::vector<std::span<const int32_t>>& rows,
                      int64_t width) {
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
  choose(lives, logits_of(decoder_, last_BD));
}

void Batcher::choose(std::span<Live> lives, const torch::Tensor& logits_BV) {
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
void Batcher::retire_from(size_t first) {
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

}  // namespace retort

#include "generate/batcher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "base/stop.h"

namespace retort {
namespace {

constexpr int64_t kCacheBytesMax = int64_t{2} << 30;
// Of one pass: what it works on should stay in the processor's cache, and those who decode should not wait
// long for those who are read.
constexpr int64_t kPassTokensMax = 2'048;
// A common beginning of fewer tokens is not worth a pass of its own.
constexpr int64_t kSharedTokensMin = 8;

// Sample 0 has the stream of the request itself.
Random stream_of(uint64_t seed, uint64_t stream, int64_t sample) {
  return Random(seed, sample == 0 ? std::string("sample") : format("sample/{}", sample), stream);
}

}  // namespace

int64_t cut_at(const Decoder& decoder, const SampleRequest& request, const SamplingOptions& options) {
  return std::min(static_cast<int64_t>(request.prompt.size()) + options.tokens_max, decoder.config.context);
}

void Batcher::Pass::add(std::span<const int32_t> row, int64_t slot, int64_t held) {
  tokens.insert(tokens.end(), row.begin(), row.end());
  slots.push_back(slot);
  start.push_back(held);
  lengths.push_back(static_cast<int64_t>(row.size()));
}

Batcher::Batcher(const Decoder& decoder, std::span<const SampleRequest> requests, std::vector<size_t> indices,
                 int32_t end_token, const SamplingOptions& options, std::span<Sample> samples)
    : decoder_(decoder), requests_(requests), end_token_(end_token), options_(options), samples_(samples) {
  for (size_t request : indices) waiting_.push_back({request, 0, options.samples});
  make_slots();
}

void Batcher::run(const std::function<void(size_t)>& tell) {
  share_beginning();
  while (!waiting_.empty() || !live_.empty()) {
    throw_if_stopped();
    step();
    tell(std::exchange(finished_, 0));
  }
}

void Batcher::make_slots() {
  int64_t tokens = 1, samples = 0;
  for (const Group& group : waiting_) {
    tokens = std::max(tokens, cut_at(decoder_, requests_[group.request], options_));
    samples += group.count;
  }
  const DecoderConfig& c = decoder_.config;
  torch::ScalarType dtype = decoder_.embedding_VD.scalar_type();
  int64_t slot_bytes = 2 * c.layers * c.kv_heads * c.head_width * tokens * c10::elementSize(dtype);
  int64_t fit = std::max<int64_t>(1, kCacheBytesMax / slot_bytes);
  slots_ = std::min({options_.slots, fit, std::max<int64_t>(1, samples)});
  RETORT_CHECK(slots_ > 0, "{} slots", options_.slots);
  cache_ = make_kv_cache(c, slots_, tokens, dtype, decoder_.embedding_VD.device());
  for (int64_t slot = slots_ - 1; slot >= 0; --slot) free_.push_back(slot);
  // More samples than slots of one prompt: it is read again for the next part.
  std::vector<Group> groups;
  for (const Group& group : waiting_)
    for (int64_t first = 0; first < group.count; first += slots_)
      groups.push_back({group.request, first, std::min(slots_, group.count - first)});
  waiting_ = std::move(groups);
}

// Two tokens at least are left to each prompt: a prompt's tokens are then read by the same arithmetic whether
// it shares its beginning or not.
void Batcher::share_beginning() {
  if (waiting_.size() < 2) return;
  const std::vector<int32_t>& one = prompt_of(waiting_[0]);
  int64_t shared = static_cast<int64_t>(one.size()) - 2;
  for (const Group& group : waiting_) {
    const std::vector<int32_t>& prompt = prompt_of(group);
    shared = std::min(shared, static_cast<int64_t>(prompt.size()) - 2);
    if (shared > 0)
      shared = std::mismatch(one.begin(), one.begin() + shared, prompt.begin()).first - one.begin();
  }
  if (shared < kSharedTokensMin) return;
  shared_ = shared;
  Pass pass;
  pass.add(std::span(one).first(static_cast<size_t>(shared)), 0, 0);
  last_hidden(pass);
  for (int64_t slot = 1; slot < slots_; ++slot) copy_slot(cache_, 0, slot, shared);
}

// One more token for everyone who is live, and in the same pass as many new prompts as there is room for.
void Batcher::step() {
  Pass pass;
  for (const Live& live : live_) pass.add({&live.next, 1}, live.slot, live.held);
  const size_t old = live_.size();
  std::vector<Group> groups = admit(pass);
  torch::Tensor logits_BV = logits_of(decoder_, last_hidden(pass)).to(torch::kCPU);
  // Row by row, so that what is widened stays in the processor's cache.
  auto choose_from_row = [&](size_t b, const auto& choose) {
    torch::Tensor row_V = logits_BV[static_cast<int64_t>(b)].to(torch::kFloat32).contiguous();
    choose(std::span<const float>(row_V.const_data_ptr<float>(), static_cast<size_t>(row_V.numel())));
  };
  at::parallel_for(0, static_cast<int64_t>(old), 4, [&](int64_t begin, int64_t end) {
    torch::NoGradGuard no_grad;
    for (size_t b = static_cast<size_t>(begin); b < static_cast<size_t>(end); ++b) {
      live_[b].held += 1;
      choose_from_row(b, [&](std::span<const float> logits) { choose_next(live_[b], logits); });
    }
  });
  for (size_t g = 0; g < groups.size(); ++g)
    choose_from_row(
        old + g, [&](std::span<const float> logits) { begin_group(groups[g], pass.slots[old + g], logits); });
  retire();
}

// Moves prompts from the queue into the pass, each into one free slot, while there are slots for all its
// samples and the pass is not too long.
std::vector<Batcher::Group> Batcher::admit(Pass& pass) {
  std::vector<Group> groups;
  size_t reserved = 0;
  while (!waiting_.empty()) {
    const Group& group = waiting_.back();
    auto rest = std::span(prompt_of(group)).subspan(static_cast<size_t>(shared_));
    bool room =
        pass.tokens.empty() || static_cast<int64_t>(pass.tokens.size() + rest.size()) <= kPassTokensMax;
    if (!room || reserved + static_cast<size_t>(group.count) > free_.size()) break;
    // The first slot is taken when the group begins; what it holds is known now.
    pass.add(rest, free_[free_.size() - 1 - reserved], shared_);
    reserved += static_cast<size_t>(group.count);
    groups.push_back(group);
    waiting_.pop_back();
  }
  return groups;
}

// Hidden states of each row's last token.
torch::Tensor Batcher::last_hidden(const Pass& pass) {
  std::vector<int64_t> last;
  int64_t end = 0;
  for (int64_t length : pass.lengths) last.push_back((end += length) - 1);
  torch::Device device = decoder_.embedding_VD.device();
  torch::Tensor hidden_ND = hidden_states_cached(decoder_, cache_, torch::tensor(pass.tokens).to(device),
                                                 {pass.slots, pass.start, pass.lengths});
  return hidden_ND.index_select(0, torch::tensor(last).to(device));
}

// A prompt was read into `slot`: each of its samples gets a copy and its first token.
void Batcher::begin_group(const Group& group, int64_t slot, std::span<const float> logits) {
  for (int64_t i = 0; i < group.count; ++i) {
    Live live = begin_sample(group, group.first + i);
    RETORT_CHECK(i > 0 || live.slot == slot, "slot {} is not the one that was read into, {}", live.slot,
                 slot);
    if (i > 0) copy_slot(cache_, slot, live.slot, live.held);
    choose_next(live, logits);
    live_.push_back(std::move(live));
  }
}

Batcher::Live Batcher::begin_sample(const Group& group, int64_t index) {
  const SampleRequest& request = requests_[group.request];
  Live live{group.request,
            group.request * static_cast<size_t>(options_.samples) + static_cast<size_t>(index),
            free_.back(),
            static_cast<int64_t>(request.prompt.size()),
            cut_at(decoder_, request, options_),
            0,
            stream_of(options_.seed, request.stream, index),
            {},
            {}};
  free_.pop_back();
  if (options_.repetition_penalty != 1) {
    live.is_seen.resize(static_cast<size_t>(decoder_.config.vocabulary));
    for (int32_t token : request.prompt) see(live, token);
  }
  return live;
}

void Batcher::see(Live& live, int32_t token) {
  if (live.is_seen[static_cast<size_t>(token)]) return;
  live.is_seen[static_cast<size_t>(token)] = true;
  live.seen.push_back(token);
}

void Batcher::choose_next(Live& live, std::span<const float> logits) {
  std::vector<float> penalized;
  std::span<const float> chosen_from = logits;
  if (options_.repetition_penalty != 1) {
    penalized.assign(logits.begin(), logits.end());
    penalize_tokens(penalized, live.seen, options_.repetition_penalty);
    chosen_from = penalized;
  }
  ChoiceOptions choice{options_.temperature, options_.top_k, options_.top_p, options_.min_p};
  live.next =
      options_.temperature > 0 ? draw_token(chosen_from, choice, live.random) : likeliest_token(chosen_from);
  if (options_.repetition_penalty != 1) see(live, live.next);
  if (options_.log_probabilities == LogProbabilities::Chosen) note_probability(live, logits);
}

void Batcher::note_probability(const Live& live, std::span<const float> logits) {
  const double log_sum = log_sum_exp(logits);
  Sample& sample = samples_[live.sample];
  sample.log_probabilities.push_back(static_cast<float>(logits[static_cast<size_t>(live.next)] - log_sum));
  if (options_.likeliest > 0)
    sample.likeliest.push_back(likeliest_tokens(logits, options_.likeliest, log_sum));
}

// Whether what was chosen for it ended the sample.
bool Batcher::take_next(Live& live) {
  Sample& sample = samples_[live.sample];
  sample.ended = live.next == end_token_;
  if (!sample.ended) {
    sample.tokens.push_back(live.next);
    sample.ended = is_stopped(live.sample);
  }
  // What an end token or a stop sequence took away, its probabilities lose too.
  if (sample.log_probabilities.size() > sample.tokens.size())
    sample.log_probabilities.resize(sample.tokens.size());
  if (sample.likeliest.size() > sample.tokens.size()) sample.likeliest.resize(sample.tokens.size());
  return sample.ended || live.held + 1 >= live.length;
}

bool Batcher::is_stopped(size_t index) {
  std::vector<int32_t>& tokens = samples_[index].tokens;
  for (const std::vector<int32_t>& stop : options_.stop_sequences)
    if (!stop.empty() && stop.size() <= tokens.size() &&
        std::equal(stop.rbegin(), stop.rend(), tokens.rbegin())) {
      tokens.resize(tokens.size() - stop.size());
      return true;
    }
  return options_.stop_test && options_.stop_test(index, tokens);
}

// Takes what was chosen into the samples, and frees the slots of those who are done.
void Batcher::retire() {
  std::erase_if(live_, [&](Live& live) {
    if (!take_next(live)) return false;
    free_.push_back(live.slot);
    ++finished_;
    return true;
  });
}

}  // namespace retort

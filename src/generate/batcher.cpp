#include "generate/batcher.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

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

// How much of the prompt need not be read where a slot holds `read`. Two tokens at least are left: a prompt's
// tokens are then read by the same arithmetic whether its beginning was there or not.
size_t common_beginning(std::span<const int32_t> read, std::span<const int32_t> prompt) {
  const size_t most = std::min(read.size(), prompt.size() - std::min<size_t>(2, prompt.size()));
  return static_cast<size_t>(
      std::mismatch(read.begin(), read.begin() + static_cast<int64_t>(most), prompt.begin()).first -
      read.begin());
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

int64_t slots_that_fit(const Decoder& decoder, int64_t tokens) {
  const DecoderConfig& c = decoder.config;
  const auto width = static_cast<int64_t>(c10::elementSize(decoder.embedding_VD.scalar_type()));
  return std::max<int64_t>(
      1, kCacheBytesMax / (2 * c.layers * c.kv_heads * c.head_width * std::max<int64_t>(1, tokens) * width));
}

Batcher::Batcher(const Decoder& decoder, int32_t end_token, BatchRoom room)
    : decoder_(decoder), end_token_(end_token), room_(room), read_(static_cast<size_t>(room.slots)) {
  RETORT_CHECK(room.slots > 0 && room.tokens > 0, "{} slots of {} tokens", room.slots, room.tokens);
  cache_ = make_kv_cache(decoder.config, room.slots, room.tokens, decoder.embedding_VD.scalar_type(),
                         decoder.embedding_VD.device());
  for (int64_t slot = 0; slot < room.slots; ++slot) free_.push_back(slot);
}

void Batcher::add(const BatchJob& job) {
  const auto prompt = static_cast<int64_t>(job.request->prompt.size());
  RETORT_CHECK(prompt > 0 && prompt < room_.tokens, "a prompt of {} tokens for slots of {}", prompt,
               room_.tokens);
  // More samples than slots of one prompt: it is read again for the next part.
  const auto count = static_cast<int64_t>(job.samples.size());
  for (int64_t first = 0; first < count; first += room_.slots)
    waiting_.push_back({job, first, std::min(room_.slots, count - first)});
}

void Batcher::share_beginning() {
  if (waiting_.size() < 2) return;
  std::span<const int32_t> shared = waiting_[0].job.request->prompt;
  for (const Group& group : waiting_)
    shared = shared.first(common_beginning(shared, group.job.request->prompt));
  if (static_cast<int64_t>(shared.size()) < kSharedTokensMin) return;
  const int64_t slot = free_.back();
  Pass pass;
  pass.add(shared, slot, 0);
  last_hidden(pass);
  read_[static_cast<size_t>(slot)].assign(shared.begin(), shared.end());
}

size_t Batcher::step() {
  Pass pass;
  for (const Live& live : live_) pass.add({&live.next, 1}, live.slot, live.held);
  const size_t old = live_.size();
  std::vector<Group> groups = admit(pass);
  made_ = 0;
  if (pass.tokens.empty()) return 0;
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
    choose_from_row(old + g, [&](std::span<const float> logits) { begin_group(groups[g], logits); });
  made_ = live_.size();
  return retire();
}

// Moves prompts from the queue into the pass, each into one free slot, while there are slots for all its
// samples and the pass is not too long.
std::vector<Batcher::Group> Batcher::admit(Pass& pass) {
  std::vector<Group> groups;
  while (!waiting_.empty()) {
    Group& group = waiting_.front();
    const std::span<const int32_t> prompt = group.job.request->prompt;
    const Beginning beginning = find_beginning(prompt);
    const auto rest = prompt.subspan(static_cast<size_t>(beginning.tokens));
    const bool room =
        pass.tokens.empty() || static_cast<int64_t>(pass.tokens.size() + rest.size()) <= kPassTokensMax;
    if (!room || !take_slots(group, beginning)) break;
    pass.add(rest, group.slots[0], beginning.tokens);
    groups.push_back(std::move(group));
    waiting_.pop_front();
  }
  return groups;
}

// The slot that has read the longest beginning of it. Of two that have read as much the earlier.
Batcher::Beginning Batcher::find_beginning(std::span<const int32_t> prompt) const {
  Beginning best;
  for (size_t slot = 0; slot < read_.size(); ++slot)
    if (const auto tokens = static_cast<int64_t>(common_beginning(read_[slot], prompt)); tokens > best.tokens)
      best = {static_cast<int64_t>(slot), tokens};
  return best.tokens < kSharedTokensMin ? Beginning{} : best;
}

// A slot for each of the group's samples, the first of which holds the beginning; false, and nothing changes,
// when there are too few.
bool Batcher::take_slots(Group& group, const Beginning& beginning) {
  if (static_cast<int64_t>(free_.size()) < group.count) return false;
  if (beginning.tokens > 0)
    if (auto own = std::find(free_.begin(), free_.end(), beginning.slot); own != free_.end()) {
      free_.erase(own);
      free_.push_front(beginning.slot);
    }
  for (int64_t i = 0; i < group.count; ++i) {
    group.slots.push_back(free_.front());
    free_.pop_front();
    read_[static_cast<size_t>(group.slots.back())].clear();
  }
  const int64_t slot = group.slots[0];
  if (beginning.tokens > 0 && slot != beginning.slot)
    copy_slot(cache_, beginning.slot, slot, beginning.tokens);
  // What is there before the pass; the whole prompt after it.
  const std::vector<int32_t>& prompt = group.job.request->prompt;
  read_[static_cast<size_t>(slot)].assign(prompt.begin(), prompt.begin() + beginning.tokens);
  return true;
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

// A prompt was read: each of its samples gets a copy and its first token.
void Batcher::begin_group(const Group& group, std::span<const float> logits) {
  for (int64_t i = 0; i < group.count; ++i) {
    Live live = begin_sample(group, i);
    if (i > 0) copy_slot(cache_, group.slots[0], live.slot, live.held);
    read_[static_cast<size_t>(live.slot)] = group.job.request->prompt;
    choose_next(live, logits);
    live_.push_back(std::move(live));
  }
}

Batcher::Live Batcher::begin_sample(const Group& group, int64_t index) {
  const BatchJob& job = group.job;
  Live live{job,
            static_cast<size_t>(group.first + index),
            group.slots[static_cast<size_t>(index)],
            static_cast<int64_t>(job.request->prompt.size()),
            std::min(cut_at(decoder_, *job.request, *job.options), room_.tokens),
            0,
            stream_of(job.options->seed, job.request->stream, group.first + index),
            {},
            {}};
  if (job.options->repetition_penalty != 1) {
    live.is_seen.resize(static_cast<size_t>(decoder_.config.vocabulary));
    for (int32_t token : job.request->prompt) see(live, token);
  }
  return live;
}

void Batcher::see(Live& live, int32_t token) {
  if (live.is_seen[static_cast<size_t>(token)]) return;
  live.is_seen[static_cast<size_t>(token)] = true;
  live.seen.push_back(token);
}

void Batcher::choose_next(Live& live, std::span<const float> logits) {
  const SamplingOptions& options = *live.job.options;
  std::vector<float> penalized;
  std::span<const float> chosen_from = logits;
  if (options.repetition_penalty != 1) {
    penalized.assign(logits.begin(), logits.end());
    penalize_tokens(penalized, live.seen, options.repetition_penalty);
    chosen_from = penalized;
  }
  ChoiceOptions choice{options.temperature, options.top_k, options.top_p, options.min_p};
  live.next =
      options.temperature > 0 ? draw_token(chosen_from, choice, live.random) : likeliest_token(chosen_from);
  if (options.repetition_penalty != 1) see(live, live.next);
  if (options.log_probabilities == LogProbabilities::Chosen) note_probability(live, logits);
}

void Batcher::note_probability(const Live& live, std::span<const float> logits) {
  const double log_sum = log_sum_exp(logits);
  Sample& sample = live.job.samples[live.sample];
  sample.log_probabilities.push_back(static_cast<float>(logits[static_cast<size_t>(live.next)] - log_sum));
  if (const int64_t count = live.job.options->likeliest; count > 0)
    sample.likeliest.push_back(likeliest_tokens(logits, count, log_sum));
}

// Whether what was chosen for it ended the sample.
bool Batcher::take_next(Live& live) {
  Sample& sample = live.job.samples[live.sample];
  sample.ended = live.next == end_token_ && live.job.options->end_token == EndToken::Ends;
  if (!sample.ended) {
    sample.tokens.push_back(live.next);
    sample.ended = is_stopped(live, sample);
  }
  // What an end token or a stop sequence took away, its probabilities lose too.
  if (sample.log_probabilities.size() > sample.tokens.size())
    sample.log_probabilities.resize(sample.tokens.size());
  if (sample.likeliest.size() > sample.tokens.size()) sample.likeliest.resize(sample.tokens.size());
  return sample.finished = sample.ended || live.held + 1 >= live.length;
}

bool Batcher::is_stopped(const Live& live, Sample& sample) {
  std::vector<int32_t>& tokens = sample.tokens;
  const SamplingOptions& options = *live.job.options;
  for (const std::vector<int32_t>& stop : options.stop_sequences)
    if (!stop.empty() && stop.size() <= tokens.size() &&
        std::equal(stop.rbegin(), stop.rend(), tokens.rbegin())) {
      tokens.resize(tokens.size() - stop.size());
      return true;
    }
  return options.stop_test && options.stop_test(live.job.first_sample + live.sample, tokens);
}

// Takes what was chosen into the samples, and frees the slots of those who are done.
size_t Batcher::retire() {
  return std::erase_if(live_, [&](Live& live) {
    if (!take_next(live)) return false;
    free_.push_back(live.slot);
    return true;
  });
}

void Batcher::cancel(std::span<Sample> samples) {
  auto is_its = [&](const BatchJob& job) { return job.samples.data() == samples.data(); };
  std::erase_if(waiting_, [&](const Group& group) { return is_its(group.job); });
  std::erase_if(live_, [&](const Live& live) {
    if (!is_its(live.job)) return false;
    free_.push_back(live.slot);
    return true;
  });
}

}  // namespace retort

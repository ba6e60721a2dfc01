#include "generate/sampler.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "base/check.h"
#include "base/stop.h"
#include "generate/batcher.h"
#include "nn/memory.h"

namespace retort {
namespace {

// A model of less than so many weights is sampled by several batchers, a thread each: its matrices are too
// small to share one of them between threads.
constexpr int64_t kSharedWeightsMin = 16'000'000;
constexpr size_t kBatcherRequestsMin = 32;

// Those that have room for a token, the longest first, so that none runs on alone at the end.
std::vector<size_t> order_requests(const Decoder& decoder, std::span<const SampleRequest> requests,
                                   const SamplingOptions& options) {
  std::vector<size_t> order;
  for (size_t i = 0; i < requests.size(); ++i) {
    int64_t prompt = static_cast<int64_t>(requests[i].prompt.size());
    RETORT_CHECK(prompt > 0, "request {} has an empty prompt", i);
    if (cut_at(decoder, requests[i], options) > prompt) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return requests[a].prompt.size() > requests[b].prompt.size(); });
  return order;
}

BatchRoom room_for(const Decoder& decoder, std::span<const BatchJob> jobs, std::span<const size_t> indices,
                   int64_t slots) {
  int64_t tokens = 1, samples = 0;
  for (size_t i : indices) {
    tokens = std::max(tokens, cut_at(decoder, *jobs[i].request, *jobs[i].options));
    samples += static_cast<int64_t>(jobs[i].samples.size());
  }
  slots = std::min({slots, slots_that_fit(decoder, tokens), std::max<int64_t>(1, samples)});
  return {.slots = slots, .tokens = tokens};
}

size_t batcher_count(const Decoder& decoder, size_t requests) {
  bool shared = !decoder.embedding_VD.is_cpu() || weight_count(decoder) >= kSharedWeightsMin;
  size_t threads = static_cast<size_t>(std::max(1, torch::get_num_threads()));
  return shared ? 1 : std::clamp<size_t>(requests / kBatcherRequestsMin, 1, threads);
}

// Runs work(0) to work(count - 1), each on a thread of its own, the first on the caller's; within, libtorch's
// operations take no further threads. The first exception is thrown when all have ended.
void run_threads(size_t count, const std::function<void(size_t)>& work) {
  if (count == 1) return work(0);
  int threads_before = torch::get_num_threads();
  std::vector<std::exception_ptr> failures(count);
  auto guarded_work = [&](size_t i) {
    torch::set_num_threads(1);  // of the calling thread
    try {
      work(i);
    } catch (...) {
      failures[i] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(guarded_work, i);
  guarded_work(0);
  for (std::thread& thread : threads) thread.join();
  torch::set_num_threads(threads_before);
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

std::vector<Sample> sample(const Decoder& plain, std::span<const SampleRequest> requests, int32_t end_token,
                           const SamplingOptions& options, const std::function<void(size_t)>& progress) {
  keep_freed_memory();
  RETORT_CHECK(options.samples > 0, "{} samples of a prompt", options.samples);
  const Decoder decoder = packed_for_decoding(plain);
  std::vector<Sample> samples(requests.size() * static_cast<size_t>(options.samples));
  std::vector<size_t> order = order_requests(decoder, requests, options);
  std::vector<BatchJob> jobs;
  for (size_t i = 0; i < requests.size(); ++i) {
    const size_t first = i * static_cast<size_t>(options.samples);
    jobs.push_back({&requests[i], &options,
                    std::span(samples).subspan(first, static_cast<size_t>(options.samples)), first});
  }
  std::vector<std::vector<size_t>> shares(batcher_count(decoder, order.size()));
  for (size_t i = 0; i < order.size(); ++i) shares[i % shares.size()].push_back(order[i]);
  const int64_t slots = std::max<int64_t>(1, options.slots / static_cast<int64_t>(shares.size()));
  std::atomic<size_t> finished = samples.size() - order.size() * static_cast<size_t>(options.samples);
  run_threads(shares.size(), [&, wanted = work_order()](size_t share) {
    const WorkingFor here(wanted);
    torch::NoGradGuard no_grad;  // counts for its own thread only
    Batcher batcher(decoder, end_token, room_for(decoder, jobs, shares[share], slots));
    for (size_t i : shares[share]) batcher.add(jobs[i]);
    batcher.share_beginning();
    while (!batcher.is_idle()) {
      throw_if_stopped();
      finished += batcher.step();
      if (progress && share == 0) progress(finished);
    }
  });
  for (Sample& sample : samples) sample.finished = true;
  if (progress) progress(finished);
  return samples;
}

}  // namespace retort

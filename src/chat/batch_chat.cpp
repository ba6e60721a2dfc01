#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/format.h"
#include "base/hash.h"
#include "base/log.h"
#include "chat/batch.h"
#include "chat/batch_api.h"
#include "chat/dialect.h"
#include "chat/reply.h"

namespace retort {
namespace {

constexpr int64_t kFirstLookMs = 1'000, kLookMaxMs = 60'000;
constexpr int64_t kListedAfterMs = 10'000;  // a batch that was just made may not be in the list at once
constexpr size_t kCommitBatch = 1'000;

// The most that a stored request can cost.
int64_t highest_cost_of(const EndpointOptions& options, const std::string& request) {
  const Json json = or_throw(parse_json(request));
  const int64_t tokens =
      json.at_path("max_tokens").integer_or(json.at_path("max_completion_tokens").integer_or(0));
  return highest_cost(options.prices, request.size(),
                      tokens * std::max<int64_t>(1, json.at_path("n").integer_or(1)));
}

class BatchChat : public Chat {
 public:
  BatchChat(const EndpointOptions& options, RunStore& store, HttpTransport& transport, Clock& clock,
            const BatchLimits& limits)
      : options_(options), store_(store), http_(options_, transport, clock), limits_(limits) {
    while (!options_.key.empty() && static_cast<unsigned char>(options_.key.back()) <= ' ')
      options_.key.pop_back();
    api_ = or_throw(make_batch_api(options_, http_));
  }

  std::vector<Result<ChatReply>> ask(std::span<const ChatRequest> requests) override;

 private:
  enum class Sent { InThisLife, Before };
  // The keys that the store has no reply to, planned; each once.
  std::vector<std::string> plan(std::span<const ChatRequest> requests, std::vector<std::string>& keys);
  // Those of them that are not DONE.
  std::vector<std::string> missing(const std::vector<std::string>& keys);
  BatchRecord intend(std::span<const std::string> keys);
  void launch(BatchRecord& batch, Sent sent);
  void bring_home(BatchRecord batch);
  void store_results(const BatchRecord& batch, const std::vector<BatchResult>& results);
  CallEvent event_of(const BatchResult& result);
  CallEvent unnamed(const std::string& key);
  size_t affordable(const std::vector<std::string>& keys, size_t begin);
  std::set<std::string> known_ids(const BatchRecord& but);
  Result<ChatReply> reply_to(const std::string& key);
  void tell();

  EndpointOptions options_;
  RunStore& store_;
  BatchHttp http_;
  BatchLimits limits_;
  std::unique_ptr<BatchApi> api_;
  std::set<std::string> not_ours_;                 // batches that turned out to be somebody else's
  std::unordered_map<std::string, int> refusals_;  // by key, of this ask
  std::vector<std::string> asked_;
};

std::vector<Result<ChatReply>> BatchChat::ask(std::span<const ChatRequest> requests) {
  std::vector<std::string> keys;
  refusals_.clear();
  asked_ = plan(requests, keys);
  // What an earlier process left there comes home first, whoever asked for it.
  for (BatchRecord& batch : store_.open_batches(options_.name)) {
    if (batch.state == BatchState::Intended) launch(batch, Sent::Before);
    bring_home(std::move(batch));
  }
  for (std::vector<std::string> left = missing(asked_); !left.empty(); left = missing(left)) {
    std::vector<BatchRecord> batches;
    for (size_t begin = 0; begin < left.size();) {
      const size_t count = affordable(left, begin);
      if (count == 0 && batches.empty())
        throw RunError(
            ErrorCode::BudgetSpent,
            format("{}: the next request of a batch could pass the budget; raise money of [budget] and "
                   "run the same command to go on; nothing is lost",
                   options_.name));
      if (count == 0) break;  // money may come back with those that are on their way
      batches.push_back(intend(std::span(left).subspan(begin, count)));
      launch(batches.back(), Sent::InThisLife);
      begin += count;
    }
    for (BatchRecord& batch : batches) bring_home(std::move(batch));
    std::erase_if(left, [&](const std::string& key) { return refusals_[key] >= options_.attempts_max; });
  }
  std::vector<Result<ChatReply>> replies;
  for (const std::string& key : keys) replies.push_back(reply_to(key));
  return replies;
}

std::vector<std::string> BatchChat::plan(std::span<const ChatRequest> requests,
                                         std::vector<std::string>& keys) {
  std::set<std::string> seen;
  std::vector<std::string> open;
  std::vector<CallEvent> planned;
  for (const ChatRequest& request : requests) {
    keys.push_back(chat_call_key(options_, request));
    if (!seen.insert(keys.back()).second) continue;
    or_throw(check_offered(*or_throw(find_dialect(options_.dialect)), request));
    const std::optional<CallRecord> known = store_.call(keys.back());
    if (known && known->state == CallState::Done) continue;
    open.push_back(keys.back());
    if (!known)
      planned.push_back(CallPlanned{keys.back(), options_.name, request.role,
                                    static_cast<int>(request.sample_index),
                                    chat_request_json(options_, request)});
    if (planned.size() >= kCommitBatch) store_.commit_calls(std::exchange(planned, {}));
  }
  if (!planned.empty()) store_.commit_calls(planned);
  return open;
}

std::vector<std::string> BatchChat::missing(const std::vector<std::string>& keys) {
  std::vector<std::string> left;
  for (const std::string& key : keys)
    if (store_.call(key)->state != CallState::Done) left.push_back(key);
  return left;
}

// How many from `begin` on fit into one batch and into the budget.
size_t BatchChat::affordable(const std::vector<std::string>& keys, size_t begin) {
  std::optional<int64_t> money;
  if (options_.money_max) {
    money = *options_.money_max;
    for (const auto& [role, totals] : store_.call_totals())
      *money -= totals.cost + totals.unknown_cost + totals.reserved;
  }
  size_t count = 0, bytes = 0;
  for (; begin + count < keys.size() && count < limits_.requests_max; ++count) {
    const std::string request = store_.call(keys[begin + count])->request;
    if (money) *money -= highest_cost_of(options_, request);
    bytes += request.size() + 200;  // and what stands around it
    if ((money && *money < 0) || (count > 0 && bytes > limits_.bytes_max)) break;
  }
  return count;
}

BatchRecord BatchChat::intend(std::span<const std::string> keys) {
  BatchRecord batch{.endpoint = options_.name, .intended_ms = http_.clock().wall_ms()};
  batch.keys.assign(keys.begin(), keys.end());
  std::string text = format("{} {}", batch.intended_ms, options_.name);
  std::vector<CallEvent> events;
  for (const std::string& key : keys) {
    const CallRecord call = *store_.call(key);
    text += key;
    text += std::to_string(call.attempts);  // another batch of the same calls has another mark
    events.push_back(CallSent{key, highest_cost_of(options_, call.request)});
  }
  batch.mark = sha256_hex(text);
  store_.commit_batch(batch, events);
  return batch;
}

std::set<std::string> BatchChat::known_ids(const BatchRecord& but) {
  std::set<std::string> ids = not_ours_;
  for (const BatchRecord& other : store_.open_batches(options_.name))
    if (other.mark != but.mark && !other.remote_id.empty()) ids.insert(other.remote_id);
  return ids;
}

// Makes sure that the batch is there, once.
void BatchChat::launch(BatchRecord& batch, Sent sent) {
  bool may_be_there = sent == Sent::Before;
  std::vector<std::string> bodies;
  const int64_t began = http_.clock().monotonic_ms();
  for (;;) {
    std::optional<std::string> id;
    if (may_be_there) id = api_->find(batch, known_ids(batch));
    if (id) log_info("{}: found the batch {} of {} requests again", options_.name, *id, batch.keys.size());
    if (!id) {
      if (bodies.empty())
        for (const std::string& key : batch.keys) bodies.push_back(store_.call(key)->request);
      Result<std::string> created = api_->create(batch, bodies);
      if (created && !created->empty()) id = *created;
      if (!created) {
        const Error& error = created.error();
        const bool may_pass = error.code != ErrorCode::BadRequest && error.code != ErrorCode::BadReply;
        if (!may_pass || http_.clock().monotonic_ms() - began >= options_.outage_ms)
          throw RunError(error.code, format("{}: cannot create a batch: {}", options_.name, error.message));
        log_warning("{}: creating a batch: {}; looking whether it is there", options_.name, error.message);
      }
    }
    if (id) {
      batch.state = BatchState::Created;
      batch.remote_id = *id;
      return store_.commit_batch(batch, {});
    }
    may_be_there = true;
    http_.wait_ms(kListedAfterMs);
  }
}

void BatchChat::bring_home(BatchRecord batch) {
  for (;;) {
    for (int64_t wait_ms = kFirstLookMs; !api_->is_over(batch.remote_id);
         wait_ms = std::min(2 * wait_ms, kLookMaxMs))
      http_.wait_ms(wait_ms);
    const std::vector<BatchResult> results = api_->results(batch.remote_id);
    const std::set<std::string> ours(batch.keys.begin(), batch.keys.end());
    const bool is_ours =
        results.empty() || std::any_of(results.begin(), results.end(),
                                       [&](const auto& result) { return ours.contains(result.key); });
    if (is_ours) return store_results(batch, results);
    // It only looked like ours.
    not_ours_.insert(batch.remote_id);
    batch.state = BatchState::Intended;
    batch.remote_id.clear();
    store_.commit_batch(batch, {});
    launch(batch, Sent::Before);
  }
}

CallEvent BatchChat::event_of(const BatchResult& result) {
  if (result.kind == BatchResult::Kind::NotRun)
    return CallFailed{result.key, ErrorCode::Timeout, "its batch ended before it was begun"};
  if (result.kind == BatchResult::Kind::Refused) {
    // What is wrong with the request stays wrong; the server's own trouble may pass, a few times.
    const bool for_good = result.status >= 400 && result.status < 500 && result.status != 408 &&
                          result.status != 409 && result.status != 429;
    refusals_[result.key] += for_good ? options_.attempts_max : 1;
    return CallFailed{result.key, for_good ? ErrorCode::BadRequest : ErrorCode::ServerError,
                      format("HTTP {} within a batch: {}", result.status, reply_error_text(result.body))};
  }
  const TokenUsage usage = reply_usage(result.body);
  const bool said = usage.tokens_in > 0 || usage.tokens_out > 0;
  return CallDone{.key = result.key,
                  .http_status = result.status,
                  .reply = result.body,
                  .tokens_in = usage.tokens_in,
                  .tokens_out = usage.tokens_out,
                  .tokens_cached = usage.tokens_cached,
                  .cost = said ? cost_of(options_.prices, usage) : store_.call(result.key)->reserved};
}

// What the results say nothing of is asked for again, a few times, and each time counted as perhaps paid.
CallEvent BatchChat::unnamed(const std::string& key) {
  ++refusals_[key];
  return CallFailed{key, ErrorCode::ServerError, "its batch ended without a readable result for it",
                    CallFailed::Charge::Unknown};
}

// All that came back, then the end of the batch; a kill in between brings it home again.
void BatchChat::store_results(const BatchRecord& batch, const std::vector<BatchResult>& results) {
  std::map<std::string, const BatchResult*> by_key;
  for (const BatchResult& result : results) by_key.emplace(result.key, &result);
  std::vector<CallEvent> events;
  for (const std::string& key : batch.keys) {
    if (store_.call(key)->state != CallState::Sent) continue;
    const auto found = by_key.find(key);
    events.push_back(found == by_key.end() ? unnamed(key) : event_of(*found->second));
    if (events.size() >= kCommitBatch) store_.commit_calls(std::exchange(events, {}));
  }
  BatchRecord ended = batch;
  ended.state = BatchState::Ended;
  store_.commit_batch(ended, events);
  tell();
}

Result<ChatReply> BatchChat::reply_to(const std::string& key) {
  const CallRecord call = *store_.call(key);
  if (call.state != CallState::Done)
    return Error{call.error_code.value_or(ErrorCode::ServerError), call.error};
  Result<ChatReply> reply = parse_chat_reply(call.reply);
  if (reply) reply->call_key = key;
  return reply;
}

void BatchChat::tell() {
  if (!progress || asked_.empty()) return;
  const size_t left = missing(asked_).size();
  progress(asked_.size() - left, asked_.size());
}

}  // namespace

std::unique_ptr<Chat> make_batch_chat(const EndpointOptions& options, RunStore& store,
                                      HttpTransport& transport, Clock& clock, const BatchLimits& limits) {
  return std::make_unique<BatchChat>(options, store, transport, clock, limits);
}

}  // namespace retort

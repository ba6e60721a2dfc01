// The batch APIs of OpenAI and Anthropic: half the price, an answer within a day. What is common to both is a
// batch that is created once, found again, looked at, and brought home; how each is asked for that stands in
// its own file.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chat/chat.h"
#include "http/client.h"
#include "store/run_store.h"

namespace retort {

// One request of a batch that is over.
struct BatchResult {
  std::string key;
  // NotRun: expired or cancelled before it was begun, and not charged.
  enum class Kind { Answered, Refused, NotRun } kind = Kind::NotRun;
  int status = 0;    // HTTP, of Answered and Refused
  std::string body;  // the reply, or what went wrong
};

// The results in a file of JSON lines, read by the API's own `result_of`. A line that is no JSON names no
// request, so it is left out: its request is then one that the results do not name.
std::vector<BatchResult> read_result_lines(std::string_view lines, BatchResult (*result_of)(const Json&));

// Sends one request after another and waits for each. Trouble of the network and of the server is waited out
// as Asking does (chat/retry.h); what ends a run is thrown.
class BatchHttp {
 public:
  BatchHttp(const EndpointOptions& options, HttpTransport& transport, Clock& clock)
      : options_(options), transport_(transport), clock_(clock) {}

  // `path` is appended to the endpoint's base_url. Asked again until it is answered.
  std::string get(const std::string& path);
  // Once: an Error (Unreachable, Timeout, ServerError, RateLimited) may mean that the server did it and the
  // answer was lost.
  Result<std::string> post_once(const std::string& path, const std::string& content_type, std::string body);
  // As often as it takes: for what may be done twice.
  std::string post(const std::string& path, const std::string& content_type, const std::string& body);
  // Sleeps; throws RunError(Interrupted) when the run is to stop.
  void wait_ms(int64_t ms);
  Clock& clock() { return clock_; }

 private:
  Result<std::string> exchange(HttpRequest request);
  template <class Try>
  std::string until_answered(const std::string& what, const Try& attempt);

  const EndpointOptions& options_;
  HttpTransport& transport_;
  Clock& clock_;
};

class BatchApi {
 public:
  virtual ~BatchApi() = default;
  // The id of the batch that an earlier try created there; nothing where there is none. `others`: ids that
  // are known to be of other batches.
  virtual std::optional<std::string> find(const BatchRecord& batch, const std::set<std::string>& others) = 0;
  // Its id. An Error: it may be there all the same.
  virtual Result<std::string> create(const BatchRecord& batch, const std::vector<std::string>& bodies) = 0;
  virtual bool is_over(const std::string& remote_id) = 0;
  // Of a batch that is over. A request that is not named may have been run and charged all the same: its
  // outcome is unknown.
  virtual std::vector<BatchResult> results(const std::string& remote_id) = 0;
};

// InvalidArgument for a dialect without batches.
Result<std::unique_ptr<BatchApi>> make_batch_api(const EndpointOptions& options, BatchHttp& http);
std::unique_ptr<BatchApi> make_openai_batches(BatchHttp& http);
std::unique_ptr<BatchApi> make_anthropic_batches(BatchHttp& http);

}  // namespace retort

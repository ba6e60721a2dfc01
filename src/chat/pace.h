// How fast requests may leave: requests and tokens a minute, spread evenly, because a limit by the minute is
// often enforced by the second. Limits come from the run file, or are learnt from the replies' headers. A
// virtual clock per limit (GCRA, as in ATM's traffic control) says when the next request is due; what a
// request is expected to cost is charged as it leaves and corrected by its usage as it lands.
#pragma once

#include <cstdint>

#include "chat/rate_headers.h"

namespace retort {

// A minute's; 0: not known.
struct RateLimits {
  double requests = 0;
  double tokens = 0;  // input and output together
  double tokens_in = 0, tokens_out = 0;
};

struct TokenCost {
  double in = 0, out = 0;
};

class Pace {
 public:
  // What is 0 in `limits` is learnt.
  explicit Pace(const RateLimits& limits);

  // What a request will probably cost: as many tokens a byte as the last ones had, and as long a reply;
  // before the first reply, a token a byte and the whole of tokens_max.
  TokenCost expect(size_t prompt_bytes, int64_t tokens_max) const;
  // From when on the next request may leave; in the past: it may leave now.
  int64_t ready_ms() const;
  void sent(int64_t now_ms, const TokenCost& expected);
  // The request is back: its usage replaces what was expected (both 0 when it was refused).
  void landed(const TokenCost& expected, const TokenCost& actual);
  void learn(size_t prompt_bytes, const TokenCost& actual);
  void heed(int64_t now_ms, const RateNotice& notice);
  RateLimits limits() const;

 private:
  struct Meter {
    double per_minute = 0;
    bool learnt = true;
    double next_ms = -1e18;  // when the next request is due
    void charge(double from_ms, double cost);
    void correct(double cost);
  };
  void heed(int64_t now_ms, const RateWindow& window, double next_cost, Meter& meter);

  Meter requests_, tokens_, tokens_in_, tokens_out_;
  double tokens_per_byte_ = 1;
  TokenCost mean_;  // of a request, newest replies first
  bool has_replies_ = false;
  int64_t hold_until_ms_ = INT64_MIN;
};

}  // namespace retort

// The state machine of a call, apart from its storage.
#include "store/call_log.h"

namespace retort {
namespace {

struct Apply {
  CallRow& call;
  int64_t session;

  bool operator()(const CallPlanned&) const {
    // Planned again after a restart: only a failed call starts over. A Sent one stays Sent, so that sending
    // it anew counts its unknown outcome.
    if (call.state != CallState::Failed) return false;
    call.state = CallState::Planned;
    call.error_code.reset();
    call.error.reset();
    return true;
  }

  bool operator()(const CallSent& sent) const {
    expect(call.state != CallState::Done, "sent again");
    if (call.state == CallState::Sent) count_unknown();
    call.state = CallState::Sent;
    call.reserved = sent.reserved;
    call.sent_by = session;
    call.error_code.reset();
    call.error.reset();
    ++call.attempts;
    return true;
  }

  bool operator()(const CallDone& done) const {
    expect(call.state == CallState::Sent, "answered");
    call.state = CallState::Done;
    call.sent_by.reset();
    call.http_status = done.http_status;
    call.tokens_in = done.tokens_in;
    call.tokens_out = done.tokens_out;
    call.latency_ms = done.latency_ms;
    call.tokens_cached = done.tokens_cached;
    call.cost = done.cost;
    call.reserved = 0;
    return true;
  }

  bool operator()(const CallFailed& failed) const {
    expect(call.state == CallState::Sent, "failed");
    if (failed.charge == CallFailed::Charge::Unknown) count_unknown();
    call.reserved = 0;
    call.state = CallState::Failed;
    call.sent_by.reset();
    call.error_code = std::string(error_code_name(failed.code));
    call.error = failed.message;
    return true;
  }

  void count_unknown() const {
    ++call.unknown_outcomes;
    call.unknown_cost += call.reserved;
  }

  void expect(bool holds, std::string_view what) const {
    RETORT_CHECK(holds, "call {} is {} in state {}", key_hex(call.key), what, static_cast<int>(call.state));
  }
};

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  RETORT_CHECK(c >= 'a' && c <= 'f', "'{}' is no lower-case hex digit of a call's key", c);
  return c - 'a' + 10;
}

}  // namespace

bool apply_event(CallRow& call, const CallEvent& event, int64_t session) {
  return std::visit(Apply{call, session}, event);
}

std::string key_bytes(std::string_view hex) {
  RETORT_CHECK(hex.size() == 64, "a call's key has 64 hex digits, not {}: \"{}\"", hex.size(), hex);
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}

std::string key_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned char byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace retort

#include "chat/rate_headers.h"

#include <charconv>
#include <chrono>
#include <cmath>

namespace retort {
namespace {

constexpr double kDurationMaxMs = 1e12;   // some 30 years: what is longer means nothing
constexpr double kEpochSecondsMin = 1e9;  // a reset as large as this is a date: seconds since 1970,
constexpr double kEpochMsMin = 1e12;      // or milliseconds

// Takes a number of digits and at most one point off the front; nothing when there is none.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  auto [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (problem != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

std::optional<double> whole_number(std::string_view text) {
  std::optional<double> value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A fixed count of digits; -1 when they are not there.
int take_digits(std::string_view& text, size_t count) {
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

// Minutes east of UTC, or nothing: "Z", "+01:00", "-0330".
std::optional<int> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = take_digits(text, 2);
  take(text, ":");
  int minutes = take_digits(text, 2);
  if (hours < 0 || minutes < 0 || hours > 23 || minutes > 59 || !text.empty()) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

// A date counts from the reply's own Date: clocks of two machines differ.
std::optional<int64_t> reset_ms(std::string_view text, const HttpReply& reply) {
  std::optional<double> number = whole_number(text);
  std::optional<int64_t> date_ms = parse_rfc3339_ms(text);
  if (number && *number >= kEpochMsMin)
    date_ms = static_cast<int64_t>(std::min(*number, 1e15));
  else if (number && *number >= kEpochSecondsMin)
    date_ms = static_cast<int64_t>(*number * 1000);
  if (!date_ms) return parse_duration_ms(text);
  std::optional<int64_t> now = parse_http_date(reply.header("date"));
  if (!now || *date_ms < *now * 1000) return std::nullopt;
  return *date_ms - *now * 1000;
}

RateWindow* window_of(std::string_view kind, RateNotice& notice) {
  if (kind.empty() || kind == "requests") return &notice.requests;
  if (kind == "tokens") return &notice.tokens;
  if (kind == "input-tokens") return &notice.tokens_in;
  if (kind == "output-tokens") return &notice.tokens_out;
  return nullptr;
}

// "limit-requests" and "requests-limit": the field stands at one end, what is left is the kind.
bool take_field(std::string_view& name, std::string_view field) {
  if (name == field) {
    name = {};
    return true;
  }
  if (name.size() <= field.size()) return false;
  size_t rest = name.size() - field.size() - 1;
  if (name.starts_with(field) && name[field.size()] == '-') {
    name.remove_prefix(field.size() + 1);
    return true;
  }
  if (name.ends_with(field) && name[rest] == '-') {
    name = name.substr(0, rest);
    return true;
  }
  return false;
}

void read_header(std::string_view name, std::string_view value, const HttpReply& reply, RateNotice& notice) {
  for (std::string_view field : {"limit", "remaining", "reset"}) {
    std::string_view kind = name;
    if (!take_field(kind, field)) continue;
    RateWindow* window = window_of(kind, notice);
    if (window == nullptr) return;
    std::optional<double> number = whole_number(value);
    if (field == "limit" && number && *number > 0) window->limit = number;
    if (field == "remaining" && number && *number >= 0) window->remaining = number;
    if (field == "reset") window->reset_ms = reset_ms(value, reply);
    return;
  }
}

}  // namespace

std::optional<int64_t> parse_duration_ms(std::string_view text) {
  struct Unit {
    std::string_view name;
    double ms;
  };
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
  double ms = 0;
  if (std::optional<double> seconds = whole_number(text)) {
    ms = *seconds * 1000;
  } else {
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
      std::optional<double> number = take_number(text);
      const Unit* unit = nullptr;
      for (const Unit& u : kUnits)
        if (unit == nullptr && take(text, u.name)) unit = &u;
      if (!number || *number < 0 || unit == nullptr) return std::nullopt;
      ms += *number * unit->ms;
    }
  }
  if (ms < 0 || ms > kDurationMaxMs) return std::nullopt;
  return static_cast<int64_t>(std::ceil(ms));
}

std::optional<int64_t> parse_rfc3339_ms(std::string_view text) {
  using namespace std::chrono;
  int year_ = take_digits(text, 4);
  bool dashed = take(text, "-");
  int month_ = take_digits(text, 2);
  dashed = take(text, "-") && dashed;
  int day_ = take_digits(text, 2);
  if (!dashed || !(take(text, "T") || take(text, "t") || take(text, " "))) return std::nullopt;
  int hour_ = take_digits(text, 2);
  bool colons = take(text, ":");
  int minute_ = take_digits(text, 2);
  colons = take(text, ":") && colons;
  int second_ = take_digits(text, 2);
  if (!colons || year_ < 0 || hour_ < 0 || hour_ > 23 || minute_ < 0 || minute_ > 59 || second_ < 0 ||
      second_ > 60)
    return std::nullopt;
  double fraction = 0;
  if (text.starts_with('.')) {
    std::optional<double> read = take_number(text);
    if (!read) return std::nullopt;
    fraction = *read;
  }
  std::optional<int> offset = parse_offset(text);
  year_month_day date{year(year_), month(static_cast<unsigned>(month_)), day(static_cast<unsigned>(day_))};
  if (!offset || month_ < 1 || day_ < 1 || !date.ok()) return std::nullopt;
  int64_t days = sys_days(date).time_since_epoch().count();
  int64_t seconds = ((days * 24 + hour_) * 60 + minute_ - *offset) * 60 + second_;
  return seconds * 1000 + static_cast<int64_t>(fraction * 1000);
}

RateNotice rate_notice(const HttpReply& reply) {
  constexpr std::string_view kMark = "ratelimit-";
  RateNotice notice;
  for (const auto& [name, value] : reply.headers) {
    size_t at = name.find(kMark);
    if (at != std::string::npos)
      read_header(std::string_view(name).substr(at + kMark.size()), value, reply, notice);
  }
  return notice;
}

}  // namespace retort

// Time and measures: weekday, month, clock, units.
#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

using Cycle = std::vector<std::string>;
const Cycle& weekdays() {
  static const Cycle days = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  return days;
}
const Cycle& months() {
  static const Cycle names = {"January", "February", "March",     "April",   "May",      "June",
                              "July",    "August",   "September", "October", "November", "December"};
  return names;
}

// Level 1 goes forward, level 2 back, level 3 far, either way. {0} where one starts, {1} the sign, {2} steps.
constexpr int64_t kNear = 50, kFar = 400;

Operands draw_walk(const Cycle& cycle, int level, Random& random) {
  const bool back = level == 2 || (level == 3 && random.chance(0.5));
  std::string steps = level == 3 ? draw_number(kNear + 1, kFar, random) : draw_number(1, kNear, random);
  return {{random.pick(cycle), back ? "-" : "+", std::move(steps)}, {}};
}
std::optional<Solution> solve_walk(const Cycle& cycle, const Operands& operands) {
  if (!has_form(operands, 3, 0, 0)) return std::nullopt;
  const auto start = std::find(cycle.begin(), cycle.end(), operands.scalars[0]);
  const std::string& sign = operands.scalars[1];
  const auto steps = read_number(operands.scalars[2]);
  if (start == cycle.end() || (sign != "+" && sign != "-") || !steps || *steps < 1 || *steps > kFar)
    return std::nullopt;
  const auto size = static_cast<int64_t>(cycle.size());
  const int64_t left = *steps % size, moved = sign == "+" ? left : size - left;
  const std::string& answer = cycle[static_cast<size_t>((start - cycle.begin() + moved) % size)];
  const int level = *steps > kNear ? 3 : sign == "-" ? 2 : 1;
  return Solution{level, answer,
                  format("{} full rounds leave {} steps {} from {}: {}.", *steps / size, left,
                         sign == "+" ? "on" : "back", *start, answer)};
}

Operands draw_weekday(int level, Random& random) { return draw_walk(weekdays(), level, random); }
std::optional<Solution> solve_weekday(const Operands& operands) { return solve_walk(weekdays(), operands); }
Operands draw_month(int level, Random& random) { return draw_walk(months(), level, random); }
std::optional<Solution> solve_month(const Operands& operands) { return solve_walk(months(), operands); }

std::string clock_text(int64_t minutes) { return format("{:02}:{:02}", minutes / 60 % 24, minutes % 60); }

// Minutes since midnight of "09:45".
std::optional<int64_t> read_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int64_t hour = (text[0] - '0') * 10 + (text[1] - '0'),
                minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

// Levels 1 and 2 stay within the hour, level 1 in steps of ten minutes; level 3 goes into the next.
bool are_tens(int64_t minute, int64_t more) { return minute % 10 == 0 && more % 10 == 0; }

Operands draw_clock(int level, Random& random) {
  const int64_t hour = random.range(0, 23);
  int64_t minute = 0, more = 0;
  do {
    minute = level == 1 ? 10 * random.range(0, 4) : level == 2 ? random.range(0, 57) : random.range(20, 59);
    more = level == 1   ? 10 * random.range(1, 5 - minute / 10)
           : level == 2 ? random.range(2, 59 - minute)
                        : random.range(60 - minute, 59);
  } while (level == 2 && are_tens(minute, more));
  return {{clock_text(hour * 60 + minute), std::to_string(more)}, {}};
}
std::optional<Solution> solve_clock(const Operands& operands) {
  if (!has_form(operands, 2, 0, 0)) return std::nullopt;
  const auto start = read_clock(operands.scalars[0]);
  const auto more = read_number(operands.scalars[1]);
  if (!start || !more || *more < 1 || *more > 59) return std::nullopt;
  const int64_t minute = *start % 60, sum = minute + *more;
  const int level = sum >= 60 ? 3 : are_tens(minute, *more) ? 1 : 2;
  const std::string answer = clock_text(*start + *more);
  return Solution{
      level, answer,
      sum >= 60 ? format("{} and {} minutes are {} past the next hour: {}.", minute, *more, sum - 60, answer)
                : format("{} and {} minutes are {}: {}.", minute, *more, sum, answer)};
}

struct Unit {
  std::string_view from;  // "cm"
  std::string_view to;    // "millimetres"
  int64_t factor;
  int level;              // of a whole number of them
  std::string_view rest;  // what may follow it at level 3: "3cm7mm"
};
constexpr Unit kUnits[] = {{"cm", "millimetres", 10, 1, "mm"},
                           {"dm", "centimetres", 10, 1, "cm"},
                           {"m", "centimetres", 100, 2, "cm"},
                           {"km", "metres", 1000, 2, "m"}};

Operands draw_units(int level, Random& random) {
  const Unit* unit = nullptr;
  do unit = &kUnits[random.below(std::size(kUnits))];
  while (level < 3 && unit->level != level);
  const int64_t whole = random.range(2, 199);
  std::string amount = format("{}{}", whole, unit->from);
  if (level == 3) amount += format("{}{}", random.range(1, unit->factor - 1), unit->rest);
  return {{std::move(amount), std::string(unit->to)}, {}};
}

// Takes a number and then the letters of a unit off the front.
std::optional<std::pair<int64_t, std::string_view>> take_amount(std::string_view& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = read_number(text.substr(0, digits));
  const size_t end = std::min(text.find_first_of("0123456789", digits), text.size());
  const std::string_view unit = text.substr(digits, end - digits);
  text.remove_prefix(end);
  if (!number) return std::nullopt;
  return std::pair(*number, unit);
}
std::optional<Solution> solve_units(const Operands& operands) {
  if (!has_form(operands, 2, 0, 0)) return std::nullopt;
  std::string_view text = operands.scalars[0];
  const auto whole = take_amount(text);
  if (!whole || whole->first < 2 || whole->first > 199) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.from != whole->second || unit.to != operands.scalars[1]) continue;
    int64_t rest = 0;
    if (!text.empty()) {
      const auto more = take_amount(text);
      if (!more || more->second != unit.rest || more->first < 1 || more->first >= unit.factor ||
          !text.empty())
        return std::nullopt;
      rest = more->first;
    }
    const std::string answer = std::to_string(whole->first * unit.factor + rest);
    return Solution{
        rest > 0 ? 3 : unit.level, answer,
        format("{} times {} and {} more make {} {}.", whole->first, unit.factor, rest, answer, unit.to)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<SkillRules> time_skills() {
  using enum AnswerForm;
  return {
      {{"weekday", "time", false, false},
       Choice,
       {"Weekday : {0} {1} {2} ?", "Day {0} {1} {2} ?", "Calendar {0} {1} {2} .", "When : {0} {1} {2} ?"},
       draw_weekday,
       solve_weekday},
      {{"month", "time", false, false},
       Choice,
       {"Month : {0} {1} {2} ?", "Months {0} {1} {2} ?", "Almanac {0} {1} {2} .", "Date : {0} {1} {2} ?"},
       draw_month,
       solve_month},
      {{"clock", "time"},
       Word,
       {"Clock {0} + {1} ?", "Time : {0} + {1} .", "Later : {0} + {1} ?", "Delay {0} + {1} ."},
       draw_clock,
       solve_clock},
      {{"units", "time"},
       Number,
       {"Convert {0} : {1} .", "Express {0} = {1} ?", "Units {0} -> {1} .", "Transform {0} -> {1} ."},
       draw_units,
       solve_units},
  };
}

}  // namespace retort::practice

#include "practice/faults.h"

#include <cmath>
#include <map>

#include "base/hash.h"
#include "base/test.h"

namespace retort::practice {
namespace {

Question numbered(int i) { return {.hash = sha256_hex(format("request {}", i))}; }

}  // namespace

TEST_CASE("each fault comes at its dialled rate and never on a retry") {
  TeacherOptions options{.fault_429 = 0.1,
                         .fault_500 = 0.05,
                         .fault_stall = 0.02,
                         .fault_truncate = 0.03,
                         .fault_garbage = 0.04};
  std::map<Fault, int> counts;
  const int n = 20'000;
  for (int i = 0; i < n; ++i) {
    ++counts[planned_fault(options, numbered(i), 0)];
    CHECK(planned_fault(options, numbered(i), 1) == Fault::None);
  }
  auto comes_at = [&](Fault fault, double wanted) {
    double four_sigma = 4 * std::sqrt(wanted * (1 - wanted) / n);
    CAPTURE(wanted);
    CHECK(std::abs(counts[fault] / double(n) - wanted) < four_sigma);
  };
  comes_at(Fault::TooManyRequests, 0.1);
  comes_at(Fault::ServerError, 0.05);
  comes_at(Fault::Stall, 0.02);
  comes_at(Fault::Truncate, 0.03);
  comes_at(Fault::Garbage, 0.04);
  comes_at(Fault::None, 0.76);
}

TEST_CASE("the same request has the same fault under the same seed, and other ones under another seed") {
  TeacherOptions options{.fault_500 = 0.5}, other{.seed = 2, .fault_500 = 0.5};
  int differ = 0;
  for (int i = 0; i < 200; ++i) {
    CHECK(planned_fault(options, numbered(i), 0) == planned_fault(options, numbered(i), 0));
    differ += planned_fault(options, numbered(i), 0) != planned_fault(other, numbered(i), 0);
  }
  CHECK(differ > 50);
}

TEST_CASE("shares of one and of nothing are certain") {
  TeacherOptions always{.fault_garbage = 1};
  for (int i = 0; i < 100; ++i) {
    CHECK(planned_fault(always, numbered(i), 0) == Fault::Garbage);
    CHECK(planned_fault(TeacherOptions{}, numbered(i), 0) == Fault::None);
  }
}

}  // namespace retort::practice

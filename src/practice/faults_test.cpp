#include "practice/faults.h"

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
  // Four standard deviations of a share of 0.1 over 20,000 draws are 0.0085.
  auto share = [&](Fault fault) { return counts[fault] / double(n); };
  CHECK(share(Fault::TooManyRequests) == doctest::Approx(0.1).epsilon(0.085));
  CHECK(share(Fault::ServerError) == doctest::Approx(0.05).epsilon(0.13));
  CHECK(share(Fault::Stall) == doctest::Approx(0.02).epsilon(0.2));
  CHECK(share(Fault::Truncate) == doctest::Approx(0.03).epsilon(0.17));
  CHECK(share(Fault::Garbage) == doctest::Approx(0.04).epsilon(0.14));
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

#include "chat/gate.h"

#include "base/test.h"

namespace retort {
namespace {

TEST_CASE("an open gate gives as many places as are free") {
  Gate gate(8);
  CHECK(gate.slots(0, 0, 0) == 8);
  CHECK(gate.slots(0, 5, 5) == 3);
  CHECK(gate.slots(0, 8, 8) == 0);
}

TEST_CASE("a storm closes the gate, then one request probes, then the number doubles a round") {
  Gate gate(8);
  gate.limited(100, 0, 50);
  CHECK(gate.slots(149, 0, 0) == 0);
  CHECK(gate.slots(150, 0, 0) == 1);
  CHECK(gate.slots(150, 1, 1) == 0);
  gate.passed(1);
  CHECK(gate.slots(151, 0, 0) == 2);
  gate.passed(1);
  gate.passed(1);
  CHECK(gate.slots(152, 0, 0) == 4);
}

TEST_CASE("up to half of what was too much the number doubles a round, from there it grows by one") {
  Gate gate(8);
  gate.limited(0, 0, 10);
  for (int i = 0; i < 3; ++i) gate.passed(1);
  CHECK(gate.slots(10, 0, 0) == 4);
  for (int i = 0; i < 3; ++i) gate.passed(1);
  CHECK(gate.slots(10, 0, 0) == 4);
  gate.passed(1);
  CHECK(gate.slots(10, 0, 0) == 5);
  for (int i = 0; i < 5 + 6 + 7; ++i) gate.passed(1);
  CHECK(gate.slots(10, 0, 0) == 8);
  for (int i = 0; i < 100; ++i) gate.passed(1);
  CHECK(gate.slots(10, 0, 0) == 8);
}

TEST_CASE("probes that are refused do not lower the half again: an outage is no overload") {
  Gate gate(8);
  for (uint64_t storm = 0; storm < 6; ++storm) gate.limited(0, storm, 10);
  for (int i = 0; i < 3; ++i) gate.passed(6);
  CHECK(gate.slots(10, 0, 0) == 4);
}

TEST_CASE("64 refusals of one burst are one storm") {
  Gate gate(64);
  for (int i = 0; i < 64; ++i) gate.limited(10, 0, 100);
  CHECK(gate.level() == 1);
  CHECK(gate.epoch() == 1);
}

TEST_CASE("good replies from before the storm do not open it") {
  Gate gate(8);
  gate.limited(0, 0, 100);
  for (int i = 0; i < 7; ++i) gate.passed(0);
  CHECK(gate.slots(100, 0, 0) == 1);
  CHECK(gate.level() == 1);
}

TEST_CASE("slow replies from before the storm do not hold up the probe") {
  Gate gate(8);
  gate.limited(0, 0, 100);
  CHECK(gate.slots(100, 5, 0) == 1);
  CHECK(gate.slots(100, 8, 0) == 0);
}

TEST_CASE("a probe that is refused is the next storm, a good one forgets them") {
  Gate gate(8);
  gate.limited(0, 0, 100);
  gate.limited(100, 1, 200);
  CHECK(gate.level() == 2);
  CHECK(gate.slots(299, 0, 0) == 0);
  gate.passed(2);
  CHECK(gate.level() == 0);
}

}  // namespace
}  // namespace retort

// `retort data similar DIR`: what a run holds, as JSON lines for other tools. Reads, and writes nothing into
// the store.
#include <cstdio>

#include "base/json.h"
#include "base/stop.h"
#include "cli/command.h"
#include "serve/similarity.h"

namespace retort {
namespace {

Json similar_json(const WrittenInstruction& written) {
  Json nearest = Json::array();
  for (const NearInstruction& near : written.nearest)
    nearest.push(Json::object()
                     .set("id", near.instruction.id)
                     .set("score", near.score)
                     .set("instruction", near.instruction.text));
  Json line = Json::object();
  line.set("id", written.instruction.id).set("round", written.instruction.round);
  line.set("instruction", written.instruction.text).set("mean", written.mean);
  return line.set("nearest", std::move(nearest));
}

}  // namespace

Command data_similar_command() {
  static std::string folder;
  static int64_t nearest = 10;
  return {.name = "data similar",
          .doc =
              "Of each instruction that a run wrote: the most similar ones before it, and the mean (as Lion "
              "logs)",
          .flags = {{"dir", "the run folder", &folder, Flag::Need::Required},
                    {"--nearest", "how many of them (Lion: 10)", &nearest}},
          .run = [] {
            if (nearest < 0 || nearest > 1'000)
              throw RunError(ErrorCode::InvalidArgument,
                             format("--nearest is {}; it must be from 0 to 1000", nearest));
            or_throw(
                for_each_written(folder, static_cast<size_t>(nearest), [](const WrittenInstruction& written) {
                  throw_if_stopped();
                  std::printf("%s\n", similar_json(written).dump().c_str());
                }));
            return 0;
          }};
}

}  // namespace retort

// Asks a real server through the product's own line, for tests/real_line.py: a stream, a stop string,
// log-probabilities, a JSON schema, many at once, and a server that goes away in the middle. One JSON line a
// question. usage: line_probe BASE_URL FOLDER plain|stream|stop|logprobs|schema|many
#include <cstdio>
#include <string_view>

#include "base/format.h"
#include "chat/chat.h"
#include "http/client.h"
#include "store/run_store.h"

namespace retort {
namespace {

constexpr int kSlots = 16;
constexpr const char* kSchema =
    R"({"type":"object","properties":{"colour":{"type":"string"},"count":{"type":"integer"}},)"
    R"("required":["colour","count"],"additionalProperties":false})";

ChatRequest question(std::string text) {
  ChatRequest request;
  request.role = "teacher";
  request.messages = {{"user", std::move(text)}};
  request.sampling = {.temperature = 0, .tokens_max = 48};
  return request;
}

std::vector<ChatRequest> questions(std::string_view what) {
  if (what == "many") {
    std::vector<ChatRequest> many;
    for (int i = 0; i < 4 * kSlots; ++i) {
      many.push_back(question(format("Write one short sentence about the number {}.", i)));
      many.back().sampling.tokens_max = 24;
    }
    return many;
  }
  ChatRequest one = question("Name the three primary colours, then say something about each.");
  if (what == "stop") one.sampling.stop = {" is"};
  if (what == "logprobs") one.sampling.top_logprobs = 3;
  if (what == "schema") one.sampling.json_schema = kSchema;
  return {one};
}

Json told(const Result<ChatReply>& reply) {
  Json json = Json::object();
  if (!reply) return json.set("error", reply.error().message);
  json.set("text", reply->text).set("finish", finish_name(reply->finish));
  json.set("tokens_in", reply->tokens_in).set("tokens_out", reply->tokens_out);
  double highest = -1e9;
  for (const TokenLogprob& token : reply->logprobs) highest = std::max(highest, token.logprob);
  json.set("logprobs", static_cast<int64_t>(reply->logprobs.size())).set("highest_logprob", highest);
  if (!reply->logprobs.empty()) json.set("top", static_cast<int64_t>(reply->logprobs[0].top.size()));
  return json;
}

int probe(const std::string& url, const Path& folder, std::string_view what) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  auto transport = make_curl_transport(kSlots);
  EndpointOptions options{.dialect = "llamacpp", .base_url = url, .model = "any", .concurrency_max = kSlots};
  if (what == "stream") options.stream_above = 1;
  auto chat = make_chat(options, *store, *transport, system_clock());
  for (const Result<ChatReply>& reply : chat->ask(questions(what)))
    std::printf("%s\n", told(reply).dump().c_str());
  return 0;
}

}  // namespace
}  // namespace retort

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: line_probe BASE_URL FOLDER plain|stream|stop|logprobs|schema|many\n");
    return 2;
  }
  try {
    return retort::probe(arguments[1], arguments[2], arguments[3]);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "retort: %s\n", error.what());
    return retort::exit_code(error.code());
  }
}

#include "base/json.h"
#include "base/test.h"
#include "chat/asking.h"

namespace retort {
namespace {

ChatRequest question(const std::string& text) {
  ChatRequest request;
  request.messages = {{"system", "be brief"}, {"user", text}};
  return request;
}

TEST_CASE("the request is canonical JSON with what differs from the API's defaults") {
  EndpointOptions options;
  options.model = "m";
  CHECK(
      chat_request_json(options, question("hi\n\"")) ==
      R"({"max_tokens":1024,"messages":[{"content":"be brief","role":"system"},{"content":"hi\n\"","role":"user"}],)"
      R"("model":"m","temperature":0.7})");
  ChatRequest all = question("hi");
  all.sampling.top_p = 0.9;
  all.sampling.stop = {"END"};
  all.sample_index = 2;
  Json json = *parse_json(chat_request_json(options, all));
  CHECK(json.at_path("top_p").number_or(0) == 0.9);
  CHECK(json.at_path("seed").integer_or(0) == 2);
  CHECK(json.at_path("stop/0").string_or("") == "END");
}

TEST_CASE("text that is not UTF-8 still makes a request that is") {
  EndpointOptions options;
  CHECK(parse_json(chat_request_json(options, question("\xff\xc3"))).has_value());
}

TEST_CASE("the key names request, endpoint, sample and prompt, and nothing else") {
  EndpointOptions options;
  std::string key = chat_call_key(options, question("hi"));
  CHECK(key.size() == 64);
  EndpointOptions moved = options;
  moved.base_url = "https://elsewhere/v1";
  moved.key = "secret";
  CHECK(chat_call_key(moved, question("hi")) == key);
  ChatRequest other_role = question("hi");
  other_role.role = "referee";
  CHECK(chat_call_key(options, other_role) == key);

  EndpointOptions other_name = options;
  other_name.name = "referee";
  CHECK(chat_call_key(other_name, question("hi")) != key);
  ChatRequest sample = question("hi"), prompt = question("hi");
  sample.sample_index = 1;
  prompt.sampling.prompt_hash = "abc";
  CHECK(chat_call_key(options, sample) != key);
  CHECK(chat_call_key(options, prompt) != key);
  CHECK(chat_call_key(options, question("hi ")) != key);
}

TEST_CASE("the address is the base with the API's path, however its end is written") {
  EndpointOptions options;
  for (const char* base :
       {"https://h/v1", "https://h/v1/", "https://h/v1//", "https://h/v1/chat/completions"}) {
    options.base_url = base;
    CHECK(chat_url(options) == "https://h/v1/chat/completions");
  }
}

}  // namespace
}  // namespace retort

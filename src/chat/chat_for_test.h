// A chat on a real store in a temporary folder, a fake network and a fake clock.
#pragma once

#include <string>
#include <vector>

#include "base/format.h"
#include "base/test.h"
#include "chat/chat.h"
#include "chat/fake_transport.h"

namespace retort {

// In memory where the machine has such a folder: these tests are about order, not about a disk's speed.
inline const bool kInMemory =
    std::filesystem::is_directory("/dev/shm") && setenv("TMPDIR", "/dev/shm", 0) == 0;

inline std::string completion_json(const std::string& text) {
  return R"({"choices":[{"message":{"role":"assistant","content":")" + text +
         R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})";
}
inline FakeAnswer ok(const std::string& text, int64_t latency_ms = 10) {
  return {HttpReply{200, {}, completion_json(text)}, true, latency_ms};
}
inline FakeAnswer status(int code, HttpHeaders headers = {}, std::string body = "{}") {
  return {HttpReply{code, std::move(headers), std::move(body)}, true, 10};
}
inline FakeAnswer refused() { return {Error{ErrorCode::Unreachable, "connection refused"}, false, 1}; }
inline FakeAnswer timed_out() { return {Error{ErrorCode::Timeout, "no reply in time"}, true, 5'000}; }

inline std::vector<ChatRequest> questions(int count) {
  std::vector<ChatRequest> requests;
  for (int i = 0; i < count; ++i) {
    ChatRequest request;
    request.role = "teacher";
    request.messages = {{"user", format("question {}", i)}};
    requests.push_back(request);
  }
  return requests;
}

struct ChatForTest {
  explicit ChatForTest(FakeTransport::Script script) : network(clock, std::move(script)) {
    options.base_url = "http://127.0.0.1:1/v1";
    options.model = "m";
    options.concurrency_max = 4;
    reopen();
  }
  // As after the end of a process.
  void reopen() {
    chat.reset();
    store.reset();
    store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
    make();
  }
  void make() { chat = make_chat(options, *store, network, clock); }
  std::vector<Result<ChatReply>> ask(const std::vector<ChatRequest>& requests) { return chat->ask(requests); }
  CallRecord record(const ChatRequest& request) {
    auto found = store->call(chat_call_key(options, request));
    REQUIRE(found.has_value());
    return *found;
  }
  // The error that ends an ask.
  RunError fatal(const std::vector<ChatRequest>& requests) {
    try {
      ask(requests);
    } catch (const RunError& e) {
      return e;
    }
    FAIL("the run did not end");
    return RunError(ErrorCode::Mismatch, "");
  }

  TemporaryFolder folder;
  FakeClock clock;
  FakeTransport network;
  EndpointOptions options;
  std::unique_ptr<RunStore> store;
  std::unique_ptr<Chat> chat;
};

}  // namespace retort

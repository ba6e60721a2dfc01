#include "serve/conversation.h"

#include "base/file.h"
#include "base/test.h"
#include "serve/fake_live_student.h"

namespace retort {
namespace {

struct Talk {
  FakeLiveStudent student;
  std::string said;
  std::vector<std::string> asked;  // of the teacher: the last message of each
  Conversation conversation{student,
                            {.system = "be kind"},
                            [this](std::string_view text) { said += text; },
                            [this](std::span<const ChatMessage> messages) -> Result<std::string> {
                              asked.push_back(messages.back().content);
                              return std::string("from the \x1b[31mteacher");
                            }};
  std::string take(std::string_view line) {
    said.clear();
    conversation.take(line);
    return said;
  }
};

TEST_CASE("a line is a question, and the conversation is remembered") {
  Talk talk;
  CHECK(talk.take("  hello ") == "abc\n");
  CHECK(talk.take("again") == "abc\n");
  REQUIRE(talk.conversation.messages().size() == 5);
  CHECK(talk.conversation.messages()[1].content == "hello");
  CHECK(talk.conversation.messages()[4].role == "assistant");
}

TEST_CASE("/reset forgets all but the system message, which /system changes") {
  Talk talk;
  talk.take("hello");
  talk.take("/reset");
  CHECK(talk.conversation.messages().size() == 1);
  talk.take("/system be brief");
  CHECK(talk.conversation.messages()[0].content == "be brief");
  talk.take("/system");
  CHECK(talk.conversation.messages().empty());
}

TEST_CASE("/compare asks the teacher the last question, and its control characters stay harmless") {
  Talk talk;
  CHECK(talk.take("/compare").find("nothing was asked") != std::string::npos);
  talk.take("hello");
  const std::string said = talk.take("/compare");
  CHECK(talk.asked == std::vector<std::string>{"hello"});
  CHECK(said.find("abc") < said.find("from the"));
  CHECK(said.find('\x1b') == std::string::npos);
}

TEST_CASE("/save adds the conversation to a file as one row of messages") {
  Talk talk;
  TemporaryFolder folder;
  const std::string path = (folder.path() / "talk.jsonl").string();
  talk.take("hello");
  talk.take("/save " + path);
  talk.take("/save " + path);
  const std::string row =
      R"({"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hello"},{"role":"assistant","content":"abc"}]})"
      "\n";
  CHECK(or_throw(read_file(path)) == row + row);
  CHECK(talk.take("/save /no/such/folder/x").find("cannot write") != std::string::npos);
}

TEST_CASE("a question that does not fit, or that the template refuses, is taken back") {
  Talk talk;
  CHECK(talk.take(std::string(200, 'x')).find("/reset") != std::string::npos);
  CHECK(talk.take("refuse").find("alternate") != std::string::npos);
  CHECK(talk.conversation.messages().size() == 1);
}

TEST_CASE("a command that is not there is named, and /quit ends") {
  Talk talk;
  CHECK(talk.take("/frobnicate").find("/help") != std::string::npos);
  CHECK(talk.take("/help").find("/compare") != std::string::npos);
  CHECK(talk.take("   ").empty());
  CHECK(talk.conversation.take("/quit") == Conversation::Next::Quit);
}

TEST_CASE("line breaks and tabs of an answer stay, other control characters are shown") {
  CHECK(safe_lines("a\n\tb\x1b[2J\n") == "a\n\tb\\x1b[2J\n");
}

}  // namespace
}  // namespace retort

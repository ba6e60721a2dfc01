// A chat template: it ends in text or in an error, soon, whatever it says.
#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/jinja.h"

using namespace retort;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Json messages =
      parse_json(R"([{"role": "system", "content": "Sys"}, {"role": "user", "content": " Hi "},
      {"role": "assistant", "content": "<think>a</think>b", "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5, null]}}}]}])")
          .value();
  auto parsed = jinja::Template::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  std::vector<jinja::Member> variables = {{"messages", jinja::from_json(messages, 3)},
                                          {"bos_token", "<s>"},
                                          {"eos_token", "</s>"},
                                          {"add_generation_prompt", true}};
  (void)parsed->render(variables, std::tm{});
  return 0;
}

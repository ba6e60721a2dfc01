#include "gguf/tokenizer_text.h"

namespace retort {

std::string TokenizerText::text() const {
  Json root = Json::object().set("version", "1.0").set("truncation", nullptr).set("padding", nullptr);
  root.set("added_tokens", added).set("normalizer", normalizer).set("pre_tokenizer", pre_tokenizer);
  root.set("post_processor", post_processor).set("decoder", decoder);
  std::string text = root.dump(), head = model.dump();
  text.back() = ',';
  text += "\"model\":" + head;
  text.back() = ',';
  text += "\"vocab\":{";
  for (size_t id = 0; id < vocabulary.size(); ++id)
    text += format("{}{}:{}", id == 0 ? "" : ",\n", Json(vocabulary[id]).dump(), id);
  text += "},\"merges\":[";
  for (size_t rank = 0; rank < merges.size(); ++rank)
    text += format("{}[{},{}]", rank == 0 ? "" : ",\n", Json(merges[rank].first).dump(),
                   Json(merges[rank].second).dump());
  return text + "]}}\n";
}

}  // namespace retort

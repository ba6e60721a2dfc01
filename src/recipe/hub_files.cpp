#include "recipe/hub_files.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/utf8.h"

namespace retort {
namespace {

const std::set<std::string, std::less<>> kTextFiles = {"config.json",
                                                       "generation_config.json",
                                                       "tokenizer.json",
                                                       "tokenizer_config.json",
                                                       "special_tokens_map.json",
                                                       "tokenizer.model",
                                                       "vocab.json",
                                                       "merges.txt",
                                                       "added_tokens.json",
                                                       "chat_template.jinja",
                                                       "chat_template.json",
                                                       "model.safetensors.index.json"};

// Not Mistral's second copy in another layout (consolidated.safetensors), nor adapters.
bool is_weights(const std::string& name) {
  return name.starts_with("model") && name.ends_with(".safetensors") && name.find('/') == std::string::npos;
}

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<HubFile> parse_file(const std::string& name, const Json& json) {
  HubFile file;
  file.name = name;
  const Json& lfs = json.at_path("lfs");
  const Json& size = lfs.is_object() ? lfs.at_path("size") : json.at_path("size");
  file.bytes = size.integer_or(-1);
  file.digest = std::string(lfs.is_object() ? lfs.at_path("sha256").string_or("")
                                            : json.at_path("blobId").string_or(""));
  if (file.bytes < 0 || !is_hex(file.digest, lfs.is_object() ? 64 : 40))
    return Error{ErrorCode::BadReply,
                 format("the hub lists {} without size or checksum", terminal_safe(name, 60))};
  return file;
}

}  // namespace

Result<HubListing> parse_hub_listing(const Json& reply) {
  HubListing listing;
  listing.commit = std::string(reply.at_path("sha").string_or(""));
  if (!is_hex(listing.commit, 40))
    return Error{ErrorCode::BadReply, "the hub's list of files names no commit"};
  bool whole = false, weights = false;
  for (const Json& sibling : reply.at_path("siblings").items()) {
    std::string name(sibling.at_path("rfilename").string_or(""));
    if (!is_weights(name) && kTextFiles.find(name) == kTextFiles.end()) continue;
    whole = whole || name == "model.safetensors";
    weights = weights || is_weights(name);
    listing.files.push_back(RETORT_TRY(parse_file(name, sibling)));
  }
  if (!weights)
    return Error{ErrorCode::InvalidArgument,
                 "the model has no safetensors files, and pickled weights are never read; "
                 "choose another, or convert it with transformers' save_pretrained"};
  // Where both are there, transformers reads the one file.
  if (whole)
    std::erase_if(listing.files, [](const HubFile& file) {
      return (is_weights(file.name) && file.name != "model.safetensors") ||
             file.name == "model.safetensors.index.json";
    });
  // Small ones first: what is wrong with a model shows before its weights are here.
  std::stable_sort(listing.files.begin(), listing.files.end(),
                   [](const HubFile& a, const HubFile& b) { return a.bytes < b.bytes; });
  return listing;
}

}  // namespace retort

// The hub's list of a model's files, and which of them a student needs.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace retort {

struct HubFile {
  std::string name;  // a plain name: files in folders are never needed
  int64_t bytes = 0;
  std::string digest;  // 64 hex digits: SHA-256 of the bytes; 40: git's SHA-1 of "blob SIZE\0" and the bytes
};
struct HubListing {
  std::string commit;  // 40 hex digits
  std::vector<HubFile> files;
};

// The reply of /api/models/{id}/revision/{revision}?blobs=true, cut down to what a student needs. BadReply,
// InvalidArgument when the model has no safetensors.
Result<HubListing> parse_hub_listing(const Json& reply);

}  // namespace retort

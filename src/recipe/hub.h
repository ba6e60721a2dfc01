// A model's name on the Hugging Face hub ("org/name", "org/name@revision") to a folder on this disk: the
// local cache that other programs share (huggingface_hub's layout), else a download into it that goes on
// where it broke off and is compared with the hub's checksums. Only text, tokenizer and safetensors files are
// fetched; nothing pickled.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "http/client.h"

namespace retort {

struct HubName {
  std::string id;                 // "org/name"
  std::string revision = "main";  // branch, tag or commit
};
// None when the text cannot be a hub name: a path, a GGUF file, or not two parts of letters, digits, '-', '_'
// and '.'.
std::optional<HubName> parse_hub_name(std::string_view text);

enum class HubNetwork { Use, Offline };
struct HubOptions {
  Path cache;                                       // the folder that holds models--org--name
  std::string endpoint = "https://huggingface.co";  // without a slash at the end
  std::string token;                                // sent to the endpoint alone; empty: none
  HubNetwork network = HubNetwork::Use;
  int64_t part_bytes = int64_t{32} << 20;  // asked for at once; what is lost when a connection breaks
  int attempts = 5;                        // of a request that fails for the moment
  int64_t retry_wait_ms = 1'000;           // before the second; twice as long before each other
};
// From HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or HOME; HF_ENDPOINT; HF_TOKEN or the token file in HF_HOME;
// HF_HUB_OFFLINE.
HubOptions hub_options_from_environment();

// The snapshot in the cache, when it holds a whole model.
std::optional<Path> find_in_hub_cache(const HubName& name, const HubOptions& options);
// The snapshot, downloaded when the cache does not have it. NotFound, Unauthorized, Unreachable, BadReply,
// Malformed (a checksum that differs: the file is removed), Locked (another process downloads it), DiskFull,
// InvalidArgument (a model without safetensors). `say` is told what is fetched.
Result<Path> open_hub_model(const HubName& name, const HubOptions& options, HttpTransport& transport,
                            Clock& clock, const std::function<void(const std::string&)>& say = {});

// student.base as a folder: a folder that exists stays as it is, a hub name is opened, anything else stays
// too (and is NotFound later).
Result<Path> resolve_model(const Path& base, const std::function<void(const std::string&)>& say = {});

}  // namespace retort

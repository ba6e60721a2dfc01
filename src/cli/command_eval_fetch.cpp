// `retort eval fetch SUITE`: the official files of a suite into the data folder, with their checksums. What
// broke off goes on where it was.
#include <cstdio>

#include "base/digest.h"
#include "cli/command.h"
#include "eval/fetch_list.h"
#include "eval/suite.h"
#include "http/download.h"

namespace retort {
namespace {

// Checksums of files for which none is published: those of the first download, kept beside the files.
Json load_known(const Path& file) {
  Result<Json> known = read_json_file(file.string());
  return known && known->is_object() ? *std::move(known) : Json::object();
}

std::string sha256_of(const Path& file) {
  Digest digest(DigestKind::Sha256);
  digest.add(or_throw(read_file(file)));
  return digest.hex();
}

// The same path at another host, for a mirror.
std::string address_of(const OfficialFile& file, const std::string& mirror) {
  return mirror.empty() ? std::string(file.url) : mirror + "/" + std::string(file.file);
}

void fetch_file(const OfficialFile& file, const std::string& mirror, const Path& folder,
                Downloader& downloader) {
  const Path to = folder / std::string(file.file), known_file = folder / "checksums.json";
  or_throw(make_folders(to.parent_path()));
  Json known = load_known(known_file);
  RemoteFile remote{
      .url = address_of(file, mirror), .name = std::string(file.file), .digest = std::string(file.sha256)};
  if (file.bytes > 0) remote.bytes = file.bytes;
  if (const Json* kept = known.find(remote.name); remote.digest.empty() && kept != nullptr)
    remote.digest = kept->string_or("");
  const bool first = remote.digest.empty(), there = std::filesystem::exists(to);
  or_throw(downloader.fetch(remote, to));
  const std::string digest = sha256_of(to);
  if (!remote.digest.empty() && digest != remote.digest)
    throw RunError(ErrorCode::Malformed,
                   format("{} is not the official file (its SHA-256 is {}, not {}); remove it and run "
                          "the same command again",
                          to.string(), digest, remote.digest));
  if (first) or_throw(write_file_atomic(known_file, known.set(remote.name, digest).dump(1) + "\n"));
  std::printf("%s  %s%s  (%s)\n", to.c_str(), there ? "was there" : "fetched",
              first ? ", no checksum is published: this one is kept" : ", checksum right",
              std::string(file.licence).c_str());
}

int fetch(const std::string& suite, const Path& folder, std::string mirror) {
  if (suite != "all") or_throw(find_suite(suite));
  while (mirror.ends_with('/')) mirror.pop_back();
  const auto transport = make_curl_transport(1);
  Downloader downloader(*transport, system_clock(),
                        {.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }});
  int64_t files = 0;
  for (const OfficialFile& file : official_files()) {
    if (suite != "all" && file.suite != suite_with_files(suite)) continue;
    fetch_file(file, mirror, folder, downloader);
    ++files;
  }
  if (files == 0)
    throw RunError(ErrorCode::NotFound,
                   format("{} has no files to fetch: docs/evaluation.md says what it reads", suite));
  return 0;
}

}  // namespace

Command eval_fetch_command() {
  static std::string suite, folder = "eval-data", mirror;
  return {.name = "eval fetch",
          .doc = "Fetch the official files of a suite (or of all), with checksums",
          .flags = {{"suite", "a suite's name, or all", &suite, Flag::Need::Required},
                    {"--data", "into this folder (default: eval-data)", &folder},
                    {"--mirror", "an address that holds the same files by their names there", &mirror}},
          .run = [] { return fetch(suite, folder, mirror); }};
}

}  // namespace retort

// Files from a server to this disk, part by part: what is there of a file's .incomplete is not asked for
// again, and the whole is compared with its checksum before it appears under its name. Redirects are followed
// by hand, to addresses that we may talk to; a token goes to the host it belongs to and no other.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "http/client.h"

namespace retort {

struct RemoteFile {
  std::string url;
  std::string name;              // for messages
  std::optional<int64_t> bytes;  // where it is known; else the server says
  std::string
      digest;  // 64 hex digits: SHA-256; 40: git's SHA-1 of "blob SIZE\0" and the bytes; empty: unknown
};

struct DownloadOptions {
  int64_t part_bytes = int64_t{32} << 20;  // asked for at once; what is lost when a connection breaks
  int attempts = 5;                        // of a request that fails for the moment
  int64_t retry_wait_ms = 1'000;           // before the second; twice as long before each other
  std::string token, token_origin;         // "Bearer", sent to that scheme://host alone; empty: none
  // What a status that is neither success nor redirect means; empty: by its number.
  std::function<Error(const std::string& url, const HttpReply&)> describe;
  std::function<void(const std::string&)> say;
};

class Downloader {
 public:
  // Both outlive it.
  Downloader(HttpTransport& transport, Clock& clock, DownloadOptions options)
      : transport_(transport), clock_(clock), options_(std::move(options)) {}
  // With retries and redirects. `range` empty: all of it.
  Result<HttpReply> get(const std::string& url, const std::string& range = "");
  // The file under `to`, whose folder exists. Nothing is asked where it is there already. Malformed for
  // another checksum (what was fetched is removed), Locked, Unreachable, BadReply, DiskFull.
  Result<void> fetch(const RemoteFile& file, const Path& to);

 private:
  class Incomplete;
  Result<void> fetch_part(const RemoteFile& file, Incomplete& part, std::optional<int64_t>& bytes);
  Result<HttpReply> get_redirected(std::string url, const std::string& range);
  Result<HttpReply> get_once(const std::string& url, const std::string& range);
  Error describe(const std::string& url, const HttpReply& reply) const;

  HttpTransport& transport_;
  Clock& clock_;
  DownloadOptions options_;
};

// scheme://host:port of an address.
std::string origin_of(const std::string& url);

}  // namespace retort

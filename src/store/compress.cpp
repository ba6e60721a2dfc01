#include "store/compress.h"

#include <zstd.h>

#include <memory>

namespace retort {
namespace {

enum Method : char { kPlain = 0, kZstd = 1 };

// Under this a frame's own header eats the gain.
constexpr size_t kPackBytesMin = 128;
constexpr int kLevel = 1;

// A context costs more to make than a small body to compress, so each thread keeps one.
ZSTD_CCtx* context() {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_CCtx, Free> kept(ZSTD_createCCtx());
  return kept.get();
}

std::string plain(std::string_view body) {
  std::string out(1, kPlain);
  out += body;
  return out;
}

Error damaged(std::string_view why) {
  return {
      ErrorCode::Malformed,
      format(
          "a stored body is damaged ({}); `retort doctor` lists what is, put back a copy of the run folder",
          why)};
}

}  // namespace

std::string pack_body(std::string_view body) {
  RETORT_CHECK(body.size() <= kBodyBytesMax, "a body of {} bytes", body.size());
  if (body.size() < kPackBytesMin) return plain(body);
  std::string out(1 + ZSTD_compressBound(body.size()), '\0');
  out[0] = kZstd;
  size_t size =
      ZSTD_compressCCtx(context(), out.data() + 1, out.size() - 1, body.data(), body.size(), kLevel);
  // Unpacking costs time for ever: an eighth must be gained.
  if (ZSTD_isError(size) || size > body.size() - body.size() / 8) return plain(body);
  out.resize(1 + size);
  return out;
}

Result<std::string> unpack_body(std::string_view packed) {
  if (packed.empty()) return damaged("empty");
  std::string_view rest = packed.substr(1);
  if (packed[0] == kPlain) return std::string(rest);
  if (packed[0] != kZstd) return damaged("unknown packing");
  unsigned long long size = ZSTD_getFrameContentSize(rest.data(), rest.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kBodyBytesMax)
    return damaged("no size");
  // A lying header must not make us allocate a gigabyte: zstd cannot expand by more than this.
  if (size / 50'000 > rest.size()) return damaged("impossible size");
  std::string body(static_cast<size_t>(size), '\0');
  size_t got = ZSTD_decompress(body.data(), body.size(), rest.data(), rest.size());
  if (ZSTD_isError(got) || got != body.size()) return damaged("does not decompress");
  return body;
}

}  // namespace retort

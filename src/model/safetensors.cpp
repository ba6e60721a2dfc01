// safetensors files in and out. Reads with pread into fresh tensors: a file that shrinks meanwhile is a short
// read, where a memory map would kill the process.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "model/folder.h"
#include "model/safetensors_header.h"

namespace retort {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors is little-endian, and so are its tensors");

class InputFile {
 public:
  explicit InputFile(const Path& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  Result<uint64_t> size() const {
    struct stat status {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) return system_error("open", path_, errno);
    if (!S_ISREG(status.st_mode)) return malformed("it is no regular file");
    return static_cast<uint64_t>(status.st_size);
  }
  Result<void> read(void* to, uint64_t bytes, uint64_t at) const {
    char* out = static_cast<char*>(to);
    while (bytes > 0) {
      ssize_t got = ::pread(fd_, out, bytes, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read", path_, errno);
      if (got == 0) return malformed("it ends early");
      out += got;
      at += static_cast<uint64_t>(got);
      bytes -= static_cast<uint64_t>(got);
    }
    return {};
  }
  Error malformed(std::string_view what) const {
    return {ErrorCode::Malformed,
            format("{} is not a sound safetensors file: {}; get it again or save it again", path_.string(),
                   what)};
  }

 private:
  Path path_;
  int fd_;
};

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

Result<NamedTensors> read_all(const Path& path) {
  InputFile file(path);
  uint64_t file_bytes = RETORT_TRY(file.size()), header_bytes = 0;
  if (file_bytes < sizeof header_bytes) return file.malformed("it is shorter than 8 bytes");
  if (auto got = file.read(&header_bytes, sizeof header_bytes, 0); !got) return got.error();
  uint64_t left = file_bytes - sizeof header_bytes;
  if (header_bytes > left || header_bytes > kSafetensorsHeaderMax)
    return file.malformed(format("its header claims {} bytes of {}, at most {} are taken", header_bytes, left,
                                 kSafetensorsHeaderMax));
  std::string header(header_bytes, '\0');
  if (auto got = file.read(header.data(), header_bytes, sizeof header_bytes); !got) return got.error();
  Result<std::vector<TensorEntry>> entries = parse_safetensors_header(header, left - header_bytes);
  if (!entries) return Error{entries.error().code, format("{}: {}", path.string(), entries.error().message)};
  NamedTensors tensors;
  for (const TensorEntry& entry : *entries) {
    torch::Tensor tensor = torch::empty(entry.shape, entry.dtype);
    uint64_t at = sizeof header_bytes + header_bytes + entry.begin;
    if (auto got = file.read(tensor.data_ptr(), entry.end - entry.begin, at); !got) return got.error();
    tensors.emplace_back(entry.name, std::move(tensor));
  }
  return tensors;
}

}  // namespace

Result<NamedTensors> read_safetensors(const Path& path) {
  try {
    return read_all(path);
  } catch (const std::exception&) {  // the allocator's: everything else in there gives a Result
    return Error{ErrorCode::OutOfMemory,
                 format("cannot hold the tensors of {} in memory; use a smaller model or a larger machine",
                        path.string())};
  }
}

Result<void> write_safetensors(const Path& path, const NamedTensors& tensors, const Json& metadata) {
  std::vector<TensorEntry> entries;
  std::vector<torch::Tensor> held;  // what the parts below point into
  uint64_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    held.push_back(tensor.detach().to(torch::kCPU).contiguous());
    uint64_t begin = end;
    end += held.back().nbytes();
    entries.push_back({name, tensor.scalar_type(), tensor.sizes().vec(), begin, end});
  }
  std::string header = make_safetensors_header(entries, metadata);
  uint64_t header_bytes = header.size();
  std::vector<std::string_view> parts = {{reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes},
                                         header};
  for (const torch::Tensor& tensor : held)
    parts.emplace_back(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  return write_file_atomic(path, parts);
}

}  // namespace retort

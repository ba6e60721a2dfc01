#include "gguf/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "gguf/blocks.h"

namespace retort {

struct GgufFile::Descriptor {
  explicit Descriptor(const Path& from) : path(from), fd(::open(from.c_str(), O_RDONLY | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }

  Result<uint64_t> bytes() const {
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) return system_error("open", path, errno);
    if (!S_ISREG(status.st_mode))
      return Error{ErrorCode::Malformed, "it is no regular file; name a GGUF file"};
    return static_cast<uint64_t>(status.st_size);
  }
  // pread, not a mapping: a file that is cut while it is read ends in an error, not in a signal.
  Result<void> read(uint64_t at, std::span<char> to) const {
    while (!to.empty()) {
      ssize_t got = ::pread(fd, to.data(), to.size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read", path, errno);
      if (got == 0) return Error{ErrorCode::Malformed, "it ends early; get it again"};
      at += static_cast<uint64_t>(got);
      to = to.subspan(static_cast<size_t>(got));
    }
    return {};
  }

  Path path;
  int fd;
};

Result<GgufFile> GgufFile::open(const Path& path) {
  GgufFile file;
  file.path_ = path;
  auto descriptor = std::make_shared<Descriptor>(path);
  Result<uint64_t> bytes = descriptor->bytes();
  if (!bytes) return file.blame(bytes.error());
  auto read = [&](uint64_t at, std::span<char> to) { return descriptor->read(at, to); };
  Result<GgufHeader> header = parse_gguf_header(read, *bytes);
  if (!header) return file.blame(header.error());
  file.header_ = *std::move(header);
  file.descriptor_ = std::move(descriptor);
  return file;
}

const GgufTensorInfo* GgufFile::find(std::string_view tensor) const {
  for (const GgufTensorInfo& info : tensors())
    if (info.name == tensor) return &info;
  return nullptr;
}

Result<void> GgufFile::read_rows(const GgufTensorInfo& tensor, uint64_t from, std::span<float> values) const {
  uint64_t count = values.size() / tensor.row_elements(), bytes = count * tensor.row_bytes();
  RETORT_CHECK(count * tensor.row_elements() == values.size() && from + count <= tensor.rows(),
               "rows {} to {} of {}", from, from + count, tensor.rows());
  std::vector<char> blocks(bytes);
  if (auto got = descriptor_->read(tensor.begin + from * tensor.row_bytes(), blocks); !got)
    return blame(got.error());
  dequantise_row(tensor.type, {reinterpret_cast<const uint8_t*>(blocks.data()), blocks.size()}, values);
  return {};
}

Error GgufFile::blame(const Error& error) const {
  if (error.message.find(path_.string()) != std::string::npos) return error;
  return {error.code, format("{}: {}", path_.string(), error.message)};
}

}  // namespace retort

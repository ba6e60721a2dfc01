// safetensors files in and out. Reading is by pread into fresh tensors, where a file that shrinks meanwhile
// is a short read; or by a memory map, whose pages are asked for through madvise first, so that a file that
// shrinks while it is opened is an error too and no SIGBUS.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

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
  int descriptor() const { return fd_; }
  const Path& path() const { return path_; }
  Error malformed(std::string_view what) const {
    return {ErrorCode::Malformed,
            format("{} is not a sound safetensors file: {}; get it again or save it again", path_.string(),
                   what)};
  }

 private:
  Path path_;
  int fd_;
};

// Where everything lies, proven to be inside the file.
struct Contents {
  std::vector<TensorEntry> entries;
  uint64_t data_begin = 0, file_bytes = 0;
};

Result<Contents> read_contents(const InputFile& file) {
  Contents contents;
  uint64_t header_bytes = 0;
  contents.file_bytes = RETORT_TRY(file.size());
  if (contents.file_bytes < sizeof header_bytes) return file.malformed("it is shorter than 8 bytes");
  RETORT_TRY(file.read(&header_bytes, sizeof header_bytes, 0));
  uint64_t left = contents.file_bytes - sizeof header_bytes;
  if (header_bytes > left || header_bytes > kSafetensorsHeaderMax)
    return file.malformed(format("its header claims {} bytes of {}, at most {} are taken", header_bytes, left,
                                 kSafetensorsHeaderMax));
  std::string header(header_bytes, '\0');
  RETORT_TRY(file.read(header.data(), header_bytes, sizeof header_bytes));
  auto entries = parse_safetensors_header(header, left - header_bytes);
  if (!entries)
    return Error{entries.error().code, format("{}: {}", file.path().string(), entries.error().message)};
  contents.entries = std::move(entries).value();
  contents.data_begin = sizeof header_bytes + header_bytes;
  return contents;
}

Result<torch::Tensor> read_tensor(const InputFile& file, const Contents& contents, const TensorEntry& entry) {
  torch::Tensor tensor = torch::empty(entry.shape, entry.dtype);
  RETORT_TRY(file.read(tensor.data_ptr(), entry.end - entry.begin, contents.data_begin + entry.begin));
  return tensor;
}

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

// A file's bytes as private pages.
class Mapping {
 public:
  static Result<std::shared_ptr<Mapping>> make(const InputFile& file, uint64_t bytes) {
    // Not reserved: pages are copied when they are written to, and most never are.
    void* at =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.descriptor(), 0);
    if (at == MAP_FAILED) return system_error("map", file.path(), errno);
    auto mapping = std::shared_ptr<Mapping>(new Mapping(static_cast<char*>(at), bytes));
    // Pages behind the end of a file that shrank meanwhile: an error here, a SIGBUS at first use. Older
    // kernels do not know the request.
    if (::madvise(at, bytes, MADV_POPULATE_READ) != 0 && errno == EFAULT)
      return file.malformed("it ends early");
    if (RETORT_TRY(file.size()) != bytes) return file.malformed("its length changes while it is read");
    return mapping;
  }
  ~Mapping() { ::munmap(data_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  char* data() const { return data_; }

 private:
  Mapping(char* data, uint64_t bytes) : data_(data), bytes_(bytes) {}
  char* data_;
  uint64_t bytes_;
};

Result<torch::Tensor> map_tensor(const InputFile& file, const Contents& contents, const TensorEntry& entry,
                                 const std::shared_ptr<Mapping>& mapping) {
  uint64_t at = contents.data_begin + entry.begin;
  // A foreign writer may not have aligned its data; no tensor may begin between two numbers.
  if (entry.begin == entry.end || at % c10::elementSize(entry.dtype) != 0)
    return read_tensor(file, contents, entry);
  return torch::from_blob(
      mapping->data() + at, entry.shape, [mapping](void*) {}, entry.dtype);
}

Result<NamedTensorList> read_all(const Path& path) {
  InputFile file(path);
  Contents contents = RETORT_TRY(read_contents(file));
  NamedTensorList tensors;
  for (const TensorEntry& entry : contents.entries)
    tensors.emplace_back(entry.name, RETORT_TRY(read_tensor(file, contents, entry)));
  return tensors;
}

Result<NamedTensorList> map_all(const Path& path) {
  InputFile file(path);
  Contents contents = RETORT_TRY(read_contents(file));
  std::shared_ptr<Mapping> mapping = RETORT_TRY(Mapping::make(file, contents.file_bytes));
  NamedTensorList tensors;
  for (const TensorEntry& entry : contents.entries)
    tensors.emplace_back(entry.name, RETORT_TRY(map_tensor(file, contents, entry, mapping)));
  return tensors;
}

// The allocator's exceptions: everything else in there gives a Result.
template <class Read>
Result<NamedTensorList> within_memory(const Path& path, const Read& read) {
  try {
    return read(path);
  } catch (const std::exception&) {
    return Error{ErrorCode::OutOfMemory,
                 format("cannot hold the tensors of {} in memory; use a smaller model or a larger machine",
                        path.string())};
  }
}

}  // namespace

Result<NamedTensorList> read_safetensors(const Path& path) { return within_memory(path, read_all); }
Result<NamedTensorList> map_safetensors(const Path& path) { return within_memory(path, map_all); }

Result<void> write_safetensors(const Path& path, const NamedTensorList& tensors, const Json& metadata) {
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

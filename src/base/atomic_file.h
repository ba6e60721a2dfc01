// A file that is written piece by piece and appears under its name all at once: temporary file, sync, rename,
// sync of the folder. For what is too large to hold whole; else see write_file_atomic.
#pragma once

#include "base/file.h"

namespace retort {

class AtomicFile {
 public:
  // Creates missing parent folders; a link stays, what it leads to is replaced. DiskFull, Unreadable, or
  // InvalidArgument for a device or a pipe.
  static Result<AtomicFile> create(const Path& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();  // without commit(): as if nothing had been written
  Result<void> write(std::string_view bytes);
  uint64_t bytes() const { return bytes_; }  // written so far
  Result<void> commit();

 private:
  AtomicFile(const Path& path, const Path& temporary, int fd);
  Path path_, temporary_;
  int fd_ = -1;
  uint64_t bytes_ = 0;
};

}  // namespace retort

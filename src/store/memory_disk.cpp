#include "store/memory_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <new>
#include <vector>

#include "base/check.h"

namespace retort {
namespace {

constexpr size_t kSector = 512;
constexpr const char* kName = "retort-memory";

// A change that was not synced: bytes at a place, or a new length.
struct Change {
  size_t at = 0;
  std::string bytes;
  bool truncates = false;
};

struct Node {
  std::string bytes;    // as a process sees it
  std::string durable;  // as the platter has it
  std::vector<Change> pending;
  bool is_named = false;  // its name is on the platter too
  std::vector<std::unique_ptr<char[]>> shared;
};

void put(std::string& bytes, size_t at, std::string_view text) {
  if (bytes.size() < at + text.size()) bytes.resize(at + text.size());
  std::memcpy(bytes.data() + at, text.data(), text.size());
}

void redo(std::string& bytes, const Change& change) {
  if (change.truncates)
    bytes.resize(change.at);
  else
    put(bytes, change.at, change.bytes);
}

// Sector by sector, each may have reached the platter or not.
void redo_torn(std::string& bytes, const Change& change, Random& random) {
  if (change.truncates) return;
  for (size_t done = 0; done < change.bytes.size();) {
    const size_t count = std::min(kSector - (change.at + done) % kSector, change.bytes.size() - done);
    if (random.chance(0.5)) put(bytes, change.at + done, std::string_view(change.bytes).substr(done, count));
    done += count;
  }
}

}  // namespace

struct MemoryDisk::State {
  State(MemoryDisk& disk, Clock& c, Random r) : owner(disk), clock(c), random(std::move(r)) {}

  int step(DiskStep what) {
    if (dead) return SQLITE_IOERR;
    switch (owner.on_step ? owner.on_step(what) : DiskFault::None) {
      case DiskFault::None:
        return dead ? SQLITE_IOERR : SQLITE_OK;
      case DiskFault::IoError:
        return what == DiskStep::Sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
      case DiskFault::Full:
        return SQLITE_FULL;
      case DiskFault::Die:
        dead = true;
        return SQLITE_IOERR;
    }
    return SQLITE_IOERR;
  }

  MemoryDisk& owner;
  Clock& clock;
  Random random;
  std::map<std::string, Node, std::less<>> files;
  std::list<Node> nameless;
  bool dead = false;
  sqlite3_vfs vfs{};
  sqlite3_vfs* before = nullptr;
};

namespace {

using State = MemoryDisk::State;

struct File {
  sqlite3_file base;
  State* disk;
  Node* node;
};

File& as_file(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
State& as_state(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

// No exception may pass through SQLite.
template <class Body>
int guarded(const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
}

int on_close(sqlite3_file*) { return SQLITE_OK; }

int on_read(sqlite3_file* f, void* out, int count, sqlite3_int64 at) {
  const File& file = as_file(f);
  if (file.disk->dead) return SQLITE_IOERR_READ;
  const std::string& bytes = file.node->bytes;
  const auto from = std::min(static_cast<size_t>(at), bytes.size());
  const size_t got = std::min(static_cast<size_t>(count), bytes.size() - from);
  std::memcpy(out, bytes.data() + from, got);
  std::memset(static_cast<char*>(out) + got, 0, static_cast<size_t>(count) - got);
  return got == static_cast<size_t>(count) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int change(File& file, DiskStep what, Change made) {
  if (int code = file.disk->step(what); code != SQLITE_OK) return code;
  redo(file.node->bytes, made);
  file.node->pending.push_back(std::move(made));
  return SQLITE_OK;
}

int on_write(sqlite3_file* f, const void* data, int count, sqlite3_int64 at) {
  return guarded([&]() -> int {
    return change(as_file(f), DiskStep::Write,
                  {static_cast<size_t>(at),
                   std::string(static_cast<const char*>(data), static_cast<size_t>(count)), false});
  });
}

int on_truncate(sqlite3_file* f, sqlite3_int64 size) {
  return guarded([&]() -> int {
    return change(as_file(f), DiskStep::Truncate, {static_cast<size_t>(size), "", true});
  });
}

int on_sync(sqlite3_file* f, int) {
  return guarded([&]() -> int {
    File& file = as_file(f);
    // After a sync that failed the system may call the pages clean: another sync would not write them either.
    // Here they stay unsynced, and the store must not go on as if they were.
    if (int code = file.disk->step(DiskStep::Sync); code != SQLITE_OK) return code;
    for (const Change& made : file.node->pending) redo(file.node->durable, made);
    file.node->pending.clear();
    for (auto& [name, node] : file.disk->files) node.is_named = true;  // one folder, synced with the file
    return SQLITE_OK;
  });
}

int on_file_size(sqlite3_file* f, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(as_file(f).node->bytes.size());
  return SQLITE_OK;
}

int on_lock(sqlite3_file*, int) { return SQLITE_OK; }
int on_reserved(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int on_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int on_sector(sqlite3_file*) { return 4096; }
int on_traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int on_shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  return guarded([&]() -> int {
    auto& shared = as_file(f).node->shared;
    *out = nullptr;
    while (shared.size() <= static_cast<size_t>(region)) {
      if (extend == 0) return SQLITE_OK;
      shared.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    }
    *out = shared[static_cast<size_t>(region)].get();
    return SQLITE_OK;
  });
}
int on_shm_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void on_shm_barrier(sqlite3_file*) {}
int on_shm_unmap(sqlite3_file* f, int remove) {
  if (remove != 0) as_file(f).node->shared.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_lock,
    .xCheckReservedLock = on_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_traits,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int on_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  return guarded([&]() -> int {
    State& disk = as_state(vfs);
    f->pMethods = nullptr;
    if (disk.dead) return SQLITE_CANTOPEN;
    if (name == nullptr) {  // a temporary file, which nobody finds again
      as_file(f) = {.base = {&kMethods}, .disk = &disk, .node = &disk.nameless.emplace_back()};
      return SQLITE_OK;
    }
    const bool exists = disk.files.contains(std::string_view(name));
    if (!exists && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    // An empty file of that name, so that who asks the machine whether it is there is told right.
    if (!exists) ::close(::open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    as_file(f) = {.base = {&kMethods}, .disk = &disk, .node = &disk.files[name]};
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  });
}

int on_delete(sqlite3_vfs* vfs, const char* name, int) {
  return guarded([&]() -> int {
    State& disk = as_state(vfs);
    if (int code = disk.step(DiskStep::Remove); code != SQLITE_OK) return code;
    disk.files.erase(name);
    ::unlink(name);
    return SQLITE_OK;
  });
}

int on_access(sqlite3_vfs* vfs, const char* name, int, int* out) {
  auto& files = as_state(vfs).files;
  const auto found = files.find(std::string_view(name));
  *out = found != files.end() && !found->second.bytes.empty() ? 1 : 0;
  return SQLITE_OK;
}

int on_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int on_randomness(sqlite3_vfs* vfs, int count, char* out) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<char>(as_state(vfs).random.next());
  return count;
}
int on_sleep(sqlite3_vfs* vfs, int microseconds) {
  as_state(vfs).clock.sleep_ms(microseconds / 1'000);
  return microseconds;
}
constexpr sqlite3_int64 kJulian1970_ms = 210'866'760'000'000;
int on_time64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  *out = kJulian1970_ms + as_state(vfs).clock.wall_ms();
  return SQLITE_OK;
}
int on_time(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 ms = 0;
  on_time64(vfs, &ms);
  *out = static_cast<double>(ms) / 86'400'000.0;
  return SQLITE_OK;
}
int on_last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

MemoryDisk::MemoryDisk(Clock& clock, Random random)
    : state_(std::make_unique<State>(*this, clock, std::move(random))) {
  sqlite3_initialize();
  state_->before = sqlite3_vfs_find(nullptr);
  sqlite3_vfs& vfs = state_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(File);
  vfs.mxPathname = 1'024;
  vfs.zName = kName;
  vfs.pAppData = state_.get();
  vfs.xOpen = on_open;
  vfs.xDelete = on_delete;
  vfs.xAccess = on_access;
  vfs.xFullPathname = on_full_path;
  vfs.xRandomness = on_randomness;
  vfs.xSleep = on_sleep;
  vfs.xCurrentTime = on_time;
  vfs.xCurrentTimeInt64 = on_time64;
  vfs.xGetLastError = on_last_error;
  const int code = sqlite3_vfs_register(&vfs, 1);
  RETORT_CHECK(code == SQLITE_OK, "SQLite takes no other disk: {}", code);
  sqlite3_randomness(0, nullptr);  // its numbers begin anew, from ours
}

MemoryDisk::~MemoryDisk() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->before, 1);
  sqlite3_randomness(0, nullptr);
}

void MemoryDisk::die() { state_->dead = true; }
bool MemoryDisk::is_dead() const { return state_->dead; }

void MemoryDisk::restart() {
  state_->dead = false;
  for (auto& [name, node] : state_->files) node.shared.clear();
}

void MemoryDisk::lose_power(Random& random) {
  for (auto it = state_->files.begin(); it != state_->files.end();) {
    Node& node = it->second;
    if (!node.is_named && random.chance(0.5)) {
      ::unlink(it->first.c_str());
      it = state_->files.erase(it);
      continue;
    }
    for (const Change& made : node.pending) {
      const uint64_t fate = random.below(3);
      if (fate == 0) redo(node.durable, made);
      if (fate == 1) redo_torn(node.durable, made, random);
    }
    node.pending.clear();
    node.bytes = node.durable;
    node.is_named = true;
    ++it;
  }
}

std::string MemoryDisk::all_bytes() const {
  std::string all;
  for (const auto& [name, node] : state_->files) all += node.bytes;
  return all;
}

}  // namespace retort

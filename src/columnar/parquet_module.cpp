// libretort_parquet.so: Parquet files as the JSON texts of their rows, and back, on Arrow's own library. What
// is thrown behind this file ends in it. One thread.
#include "columnar/arrow.h"
#include "columnar/row_reader.h"
#include "columnar/row_writer.h"

namespace retort {
namespace {

template <class Work, class Wrong>
ParquetStep guarded(const Work& work, const Wrong& wrong) {
  try {
    return work();
  } catch (const Fault& fault) {
    return wrong(fault.message);
  } catch (const std::exception& error) {
    return wrong(error.what());
  } catch (...) {
    return wrong("something unknown was thrown");
  }
}

template <class T>
T* made(std::string_view text) noexcept {
  try {
    return new T(std::string(text));
  } catch (...) {
    return nullptr;
  }
}

ParquetStep next_row(void* handle, ParquetRow* row) {
  auto& reader = *static_cast<RowReader*>(handle);
  return guarded([&] { return reader.next(*row); },
                 [&](std::string text) { return reader.fault(std::move(text), *row); });
}

template <class Work>
ParquetStep written(void* handle, ParquetBytes* bytes, const Work& work) {
  auto& writer = *static_cast<RowWriter*>(handle);
  return guarded(
      [&] {
        work(writer);
        *bytes = writer.ready();
        return ParquetStep::End;
      },
      [&](std::string text) {
        *bytes = writer.fault(std::move(text));
        return ParquetStep::Fault;
      });
}

const ParquetModule kModule = {
    .arrow_version = ARROW_VERSION_STRING,
    .open_reader = [](const char* path) -> void* { return made<RowReader>(path); },
    .next_row = next_row,
    .close_reader = [](void* reader) { delete static_cast<RowReader*>(reader); },
    .open_writer = [](const char* columns, size_t size) -> void* {
      return made<RowWriter>({columns, size});
    },
    .write_row =
        [](void* writer, const char* text, size_t size, ParquetBytes* bytes) {
          return written(writer, bytes, [&](RowWriter& w) { w.write({text, size}); });
        },
    .finish = [](void* writer,
                 ParquetBytes* bytes) { return written(writer, bytes, [](RowWriter& w) { w.finish(); }); },
    .close_writer = [](void* writer) { delete static_cast<RowWriter*>(writer); }};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ParquetModule* retort_parquet_module() {
  return &kModule;
}

}  // namespace retort

#include "data/parquet.h"

#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "base/format.h"
#include "base/utf8.h"
#include "data/parquet_seam.h"

namespace retort {
namespace {

constexpr size_t kFaultWidthMax = 300;

struct Loaded {
  const ParquetModule* module = nullptr;
  std::string fault;  // why there is none
};

// Beside the program, in ../lib/retort of an installed one, or where the system's loader looks.
Loaded load() {
  std::error_code error;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const Path folder = program.parent_path();
  void* handle = nullptr;
  for (const Path& place : {folder / kParquetModuleFile, folder / "../lib/retort" / kParquetModuleFile})
    if (handle == nullptr && std::filesystem::exists(place, error)) {
      handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (handle == nullptr)
        return {.fault = format("{}; install Arrow {}: python3 -m pip install pyarrow=={}",
                                terminal_safe(dlerror(), kFaultWidthMax), RETORT_ARROW_VERSION,
                                RETORT_ARROW_VERSION)};
    }
  if (handle == nullptr) handle = dlopen(kParquetModuleFile, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return {.fault = format("there is no {} beside the program: run scripts/setup, which fetches Arrow, and "
                            "build again",
                            kParquetModuleFile)};
  const auto function = reinterpret_cast<ParquetModuleFunction>(dlsym(handle, kParquetModuleSymbol));
  const ParquetModule* module = function != nullptr ? function() : nullptr;
  if (module == nullptr || module->version != kParquetSeamVersion)
    return {.fault = format("the {} beside the program is another version's; install both from one build",
                            kParquetModuleFile)};
  return {.module = module};
}

// Loaded once, and for good: what Arrow starts has no end of its own.
Result<const ParquetModule*> parquet_module(std::string_view name, std::string_view wish) {
  static const Loaded loaded = load();
  if (loaded.module != nullptr) return loaded.module;
  return Error{ErrorCode::InvalidArgument, format("{} is Parquet, and {}{}", name, loaded.fault, wish)};
}

std::string_view view(const ParquetBytes& bytes) { return {bytes.data, bytes.size}; }

// Arrow's messages have line ends within and behind.
std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return terminal_safe(text, kFaultWidthMax);
}

Error fault_of(const std::string& name, const ParquetRow& row) {
  std::string place = name;
  if (row.knows_row_group != 0) place += format(": row group {}", row.row_group);
  if (row.column.size > 0) place += format(", column {}", terminal_safe(view(row.column), kFaultWidthMax));
  return {ErrorCode::Malformed,
          format("{}: {}; the file is broken, get it anew", place, one_line(std::string(view(row.text))))};
}

Result<Json> parse_row(std::string_view text, size_t row_bytes_max) {
  if (text.size() > row_bytes_max)
    return Error{ErrorCode::Malformed, format("longer than {} bytes", row_bytes_max)};
  if (!valid_utf8(text)) return Error{ErrorCode::Malformed, "not UTF-8"};
  return parse_json(text);
}

Error out_of_memory(std::string_view name) {
  return {ErrorCode::OutOfMemory, format("no memory is left for the Parquet of {}", name)};
}

std::string advice(const Path& path) {
  return format(
      "; or make JSON lines of it: python3 -c \"import pandas; pandas.read_parquet('{}').to_json('{}.jsonl', "
      "orient='records', lines=True)\"",
      path.string(), path.stem().string());
}

}  // namespace

Result<void> read_parquet(const Path& path, const std::function<Result<void>(const SourceRow&)>& visit,
                          size_t row_bytes_max) {
  if (!std::ifstream(path, std::ios::binary)) return system_error("open", path, errno != 0 ? errno : EIO);
  const ParquetModule* module = RETORT_TRY(parquet_module(path.string(), advice(path)));
  const std::unique_ptr<void, void (*)(void*)> reader(module->open_reader(path.c_str()),
                                                      module->close_reader);
  if (!reader) return out_of_memory(path.string());
  for (ParquetRow row;;) {
    switch (module->next_row(reader.get(), &row)) {
      case ParquetStep::Row:
        RETORT_TRY(visit({.file = path,
                          .line = static_cast<size_t>(row.row),
                          .json = parse_row(view(row.text), row_bytes_max),
                          .row_group = row.row_group}));
        break;
      case ParquetStep::End:
        return {};
      case ParquetStep::Fault:
        return fault_of(path.string(), row);
    }
  }
}

Result<ParquetWriter> ParquetWriter::create(const Json& columns, std::string name) {
  const ParquetModule* module = RETORT_TRY(parquet_module(name, "; or call it .jsonl, .json or .csv"));
  const std::string text = columns.dump();
  void* handle = module->open_writer(text.data(), text.size());
  if (handle == nullptr) return out_of_memory(name);
  return ParquetWriter(std::move(name), handle);
}

ParquetWriter::~ParquetWriter() {
  if (handle_ != nullptr) or_throw(parquet_module(name_, ""))->close_writer(handle_);
}

Result<std::string_view> ParquetWriter::write(const Json& row) {
  const ParquetModule* module = RETORT_TRY(parquet_module(name_, ""));
  const std::string text = row.dump();
  ParquetBytes bytes;
  const ParquetStep step = module->write_row(handle_, text.data(), text.size(), &bytes);
  if (step == ParquetStep::Fault)
    return Error{ErrorCode::InvalidArgument, format("cannot write {}: {}", name_, view(bytes))};
  return view(bytes);
}

Result<std::string_view> ParquetWriter::finish() {
  const ParquetModule* module = RETORT_TRY(parquet_module(name_, ""));
  ParquetBytes bytes;
  if (module->finish(handle_, &bytes) == ParquetStep::Fault)
    return Error{ErrorCode::InvalidArgument, format("cannot write {}: {}", name_, view(bytes))};
  return view(bytes);
}

}  // namespace retort

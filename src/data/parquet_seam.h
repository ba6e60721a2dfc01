// What the program and libretort_parquet.so say to each other: plain structs and functions, no exception and
// no C++ type of either side crosses. Rows pass as the text of one JSON object each. The program asks, the
// module answers; it never calls back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace retort {

// Raised with every change of what stands below: another module is not called.
constexpr int kParquetSeamVersion = 1;
constexpr const char* kParquetModuleFile = "libretort_parquet.so";
constexpr const char* kParquetModuleSymbol = "retort_parquet_module";

struct ParquetBytes {
  const char* data = nullptr;
  size_t size = 0;
};

enum class ParquetStep : int { Row, End, Fault };

// What a step gave; its bytes stay until the next call with the same handle.
struct ParquetRow {
  ParquetBytes text;        // Row: a JSON object, as yet unchecked UTF-8; Fault: what is wrong
  ParquetBytes column;      // Fault: the column's path ("messages.list.element.role"); empty: not known
  int64_t row_group = 0;    // from 0; of a Fault only where knows_row_group
  int64_t row = 0;          // from 1, through the whole file
  int knows_row_group = 0;  // 0 or 1
};

struct ParquetModule {
  int version = kParquetSeamVersion;
  const char* arrow_version = nullptr;

  // Never null but for want of memory; a file that cannot be read says so at the first step.
  void* (*open_reader)(const char* path) = nullptr;
  ParquetStep (*next_row)(void* reader, ParquetRow* row) = nullptr;
  void (*close_reader)(void* reader) = nullptr;

  // `columns`: a JSON object, in order: {"kind": "text", "messages": ["role", "content"]} (text, or a list of
  // structs of two texts). A member that a row lacks is null.
  void* (*open_writer)(const char* columns, size_t size) = nullptr;
  // Bytes of the file that are ready, in order (often none); Fault: what is wrong, and the file is none.
  ParquetStep (*write_row)(void* writer, const char* text, size_t size, ParquetBytes* bytes) = nullptr;
  ParquetStep (*finish)(void* writer, ParquetBytes* bytes) = nullptr;
  void (*close_writer)(void* writer) = nullptr;
};

using ParquetModuleFunction = const ParquetModule* (*)();

}  // namespace retort

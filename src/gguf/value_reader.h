// Reads the values of a GGUF file's metadata, of all types, arrays in arrays to some depth. What they take in
// memory is bounded for all of them together.
#pragma once

#include "gguf/cursor.h"

namespace retort {

class GgufValueReader {
 public:
  explicit GgufValueReader(GgufCursor& cursor) : cursor_(cursor) {}
  // The value of that type at the cursor; `what` names it in errors.
  Result<GgufValue> read(uint32_t type, const std::string& what);

 private:
  template <class T>
  Result<GgufValue> scalar(uint32_t type);
  Result<GgufValue> value(uint32_t type, int depth);
  Result<GgufValue> truth(uint32_t type);
  Result<GgufValue> array(int depth);

  GgufCursor& cursor_;
  std::string what_;
  uint64_t items_ = 0;  // of all arrays so far
};

}  // namespace retort

// Blocks in and out, for tests/gguf_parity.py: "dequantise TYPE" turns the blocks on standard input into fp32
// on standard output, "quantise TYPE" the other way.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <vector>

#include "gguf/blocks.h"

using namespace retort;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string verb = argv[1];
  const std::string in{std::istreambuf_iterator<char>(std::cin), {}};
  for (const GgufBlockShape& shape : kGgufBlockShapes) {
    if (shape.name != argv[2]) continue;
    const auto* bytes = reinterpret_cast<const uint8_t*>(in.data());
    if (verb == "dequantise") {
      std::vector<float> values(in.size() / shape.bytes * shape.elements);
      dequantise_row(shape.type, {bytes, in.size()}, values);
      std::fwrite(values.data(), sizeof(float), values.size(), stdout);
    } else {
      const size_t count = in.size() / sizeof(float);
      std::vector<uint8_t> blocks(count / shape.elements * shape.bytes);
      quantise_row(shape.type, {reinterpret_cast<const float*>(in.data()), count}, blocks);
      std::fwrite(blocks.data(), 1, blocks.size(), stdout);
    }
    return 0;
  }
  return 2;
}

#include "gguf/writer.h"

#include "base/check.h"

namespace retort {
namespace {

class HeadText {
 public:
  template <class T>
  void number(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<uint64_t>(value.size()));
    text_ += value;
  }
  void value(const GgufValue& value) {
    number(static_cast<uint32_t>(value.type));
    if (value.type == GgufValueType::Array) return array(value);
    if (const auto* whole = std::get_if<int64_t>(&value.data)) return item(value.type, *whole);
    if (const auto* real = std::get_if<double>(&value.data)) return item(value.type, *real);
    text(std::get<std::string>(value.data));
  }
  void pad() { text_.resize((text_.size() + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment, '\0'); }
  std::string take() { return std::move(text_); }

 private:
  void array(const GgufValue& value) {
    number(static_cast<uint32_t>(value.item_type));
    std::visit(
        [&](const auto& items) {
          if constexpr (requires { items.front(); }) {
            number(static_cast<uint64_t>(items.size()));
            for (const auto& one : items) item(value.item_type, one);
          }
        },
        value.data);
  }
  void item(GgufValueType, const std::string& value) { text(value); }
  void item(GgufValueType, char) {}
  void item(GgufValueType, const GgufValue& value) { array(value); }
  void item(GgufValueType type, double value) {
    type == GgufValueType::Float32 ? number(static_cast<float>(value)) : number(value);
  }
  void item(GgufValueType type, int64_t value) {
    switch (type) {
      case GgufValueType::Uint8:
      case GgufValueType::Int8:
      case GgufValueType::Bool:
        return number(static_cast<uint8_t>(value));
      case GgufValueType::Uint16:
      case GgufValueType::Int16:
        return number(static_cast<uint16_t>(value));
      case GgufValueType::Uint32:
      case GgufValueType::Int32:
        return number(static_cast<uint32_t>(value));
      default:
        return number(value);
    }
  }
  std::string text_;
};

uint64_t tensor_bytes(const GgufTensorPlan& plan) {
  const GgufBlockShape& shape = block_shape(plan.type);
  uint64_t elements = 1;
  for (int64_t size : plan.shape) elements *= static_cast<uint64_t>(size);
  RETORT_CHECK(static_cast<uint64_t>(plan.shape.back()) % shape.elements == 0, "{}: rows of {} as {}",
               plan.name, plan.shape.back(), shape.name);
  return elements / shape.elements * shape.bytes;
}

uint64_t aligned(uint64_t bytes) { return (bytes + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment; }

}  // namespace

std::string make_gguf_head(const GgufMetadata& metadata, const std::vector<GgufTensorPlan>& tensors) {
  HeadText head;
  for (char c : kGgufMagic) head.number(c);
  head.number(kGgufVersion);
  head.number(static_cast<uint64_t>(tensors.size()));
  head.number(static_cast<uint64_t>(metadata.entries().size()));
  for (const auto& [key, value] : metadata.entries()) {
    head.text(key);
    head.value(value);
  }
  uint64_t offset = 0;
  for (const GgufTensorPlan& plan : tensors) {
    head.text(plan.name);
    head.number(static_cast<uint32_t>(plan.shape.size()));
    for (size_t i = plan.shape.size(); i > 0; --i) head.number(static_cast<uint64_t>(plan.shape[i - 1]));
    head.number(static_cast<uint32_t>(plan.type));
    head.number(offset);
    offset += aligned(tensor_bytes(plan));
  }
  head.pad();
  return head.take();
}

Result<GgufWriter> GgufWriter::create(const Path& path, const GgufMetadata& metadata,
                                      std::vector<GgufTensorPlan> tensors) {
  AtomicFile file = RETORT_TRY(AtomicFile::create(path));
  RETORT_TRY(file.write(make_gguf_head(metadata, tensors)));
  std::vector<uint64_t> sizes;
  for (const GgufTensorPlan& plan : tensors) sizes.push_back(tensor_bytes(plan));
  return GgufWriter(std::move(file), std::move(sizes));
}

Result<void> GgufWriter::write_blocks(std::string_view blocks) {
  RETORT_CHECK(next_ < sizes_.size() && written_ + blocks.size() <= sizes_[next_],
               "{} bytes more than tensor {} has", blocks.size(), next_);
  RETORT_TRY(file_.write(blocks));
  written_ += blocks.size();
  if (written_ < sizes_[next_]) return {};
  ++next_;
  written_ = 0;
  uint64_t end = file_.bytes();  // the head is a multiple of the alignment, so this counts for the data too
  return file_.write(std::string(aligned(end) - end, '\0'));
}

Result<void> GgufWriter::finish() {
  RETORT_CHECK(next_ == sizes_.size(), "{} of {} tensors are written", next_, sizes_.size());
  return file_.commit();
}

}  // namespace retort

#include "store/batch_log.h"

#include "store/call_log.h"
#include "store/schema.h"

namespace retort {
namespace {

constexpr size_t kKeyBytes = 32;

const std::string kInsert = insert_sql(kBatches, Repeated::Replaces);
const std::string kSelectOpen = select_sql(kBatches, "WHERE state <> 2 AND endpoint = ? ORDER BY id");

BatchRecord read_batch(const Query& row) {
  BatchRecord batch{.mark = row.text(2),
                    .endpoint = row.text(3),
                    .state = static_cast<BatchState>(row.integer(4)),
                    .remote_id = row.text(5),
                    .intended_ms = row.integer(6)};
  const std::string keys = row.text(7);
  for (size_t at = 0; at + kKeyBytes <= keys.size(); at += kKeyBytes)
    batch.keys.push_back(key_hex(std::string_view(keys).substr(at, kKeyBytes)));
  return batch;
}

}  // namespace

void BatchLog::save(const BatchRecord& batch) {
  int64_t id = database_.integer("SELECT id FROM batches WHERE mark = ?", batch.mark);
  if (id == 0) id = database_.integer("SELECT max(id) FROM batches") + 1;
  std::string keys;
  for (const std::string& key : batch.keys) keys += key_bytes(key);
  database_.run(kInsert, id, batch.mark, batch.endpoint, static_cast<int>(batch.state), batch.remote_id,
                batch.intended_ms, Blob{keys});
}

std::vector<BatchRecord> BatchLog::open(std::string_view endpoint) {
  std::vector<BatchRecord> batches;
  Query row = database_.query(kSelectOpen, endpoint);
  while (next_intact(row, kBatches)) batches.push_back(read_batch(row));
  return batches;
}

}  // namespace retort

// The text of a response while its tokens come: without what its template puts around it, up to the first
// stop, and never a byte that a later token could take back. The pieces together are what answering in one go
// gives.
//   stop "END", tokens "a", " E", "N", "D": pieces "a", " ", "", and the stream has stopped
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/stream_decoder.h"

namespace retort {

class ResponseStream {
 public:
  // What stands before and after a response by its template (ChatTemplate), empty: nothing; texts that end
  // it, of which empty ones are passed over. `tokenizer` must outlive it.
  ResponseStream(const Tokenizer& tokenizer, std::string_view opening, std::string_view closing,
                 std::vector<std::string> stops);

  // True when the text holds a stop now: no more tokens are wanted.
  bool add(int32_t token);
  // The text that became certain since it was last asked.
  std::string take();
  // The last token has come: the rest.
  std::string finish();

  // Bytes of all text that came, of which so many are certain: to tell which tokens are. A stop and what
  // follows it are cut off both.
  size_t size() const { return text_.size(); }
  size_t certain() const { return certain_; }
  bool stopped() const { return stopped_; }

 private:
  bool cut_at_stop(size_t from);
  std::string take_up_to(size_t end);
  size_t held_back() const;

  StreamDecoder decoder_;
  std::string opening_, closing_;
  std::vector<std::string> stops_;
  size_t longest_stop_ = 0;
  std::string text_;
  size_t certain_ = 0;
  bool opened_ = false, stopped_ = false;
};

}  // namespace retort

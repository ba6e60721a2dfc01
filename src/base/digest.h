// A digest of bytes that come piece by piece: of files too large to hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace retort {

// Sha1 only to compare with what others name by it (git's blobs): it proves nothing against an adversary.
enum class DigestKind { Sha256, Sha1 };

class Digest {
 public:
  explicit Digest(DigestKind kind);
  ~Digest();
  void add(std::string_view bytes);
  // Lower-case hex: 64 or 40 digits. Ends the digest.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace retort

#include "base/hash.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/digest.h"

namespace retort {

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(DigestKind kind) : state_(std::make_unique<State>()) {
  const EVP_MD* method = kind == DigestKind::Sha256 ? EVP_sha256() : EVP_sha1();
  RETORT_CHECK(state_->context != nullptr && EVP_DigestInit_ex(state_->context, method, nullptr) == 1);
}

Digest::~Digest() = default;

void Digest::add(std::string_view bytes) {
  RETORT_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Digest::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RETORT_CHECK(EVP_DigestFinal_ex(state_->context, digest, &size) == 1);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += format("{:02x}", digest[i]);
  return hex;
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest(DigestKind::Sha256);
  digest.add(bytes);
  return digest.hex();
}

}  // namespace retort

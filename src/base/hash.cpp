#include "base/hash.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace retort {

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RETORT_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += format("{:02x}", digest[i]);
  return hex;
}

}  // namespace retort

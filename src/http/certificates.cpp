#include "http/certificates.h"

namespace retort {

std::vector<Path> known_certificate_files() {
  return {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
}

std::optional<Path> certificate_file(const Path& built_in, const Path& named,
                                     const std::vector<Path>& known) {
  std::vector<Path> places = {built_in, named};
  places.insert(places.end(), known.begin(), known.end());
  std::error_code none;
  for (const Path& place : places)
    if (std::filesystem::is_regular_file(place, none)) return place;
  return std::nullopt;
}

}  // namespace retort

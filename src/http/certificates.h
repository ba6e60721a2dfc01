// Where this machine keeps the certificates of the authorities that it trusts. libcurl knows one place, that
// of the system it was built on; a program packed with its libcurl runs on systems that have another.
#pragma once

#include <optional>
#include <vector>

#include "base/file.h"

namespace retort {

// Where Linux distributions keep them in one PEM file: Debian, Arch, Alpine; Fedora and RHEL; openSUSE.
std::vector<Path> known_certificate_files();

// The first that is there: the file that libcurl was `built_in` with (empty: none), the `named` one (what
// SSL_CERT_FILE says; empty: nothing), one of `known`. None: libcurl is left to say what it lacks.
std::optional<Path> certificate_file(const Path& built_in, const Path& named, const std::vector<Path>& known);

}  // namespace retort

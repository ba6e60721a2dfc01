// Strangers' programs. What needs bubblewrap is skipped, with a line, where it is not there.
#include "recipe/sandbox.h"

#include <cstdio>

#include "base/file.h"
#include "base/test.h"

namespace retort {

TEST_CASE("a program that ends well passes; one that fails, loops, or reaches out does not") {
  if (!sandbox_works()) {
    std::printf("SKIP the sandbox: bubblewrap is not installed, or may make no namespaces here\n");
    CHECK(run_python("pass\n", 5));
    return;
  }
  CHECK_FALSE(run_python("print(sum(range(10)))\n", 5));
  CHECK(run_python("raise SystemExit(3)\n", 5) == "exit 3");
  CHECK(run_python("while True: pass\n", 0.5) == "longer than 0.5 s");
  CHECK(run_python("x = 'a' * (3 << 30)\n", 5) == "exit 1");
  CHECK(run_python("import socket; socket.create_connection(('1.1.1.1', 80), 1)\n", 5) == "exit 1");
  TemporaryFolder folder;
  CHECK(run_python("open('" + (folder.path() / "out").string() + "', 'w')\n", 5) == "exit 1");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
}

}  // namespace retort

// The models that a server answers with, by their names: the one that it was started with, and others (a
// run's checkpoints), each opened when it is first asked for. Of those one is kept open: a machine's memory
// is for one student and a look at another.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/serve_engine.h"

namespace retort {

class ModelShelf {
 public:
  struct Others {
    std::function<std::vector<std::string>()> names;  // those that there are by now
    std::function<Result<std::unique_ptr<ServeEngine>>(const std::string& name)> open;
  };
  ModelShelf(std::string name, std::unique_ptr<ServeEngine> main, Others others = {});

  ServeEngine& main() const { return *main_; }
  // Any thread. The main one is first.
  std::vector<std::string> names() const;
  // What to say of a name that is not there.
  Error missing(std::string_view name) const;
  // Any thread; waits while a model is opened. NotFound with the names that there are, or why one could not
  // be opened. Whoever holds an engine may go on with it after another was opened in its place.
  Result<std::shared_ptr<ServeEngine>> find(const std::string& name);

 private:
  std::string name_;
  std::shared_ptr<ServeEngine> main_;
  Others others_;
  std::mutex opening_;  // of what follows
  std::string kept_name_;
  std::shared_ptr<ServeEngine> kept_;
};

}  // namespace retort

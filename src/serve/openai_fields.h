// The members of a request, each read once under its name; the first that is wrong is the error.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "serve/openai_error.h"

namespace retort {

class ApiFields {
 public:
  // `json` must outlive it.
  explicit ApiFields(const Json& json) : json_(json) {}

  // Null counts as absent. Nothing where it is absent or wrong.
  std::optional<double> number(const std::string& name, double least, double most);
  std::optional<int64_t> integer(const std::string& name, int64_t least, int64_t most);
  bool flag(const std::string& name);  // false where absent
  std::string required_text(const std::string& name);
  // A text or an array of at most `most` of them.
  std::vector<std::string> texts(const std::string& name, size_t most);
  // The member whatever it is, or null.
  const Json* any(const std::string& name);
  // Passed over: it changes nothing of what this server does.
  void ignore(const std::string& name) { known_.insert(name); }
  // An error when it is there and asks for anything: not null, false, 0, nor empty.
  void refuse(const std::string& name, const std::string& why);

  void fail(ApiError error);
  void wrong_type(const std::string& name, const std::string& wanted);
  // An error when there is a member that nobody read.
  void refuse_others();
  const std::optional<ApiError>& error() const { return error_; }

 private:
  const Json& json_;
  std::set<std::string> known_;
  std::optional<ApiError> error_;
};

}  // namespace retort

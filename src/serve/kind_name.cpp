#include "serve/kind_name.h"

#include <algorithm>

#include "practice/world.h"

namespace retort {

KindName split_kind(std::string_view kind) {
  size_t slash = kind.rfind('/');
  if (slash == std::string_view::npos) return {std::string(kind), ""};
  return {std::string(kind.substr(0, slash)), std::string(kind.substr(slash + 1))};
}

std::string domain_of(std::string_view skill) {
  for (const practice::Skill& known : practice::skills())
    if (known.name == skill) return known.domain;
  return "";
}

std::vector<std::string> domains_in_order(const std::map<std::string, int64_t>& present) {
  std::vector<std::string> domains;
  auto add = [&](const std::string& domain) {
    if (present.contains(domain) && std::find(domains.begin(), domains.end(), domain) == domains.end())
      domains.push_back(domain);
  };
  for (const practice::Skill& skill : practice::skills()) add(skill.domain);
  for (const auto& [domain, count] : present) add(domain);
  return domains;
}

}  // namespace retort

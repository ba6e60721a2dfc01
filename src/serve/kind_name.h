// Kinds of instructions as people read them: "sort/2" is level 2 of "sort", a skill of the domain "lists".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

struct KindName {
  std::string skill;
  std::string level;  // empty for kinds without one
};
KindName split_kind(std::string_view kind);
// The practice world's domain of a skill; empty for the user's own kinds.
std::string domain_of(std::string_view skill);
// Domains in the order in which people meet them; then those that are no practice domain, by name.
std::vector<std::string> domains_in_order(const std::map<std::string, int64_t>& present);

}  // namespace retort

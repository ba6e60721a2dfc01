// Marks that fence a text in a prompt: made from a name, so that a run that goes on finds its calls again,
// and in none of the texts that they fence, so that no text can close its own block.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace retort {

// 16 hex digits.
std::string fence_mark(std::string_view name, std::span<const std::string_view> fenced);

}  // namespace retort

// A template as a tree: statements that hold statements and expressions. What of Jinja no chat template needs
// (inheritance, includes, imports) is an error that names it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/jinja_value.h"

namespace retort::jinja {

struct Node;
using NodePtr = std::unique_ptr<Node>;
using Nodes = std::vector<NodePtr>;

// What stands where is said beside each kind; `name` is the identifier or operator that belongs to it.
struct Node {
  enum class Kind {
    // Statements.
    Data,         // literal
    Output,       // parts[0]
    If,           // parts: condition; body; other: what {% else %} or {% elif %} holds
    For,          // names; parts: what is walked over, the condition (or null); body; other: when nothing was
    Set,          // names; parts: the value
    SetMember,    // name.names[0]; parts: the value
    SetBlock,     // names[0]; body
    Macro,        // name; names: parameters; named: their defaults; body
    FilterBlock,  // parts: a chain of Filters whose innermost operand is null; body
    Generation,   // body
    Break,
    Continue,
    // Expressions.
    Literal,   // literal
    Name,      // name
    ListOf,    // parts
    DictOf,    // parts: key, value, key, value...
    Member,    // parts[0].name
    Index,     // parts[0][parts[1]]
    Slice,     // parts[0][parts[1]:parts[2]:parts[3]], each may be null
    Call,      // parts[0](arguments: the other parts, named)
    Filter,    // parts[0] | name(the other parts, named)
    Test,      // parts[0] is name(the other parts)
    Not,       // parts[0]
    Negative,  // parts[0]
    And,       // parts[0], parts[1]
    Or,
    Choice,   // parts: then, condition, else (or null)
    Binary,   // parts[0] name parts[1]
    Compare,  // parts[0] names[0] parts[1] names[1] parts[2]...
  };
  Kind kind;
  int line = 1;
  int depth = 0;  // of a chain of operators
  std::string name;
  Value literal;
  std::vector<std::string> names;
  Nodes parts, body, other;
  std::vector<std::pair<std::string, NodePtr>> named;
};

// Throws Failure for what is no template, or nests too deeply.
Nodes parse_template(std::string_view source);

}  // namespace retort::jinja

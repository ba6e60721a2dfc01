#include "tokenizer/jinja_parser.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/utf8.h"
#include "tokenizer/jinja_lexer.h"

namespace retort::jinja {
namespace {

using Kind = Node::Kind;
constexpr int kDepthMax = 400;

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(read_tokens(source)) {}

  Nodes read_all() {
    Nodes nodes = statements({});
    if (now().kind != Token::Kind::End) fail("unexpected end of a block");
    return nodes;
  }

 private:
  // --- tokens
  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  [[noreturn]] void fail(std::string_view what) const {
    throw Failure{format("line {}: {} near \"{}\"", now().line, what, terminal_safe(now().text, 30))};
  }
  bool is_sign(std::string_view sign) const { return now().kind == Token::Kind::Sign && now().text == sign; }
  bool is_name(std::string_view name) const { return now().kind == Token::Kind::Name && now().text == name; }
  bool take_sign(std::string_view sign) { return is_sign(sign) && (take(), true); }
  bool take_name(std::string_view name) { return is_name(name) && (take(), true); }
  void want_sign(std::string_view sign) {
    if (!take_sign(sign)) fail(format("'{}' is missing", sign));
  }
  std::string want_identifier() {
    if (now().kind != Token::Kind::Name) fail("a name is missing");
    return take().text;
  }
  void want_name(std::string_view name) {
    if (!take_name(name)) fail(format("'{}' is missing", name));
  }
  void close_block() {
    if (now().kind != Token::Kind::CloseBlock) fail("the tag should end here");
    take();
  }
  NodePtr node(Kind kind, std::string name = "") const {
    auto made = std::make_unique<Node>();
    made->kind = kind;
    made->line = now().line;
    made->name = std::move(name);
    return made;
  }
  // Counts how deep expressions and blocks nest, for as long as it lives.
  struct Deeper {
    explicit Deeper(Parser& parser) : depth(parser.depth_) {
      if (++depth > kDepthMax) parser.fail("this nests too deeply");
    }
    ~Deeper() { --depth; }
    int& depth;
  };

  // --- statements
  // Up to a block that starts with one of these names, which is left to the caller (after its {%).
  Nodes statements(std::initializer_list<std::string_view> ends) {
    Deeper deeper(*this);
    Nodes nodes;
    while (now().kind != Token::Kind::End) {
      if (now().kind == Token::Kind::Data) {
        nodes.push_back(node(Kind::Data));
        nodes.back()->literal = std::string_view(take().text);
      } else if (now().kind == Token::Kind::OpenOutput) {
        take();
        nodes.push_back(node(Kind::Output));
        nodes.back()->parts.push_back(expression_or_tuple());
        if (now().kind != Token::Kind::CloseOutput) fail("the expression should end here");
        take();
      } else {
        if (std::find(ends.begin(), ends.end(), ahead().text) != ends.end()) {
          take();
          return nodes;
        }
        take();
        nodes.push_back(statement());
      }
    }
    if (ends.size() > 0) fail(format("{{% {} %}} is missing", *(ends.end() - 1)));
    return nodes;
  }

  NodePtr statement() {
    std::string name = want_identifier();
    if (name == "if") return if_statement();
    if (name == "for") return for_statement();
    if (name == "set") return set_statement();
    if (name == "macro") return macro_statement();
    if (name == "filter") return filter_block();
    if (name == "generation") {
      NodePtr made = node(Kind::Generation);
      close_block();
      made->body = block_body("endgeneration");
      return made;
    }
    if (name == "break" || name == "continue") {
      NodePtr made = node(name == "break" ? Kind::Break : Kind::Continue);
      close_block();
      return made;
    }
    fail(format("the block {{% {} %}} is not known here", terminal_safe(name, 20)));
  }
  Nodes block_body(std::string_view end) {
    Nodes body = statements({end});
    take();
    close_block();
    return body;
  }

  NodePtr if_statement() {
    Deeper deeper(*this);
    NodePtr made = node(Kind::If);
    made->parts.push_back(expression_or_tuple());
    close_block();
    made->body = statements({"elif", "else", "endif"});
    std::string next = take().text;
    if (next == "elif") {
      made->other.push_back(if_statement());  // takes the endif with it
      return made;
    }
    close_block();
    if (next == "else") made->other = block_body("endif");
    return made;
  }

  NodePtr for_statement() {
    NodePtr made = node(Kind::For);
    made->names = targets();
    want_name("in");
    made->parts.push_back(or_expression());
    made->parts.push_back(take_name("if") ? expression() : nullptr);
    if (is_name("recursive")) fail("a recursive loop is not known here");
    close_block();
    made->body = statements({"else", "endfor"});
    bool other = take().text == "else";
    close_block();
    if (other) made->other = block_body("endfor");
    return made;
  }
  std::vector<std::string> targets() {
    bool bracket = take_sign("(");
    std::vector<std::string> names = {want_identifier()};
    while (take_sign(",")) names.push_back(want_identifier());
    if (bracket) want_sign(")");
    return names;
  }

  NodePtr set_statement() {
    NodePtr made = node(Kind::Set);
    made->names = targets();
    if (take_sign(".")) {
      made->kind = Kind::SetMember;
      made->name = made->names[0];
      made->names = {want_identifier()};
    }
    if (take_sign("=")) {
      made->parts.push_back(expression_or_tuple());
      close_block();
      return made;
    }
    if (made->kind != Kind::Set || made->names.size() != 1) fail("'=' is missing");
    made->kind = Kind::SetBlock;
    if (is_sign("|")) made->parts.push_back(filters(nullptr));
    close_block();
    made->body = block_body("endset");
    return made;
  }

  NodePtr macro_statement() {
    NodePtr made = node(Kind::Macro, want_identifier());
    want_sign("(");
    while (!take_sign(")")) {
      made->names.push_back(want_identifier());
      if (take_sign("=")) made->named.emplace_back(made->names.back(), expression());
      if (!is_sign(")")) want_sign(",");
    }
    close_block();
    made->body = block_body("endmacro");
    return made;
  }

  NodePtr filter_block() {
    NodePtr made = node(Kind::FilterBlock);
    NodePtr first = node(Kind::Filter, want_identifier());
    first->parts.push_back(nullptr);
    if (is_sign("(")) arguments(*first);
    made->parts.push_back(filters(std::move(first)));
    close_block();
    made->body = block_body("endfilter");
    return made;
  }

  // --- expressions, loosest first
  NodePtr expression_or_tuple() {
    NodePtr first = expression();
    if (!is_sign(",")) return first;
    NodePtr made = node(Kind::ListOf);
    made->parts.push_back(std::move(first));
    while (take_sign(",")) made->parts.push_back(expression());
    return made;
  }
  NodePtr expression() {
    Deeper deeper(*this);
    NodePtr then = or_expression();
    while (take_name("if")) {
      NodePtr made = node(Kind::Choice);
      made->parts.push_back(std::move(then));
      made->parts.push_back(or_expression());
      made->parts.push_back(take_name("else") ? expression() : nullptr);
      then = std::move(made);
    }
    return then;
  }
  NodePtr two(Kind kind, NodePtr left, NodePtr right, std::string name = "") const {
    NodePtr made = node(kind, std::move(name));
    made->depth = 1 + std::max(left->depth, right->depth);
    if (made->depth > kDepthMax) fail("this chain is too long");
    made->parts.push_back(std::move(left));
    made->parts.push_back(std::move(right));
    return made;
  }
  NodePtr or_expression() {
    NodePtr left = and_expression();
    while (take_name("or")) left = two(Kind::Or, std::move(left), and_expression());
    return left;
  }
  NodePtr and_expression() {
    NodePtr left = not_expression();
    while (take_name("and")) left = two(Kind::And, std::move(left), not_expression());
    return left;
  }
  NodePtr not_expression() {
    Deeper deeper(*this);
    if (!is_name("not")) return comparison();
    take();
    NodePtr made = node(Kind::Not);
    made->parts.push_back(not_expression());
    return made;
  }
  std::string comparison_operator() {
    for (std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"})
      if (take_sign(sign)) return std::string(sign);
    if (take_name("in")) return "in";
    if (is_name("not") && ahead().text == "in") {
      take();
      take();
      return "not in";
    }
    return "";
  }
  NodePtr comparison() {
    NodePtr first = sum();
    NodePtr made;
    for (std::string sign = comparison_operator(); !sign.empty(); sign = comparison_operator()) {
      if (!made) {
        made = node(Kind::Compare);
        made->parts.push_back(std::move(first));
      }
      made->names.push_back(sign);
      made->parts.push_back(sum());
    }
    return made ? std::move(made) : std::move(first);
  }
  NodePtr sum() {
    NodePtr left = concatenation();
    while (is_sign("+") || is_sign("-")) {
      std::string sign = take().text;
      left = two(Kind::Binary, std::move(left), concatenation(), sign);
    }
    return left;
  }
  NodePtr concatenation() {
    NodePtr left = product();
    while (take_sign("~")) left = two(Kind::Binary, std::move(left), product(), "~");
    return left;
  }
  NodePtr product() {
    NodePtr left = power();
    while (is_sign("*") || is_sign("/") || is_sign("//") || is_sign("%")) {
      std::string sign = take().text;
      left = two(Kind::Binary, std::move(left), power(), sign);
    }
    return left;
  }
  NodePtr power() {
    NodePtr left = unary(true);
    while (take_sign("**")) left = two(Kind::Binary, std::move(left), unary(true), "**");
    return left;
  }
  NodePtr unary(bool with_filters) {
    Deeper deeper(*this);
    NodePtr made;
    if (take_sign("-")) {
      made = node(Kind::Negative);
      made->parts.push_back(unary(false));
    } else if (take_sign("+")) {
      made = unary(false);
    } else {
      made = postfix(primary());
    }
    return with_filters ? filters(std::move(made)) : std::move(made);
  }

  NodePtr literal(Value value) const {
    NodePtr made = node(Kind::Literal);
    made->literal = std::move(value);
    return made;
  }
  NodePtr primary() {
    Deeper deeper(*this);
    Token token = take();
    switch (token.kind) {
      case Token::Kind::String: {
        std::string text = token.text;
        while (now().kind == Token::Kind::String) text += take().text;
        return literal(std::string_view(text));
      }
      case Token::Kind::Integer: {
        int64_t value = 0;
        auto read = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
        if (read.ec != std::errc()) fail("a number is too large");
        return literal(value);
      }
      case Token::Kind::Float:
        return literal(std::strtod(token.text.c_str(), nullptr));
      case Token::Kind::Name:
        return named_value(token.text);
      case Token::Kind::Sign:
        if (token.text == "(") return bracketed();
        if (token.text == "[") return list();
        if (token.text == "{") return dict();
        [[fallthrough]];
      default:
        --at_;
        fail("an expression is missing");
    }
  }
  NodePtr named_value(const std::string& name) const {
    if (name == "true" || name == "True") return literal(true);
    if (name == "false" || name == "False") return literal(false);
    if (name == "none" || name == "None") return literal(None{});
    return node(Kind::Name, name);
  }
  NodePtr bracketed() {
    if (take_sign(")")) return node(Kind::ListOf);
    NodePtr first = expression();
    if (!is_sign(",")) {
      want_sign(")");
      return first;
    }
    NodePtr made = node(Kind::ListOf);
    made->parts.push_back(std::move(first));
    while (take_sign(","))
      if (!is_sign(")")) made->parts.push_back(expression());
    want_sign(")");
    return made;
  }
  NodePtr list() {
    NodePtr made = node(Kind::ListOf);
    while (!take_sign("]")) {
      made->parts.push_back(expression());
      if (!is_sign("]")) want_sign(",");
    }
    return made;
  }
  NodePtr dict() {
    NodePtr made = node(Kind::DictOf);
    while (!take_sign("}")) {
      made->parts.push_back(expression());
      want_sign(":");
      made->parts.push_back(expression());
      if (!is_sign("}")) want_sign(",");
    }
    return made;
  }

  NodePtr postfix(NodePtr inner) {
    for (int length = 0;; ++length) {
      if (length > kDepthMax) fail("this chain is too long");
      if (take_sign(".")) {
        bool index = now().kind == Token::Kind::Integer;
        NodePtr made =
            index ? two(Kind::Index, std::move(inner), primary()) : node(Kind::Member, want_identifier());
        if (!index) made->parts.push_back(std::move(inner));
        inner = std::move(made);
      } else if (take_sign("[")) {
        inner = subscript(std::move(inner));
      } else if (is_sign("(")) {
        NodePtr made = node(Kind::Call);
        made->parts.push_back(std::move(inner));
        arguments(*made);
        inner = std::move(made);
      } else {
        return inner;
      }
    }
  }
  NodePtr subscript(NodePtr inner) {
    NodePtr made = node(Kind::Slice);
    made->parts.push_back(std::move(inner));
    bool slice = false;
    for (int part = 0; part < 3; ++part) {
      made->parts.push_back(is_sign(":") || is_sign("]") ? nullptr : expression());
      if (!take_sign(":")) break;
      slice = true;
    }
    want_sign("]");
    if (!slice && made->parts[1] == nullptr) fail("an index is missing");
    made->parts.resize(slice ? 4 : 2);
    if (!slice) made->kind = Kind::Index;
    return made;
  }
  void arguments(Node& into) {
    want_sign("(");
    while (!take_sign(")")) {
      if (now().kind == Token::Kind::Name && ahead().kind == Token::Kind::Sign && ahead().text == "=") {
        std::string name = take().text;
        take();
        into.named.emplace_back(name, expression());
      } else {
        into.parts.push_back(expression());
      }
      if (!is_sign(")")) want_sign(",");
    }
  }

  // Filters, tests, and calls of what they give.
  NodePtr filters(NodePtr inner) {
    for (int length = 0;; ++length) {
      if (length > kDepthMax) fail("this chain is too long");
      if (take_sign("|")) {
        NodePtr made = node(Kind::Filter, want_identifier());
        made->parts.push_back(std::move(inner));
        if (is_sign("(")) arguments(*made);
        inner = std::move(made);
      } else if (take_name("is")) {
        inner = test(std::move(inner));
      } else {
        return inner;
      }
    }
  }
  NodePtr test(NodePtr inner) {
    bool negated = take_name("not");
    NodePtr made = node(Kind::Test, want_identifier());
    made->parts.push_back(std::move(inner));
    bool value = now().kind == Token::Kind::String || now().kind == Token::Kind::Integer ||
                 now().kind == Token::Kind::Float || is_sign("[") || is_sign("{");
    bool name = now().kind == Token::Kind::Name && !is_name("else") && !is_name("or") && !is_name("and") &&
                !is_name("is") && !is_name("if") && !is_name("not") && !is_name("in");
    if (is_sign("("))
      arguments(*made);
    else if (value || name)
      made->parts.push_back(postfix(primary()));
    if (!negated) return made;
    NodePtr inverse = node(Kind::Not);
    inverse->parts.push_back(std::move(made));
    return inverse;
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Nodes parse_template(std::string_view source) { return Parser(source).read_all(); }

}  // namespace retort::jinja

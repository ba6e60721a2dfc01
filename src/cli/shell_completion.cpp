#include "cli/shell_completion.h"

#include <map>
#include <set>

#include "base/format.h"
#include "cli/version.h"

namespace retort {
namespace {

// "--data", "-n": an option; anything else is an argument by its place.
bool is_option(const Flag& flag) { return flag.name.starts_with("-"); }

std::string options_of(const Command& command) {
  std::string options = "--help";
  for (const Flag& flag : command.flags)
    if (is_option(flag)) options += " " + flag.name;
  return options;
}

// The words that may stand after "retort", and after a group's name.
std::map<std::string, std::set<std::string>> words_of(const std::vector<Command>& commands) {
  std::map<std::string, std::set<std::string>> words;
  for (const Command& command : commands) {
    const size_t space = command.name.find(' ');
    words[""].insert(command.name.substr(0, space));
    if (space != std::string::npos)
      words[command.name.substr(0, space)].insert(command.name.substr(space + 1));
  }
  return words;
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Also zsh's, which reads bash's scripts.
std::string bash_script(const std::vector<Command>& commands) {
  std::string cases;
  for (const auto& [group, words] : words_of(commands))
    if (!group.empty()) cases += format("    {}) words=\"{}\" ;;\n", group, joined(words));
  for (const Command& command : commands)
    cases += format("    \"{}\") words=\"{}\" ;;\n", command.name, options_of(command));
  return format(
      "_retort() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" command=\"${{COMP_WORDS[1]}}\" words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -le 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$command\" in\n"
      "{}"
      "  esac\n"
      "  case \"$command\" in\n"
      "{}"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\") $(compgen -f -- \"$current\"))\n"
      "}}\n",
      joined(words_of(commands)[""]),
      [&] {
        std::string groups;
        for (const auto& [group, words] : words_of(commands))
          if (!group.empty())
            groups += format("    {}) [ \"$COMP_CWORD\" -gt 2 ] && command=\"{} ${{COMP_WORDS[2]}}\" ;;\n",
                             group, group);
        return groups + "    *) ;;\n";
      }(),
      cases);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text)
    out += c == '\'' ? std::string("\\'") : c == '\\' ? std::string("\\\\") : std::string(1, c);
  return out + "'";
}

std::string fish_script(const std::vector<Command>& commands) {
  std::string script = "complete -c retort -f -n __fish_use_subcommand -l version\n";
  for (const auto& [group, words] : words_of(commands))
    if (!group.empty()) script += format("complete -c retort -n __fish_use_subcommand -f -a {}\n", group);
  for (const Command& command : commands) {
    const size_t space = command.name.find(' ');
    const std::string first = command.name.substr(0, space),
                      second = space == std::string::npos ? "" : command.name.substr(space + 1);
    script += second.empty()
                  ? format("complete -c retort -n __fish_use_subcommand -f -a {} -d {}\n", first,
                           quoted(command.doc))
                  : format("complete -c retort -n '__fish_seen_subcommand_from {}' -f -a {} -d {}\n", first,
                           second, quoted(command.doc));
    const std::string seen = "__fish_seen_subcommand_from " + (second.empty() ? first : second);
    for (const Flag& flag : command.flags)
      if (flag.name.starts_with("--"))
        script += format("complete -c retort -n '{}' -l {} {}-d {}\n", seen, flag.name.substr(2),
                         std::holds_alternative<bool*>(flag.target) ? "" : "-r ", quoted(flag.doc));
  }
  return script;
}

// For roff: a backslash, and what would be a command at the start of a line.
std::string roff(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (char c : text)
    out += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
  return out;
}

std::string manual_entry(const Command& command) {
  std::string arguments, options;
  for (const Flag& flag : command.flags) {
    const bool required = flag.need == Flag::Need::Required;
    const bool is_switch = std::holds_alternative<bool*>(flag.target);
    if (!is_option(flag))
      arguments +=
          required ? format(" \\fI{}\\fR", roff(flag.name)) : format(" [\\fI{}\\fR]", roff(flag.name));
    options += format(".TP\n\\fB{}\\fR{}\n{}{}\n", roff(flag.name),
                      is_option(flag) && !is_switch ? " \\fIvalue\\fR" : "", roff(flag.doc),
                      required && is_option(flag) ? " (required)" : "");
  }
  return format(".SS \"retort {}\"\n{}.\n.PP\n\\fBretort {}\\fR{} [\\fIoptions\\fR]\n{}", roff(command.name),
                roff(command.doc), roff(command.name), arguments, options);
}

}  // namespace

Result<std::string> completion_script(const std::string& shell, const std::vector<Command>& commands) {
  if (shell == "bash") return bash_script(commands) + "complete -o filenames -F _retort retort\n";
  if (shell == "zsh")
    return "#compdef retort\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(commands) +
           "complete -o filenames -F _retort retort\n";
  if (shell == "fish") return fish_script(commands);
  return Error{ErrorCode::InvalidArgument,
               format("there is no completion for \"{}\"; use bash, zsh or fish", shell)};
}

std::string manual_page(const std::vector<Command>& commands) {
  std::string page =
      format(".TH RETORT 1 \"\" \"retort {}\" \"User Commands\"\n", program_version()) +
      ".SH NAME\nretort \\- distil a large language model that one can only talk to into a small one that "
      "one owns\n"
      ".SH SYNOPSIS\n\\fBretort\\fR \\fIcommand\\fR [\\fIarguments\\fR] [\\fIoptions\\fR]\n.SH COMMANDS\n";
  for (const Command& command : commands) page += manual_entry(command);
  return page +
         ".SH EXIT STATUS\n0 when all went well; else a number for what went wrong, from the list in "
         "docs/exit_codes.md "
         "of the sources.\n.SH ENVIRONMENT\nKeys are read from the variables that a run file names. NO_COLOR "
         "switches colours off.\n";
}

}  // namespace retort

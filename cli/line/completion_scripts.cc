// What a completion table looks like in each shell. The scripts look nothing up: all words are in them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/line/completions.h"

namespace halfopen {
namespace {

std::string replaced(std::string_view text, char what, std::string_view with) {
  std::string result;
  for (const char c : text) c == what ? result.append(with) : result.append(1, c);
  return result;
}

// In single quotes: of bash and zsh, where nothing can be escaped in them, and of fish, where \ escapes.
std::string shell_quoted(std::string_view text) { return "'" + replaced(text, '\'', "'\\''") + "'"; }
std::string fish_quoted(std::string_view text) {
  return "'" + replaced(replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
}

bool has(const CompletionValues& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

// "sim|replay|live", a pattern of bash and zsh.
std::string names_of(const CompletionTable& table) {
  std::vector<std::string_view> names;
  for (const CompletionCommand& command : table.commands) names.push_back(command.name);
  return fmt::format("{}", fmt::join(names, "|"));
}

std::vector<std::string> words_of(const std::vector<CompletionOption>& options) {
  std::vector<std::string> words;
  for (const CompletionOption& option : options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  return words;
}

// Which command it is that the words before the cursor make, for bash and zsh: `command`, and `foreign` where
// they are another program's. What follows vm's "--" is a command line of ours again, unless --exec says no.
std::string find_command(const CompletionTable& table, std::string_view words) {
  std::string outer;
  for (const CompletionCommand& command : table.commands) {
    if (command.runs_command) outer += (outer.empty() ? "" : "|") + command.name;
  }
  return fmt::format(R"(  local each command="" foreign="" executes=""
  for each in {}; do
    case "$each" in
      --exec) executes=1 ;;
      --)
        case "$command" in
          {}) [[ -z "$executes" ]] && command="" || foreign=1 ;;
          *) foreign=1 ;;
        esac ;;
      {}) [[ -z "$command" ]] && command="$each" ;;
    esac
  done
)",
                     words, outer, names_of(table));
}

// The lines of a case statement, one for each option that takes a value: after it, only that is offered.
template <class Values>
std::string cases_of_values(const CompletionTable& table, Values values) {
  std::string lines;
  const auto add = [&](std::string_view command, const std::vector<CompletionOption>& options) {
    for (const CompletionOption& option : options) {
      if (!option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names)
        patterns.push_back(fmt::format("\"{} {}\"", command, name));
      lines += fmt::format("    {}) options=() arguments=({}) ;;\n", fmt::join(patterns, "|"),
                           values(option.values));
    }
  };
  add("", table.options);
  for (const CompletionCommand& command : table.commands) add(command.name, command.options);
  return lines;
}

std::string joined(const CompletionValues& values) { return fmt::format("{}", fmt::join(values, " ")); }

std::string bash_script(const CompletionTable& table) {
  std::string sets;
  for (const CompletionSet& set : table.sets) {
    sets += fmt::format("      @{}) compgen {}-W {} -- \"$word\" ;;\n", set.name,
                        set.name == "keys" ? "-S = " : "", shell_quoted(joined(set.words)));
  }
  std::string commands =
      fmt::format("    \"\") options=({}) arguments=(@commands) ;;\n", joined(words_of(table.options)));
  for (const CompletionCommand& command : table.commands) {
    commands += fmt::format("    {}) options=({}) arguments=({}) ;;\n", command.name,
                            joined(words_of(command.options)), joined(command.arguments));
  }
  return fmt::format(R"(# bash completion of halfopen, made by 'halfopen completions bash'.

_halfopen_offer() {{  # WORD KIND...: what of these kinds begins with the word
  local word="$1" kind
  shift
  for kind; do
    case "$kind" in
      @files) compgen -f -- "$word" ;;
      @directories) compgen -d -- "$word" ;;
{}      *) compgen -W "$kind" -- "$word" ;;
    esac
  done
}}

_halfopen() {{
  # By spaces: bash itself cuts words at ':' and '=', too.
  local line="${{COMP_LINE:0:COMP_POINT}}" word=""
  local -a before options arguments
  read -ra before <<<"$line"
  if [[ "$line" != *[[:space:]] ]]; then
    word="${{before[-1]}}"
    unset 'before[-1]'
  fi
{}
  case "$command" in
{}  esac
  case "$command ${{before[-1]}}" in
{}  esac
  [[ -z "$foreign" ]] || {{ options=() arguments=(@files); }}
  if [[ "$word" == -* && ${{#options[@]}} -gt 0 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${{options[*]}}" -- "$word")
    return
  fi
  mapfile -t COMPREPLY < <(_halfopen_offer "$word" "${{arguments[@]}}")
  case "${{COMPREPLY[0]}}" in
    *=) compopt -o nospace 2>/dev/null ;;
    *:*) ;;
    *) compopt -o filenames 2>/dev/null ;;
  esac
  # bash replaces only what follows the last ':' or '='.
  local cut="${{word%"${{word##*[:=]}}"}}"
  [[ -z "$cut" ]] || COMPREPLY=("${{COMPREPLY[@]#"$cut"}}")
}}

complete -F _halfopen halfopen
)",
                     sets, find_command(table, "\"${before[@]:1}\""), commands,
                     cases_of_values(table, joined));
}

std::string zsh_options(const std::vector<CompletionOption>& options) {
  std::vector<std::string> words;
  for (const CompletionOption& option : options) {
    for (const std::string& name : option.names) words.push_back(shell_quoted(name + ":" + option.about));
  }
  return joined(words);
}

std::string zsh_script(const CompletionTable& table) {
  std::string sets;
  for (const CompletionSet& set : table.sets) {
    if (set.name == "commands") continue;  // they are told with what they do
    sets += fmt::format("      @{}) compadd {}-- {} ;;\n", set.name, set.name == "keys" ? "-S '=' " : "",
                        joined(set.words));
  }
  std::vector<std::string> abouts;
  for (const CompletionCommand& command : table.commands)
    abouts.push_back(shell_quoted(command.name + ":" + command.about));
  std::string commands =
      fmt::format("    \"\") options=({}) arguments=(@commands) ;;\n", zsh_options(table.options));
  for (const CompletionCommand& command : table.commands) {
    commands += fmt::format("    {}) options=({}) arguments=({}) ;;\n", command.name,
                            zsh_options(command.options), joined(command.arguments));
  }
  return fmt::format(R"(#compdef halfopen
# zsh completion of halfopen, made by 'halfopen completions zsh'.

_halfopen_offer() {{  # KIND...: everything of these kinds
  local kind
  local -a commands=({})
  for kind; do
    case "$kind" in
      @files) _files ;;
      @directories) _files -/ ;;
      @commands) _describe command commands ;;
{}      *) compadd -- "$kind" ;;
    esac
  done
}}

_halfopen() {{
  local -a options arguments
{}
  case "$command" in
{}  esac
  case "$command ${{words[CURRENT-1]}}" in
{}  esac
  [[ -z "$foreign" ]] || {{ options=() arguments=(@files) }}
  if [[ "$PREFIX" == -* && ${{#options}} -gt 0 ]]; then
    _describe -o option options
  else
    _halfopen_offer "${{arguments[@]}}"
  fi
}}

# Sourced, it registers itself; found in fpath, it is the function's first call.
if [[ "${{funcstack[1]}}" == _halfopen ]]; then _halfopen "$@"; else compdef _halfopen halfopen; fi
)",
                     joined(abouts), sets, find_command(table, "\"${(@)words[2,CURRENT-1]}\""), commands,
                     cases_of_values(table, joined));
}

// What `complete` takes for these values: -F where files are among them, -a for the words.
std::string fish_values(const CompletionValues& values) {
  std::vector<std::string> words;
  for (const std::string& value : values) {
    if (value == "@directories") {
      words.emplace_back("(__fish_complete_directories (commandline -ct))");
    } else if (value.starts_with('@') && value != "@files") {
      words.push_back("$__halfopen_" + value.substr(1));
    } else if (value != "@files") {
      words.push_back(value);
    }
  }
  std::string text = has(values, "@files") ? " -F" : "";
  if (!words.empty()) text += " -a " + fish_quoted(joined(words));
  return text;
}

std::string fish_options(std::string_view condition, const std::vector<CompletionOption>& options) {
  std::string lines;
  for (const CompletionOption& option : options) {
    lines += fmt::format("complete -c halfopen -n {}", condition);
    for (const std::string& name : option.names) {
      lines += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (option.takes_value) lines += " -r" + fish_values(option.values);
    lines += fmt::format(" -d {}\n", fish_quoted(option.about));
  }
  return lines;
}

std::string fish_script(const CompletionTable& table) {
  std::string script = "# fish completion of halfopen, made by 'halfopen completions fish'.\n";
  for (const CompletionSet& set : table.sets) {
    const std::string_view end = set.name == "keys" ? "=" : "";
    script += fmt::format("set -g __halfopen_{}", set.name);
    for (const std::string& word : set.words) script += fmt::format(" {}{}", word, end);
    script += '\n';
  }
  script += "complete -c halfopen -f\n";
  script += fish_options("__fish_use_subcommand", table.options);
  for (const CompletionCommand& command : table.commands) {
    script += fmt::format("complete -c halfopen -n __fish_use_subcommand -a {} -d {}\n", command.name,
                          fish_quoted(command.about));
    const std::string condition = fish_quoted("__fish_seen_subcommand_from " + command.name);
    if (!command.arguments.empty()) {
      script += fmt::format("complete -c halfopen -n {}{}\n", condition, fish_values(command.arguments));
    }
    script += fish_options(condition, command.options);
  }
  return script;
}

}  // namespace

std::string completion_script(const CompletionTable& table, std::string_view shell) {
  if (shell == "bash") return bash_script(table);
  if (shell == "zsh") return zsh_script(table);
  if (shell == "fish") return fish_script(table);
  return {};
}

}  // namespace halfopen

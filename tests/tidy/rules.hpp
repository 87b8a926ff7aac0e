// The rules of the house that a line of text can break. Each takes one file and returns a complaint
// a breach, "path:line: what"; rules_test.cpp shows for each that it fires.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "tidy/tree.hpp"

namespace tally::tidy {

using Complaints = std::vector<std::string>;

inline std::string at(const SourceFile& file, std::size_t index, std::string_view what) {
  return file.path + ":" + std::to_string(index + 1) + ": " + std::string(what);
}

inline bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Whether `word` stands in `line` with no letter, digit or underscore beside it.
inline bool has_word(std::string_view line, std::string_view word) {
  for (auto pos = line.find(word); pos != std::string_view::npos; pos = line.find(word, pos + 1)) {
    const auto end = pos + word.size();
    const bool free_left = pos == 0 || !is_word_char(line[pos - 1]);
    const bool free_right = end == line.size() || !is_word_char(line[end]);
    if (free_left && free_right) return true;
  }
  return false;
}

// Characters, not bytes: a continuation byte of UTF-8 adds no column.
inline std::size_t columns_of(std::string_view line) {
  std::size_t columns = 0;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++columns;
  }
  return columns;
}

inline Complaints long_lines(const SourceFile& file) {
  Complaints found;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    if (columns_of(line) > 100) found.push_back(at(file, index, "longer than 100 columns"));
    ++index;
  }
  return found;
}

inline Complaints stray_blanks(const SourceFile& file) {
  Complaints found;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    if (line.find('\t') != std::string_view::npos) found.push_back(at(file, index, "a tab"));
    if (!line.empty() && (line.back() == ' ' || line.back() == '\r')) {
      found.push_back(at(file, index, "a blank at the end of the line"));
    }
    ++index;
  }
  if (!file.text.empty() && file.text.back() != '\n') {
    found.push_back(at(file, index == 0 ? 0 : index - 1, "no newline at the end of the file"));
  }
  return found;
}

inline Complaints unfinished_marks(const SourceFile& file) {
  // Split, so that this file does not find itself.
  const std::string marks[] = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "X"
      "XX",
      "HA"
      "CK"};
  Complaints found;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    for (const auto& mark : marks) {
      if (has_word(line, mark)) found.push_back(at(file, index, "unfinished: " + mark));
    }
    ++index;
  }
  return found;
}

// Folders in which a machine keeps somebody's files; the tree works from any folder.
inline Complaints machine_paths(const SourceFile& file) {
  const std::string folders[] = {
      "/wo"
      "rk",
      "/ro"
      "ot",
      "/ho"
      "me"};
  Complaints found;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    for (const auto& folder : folders) {
      for (auto pos = line.find(folder); pos != std::string_view::npos;
           pos = line.find(folder, pos + 1)) {
        const auto end = pos + folder.size();
        const char before = pos == 0 ? ' ' : line[pos - 1];
        const bool begins = !is_word_char(before) && before != '.' && before != '}' &&
                            before != '*' && before != '/' && before != '>';
        if (begins && (end == line.size() || !is_word_char(line[end]))) {
          found.push_back(at(file, index, "a path of one machine: " + folder));
        }
      }
    }
    ++index;
  }
  return found;
}

inline Complaints non_ascii(const SourceFile& file) {
  Complaints found;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    if (columns_of(line) != line.size()) found.push_back(at(file, index, "not ASCII"));
    ++index;
  }
  return found;
}

// A header opens with the comment that says what it is, then #pragma once; it never opens a
// namespace for whoever includes it.
inline Complaints header_form(const SourceFile& file) {
  Complaints found;
  const auto lines = lines_of(file.text);
  if (lines.empty() || !lines[0].starts_with("// ")) {
    found.push_back(at(file, 0, "a header begins with a comment"));
  }
  std::size_t first_code = 0;
  while (first_code < lines.size() &&
         (lines[first_code].empty() || lines[first_code].starts_with("//"))) {
    ++first_code;
  }
  if (first_code == lines.size() || lines[first_code] != "#pragma once") {
    found.push_back(at(file, 0, "#pragma once follows the first comment"));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto text = lines[i].substr(0, lines[i].find("//"));
    if (text.find("using "
                  "namespace") != std::string_view::npos) {
      found.push_back(at(file, i, "it opens a namespace for its readers"));
    }
  }
  return found;
}

struct Include {
  std::size_t line_index = 0;
  bool quoted = false;  // "..." rather than <...>
  std::string path;
};

inline std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    if (line.starts_with("#include ")) {
      const auto open = line.find_first_of("\"<");
      const auto close =
          open == std::string_view::npos ? open : line.find_first_of("\">", open + 1);
      if (close != std::string_view::npos) {
        includes.push_back(
            {index, line[open] == '"', std::string(line.substr(open + 1, close - open - 1))});
      }
    }
    ++index;
  }
  return includes;
}

inline Complaints relative_includes(const SourceFile& file) {
  Complaints found;
  for (const auto& include : includes_of(file)) {
    if (include.path.starts_with(".") || include.path.find("/../") != std::string::npos) {
      found.push_back(at(file, include.line_index, "a relative include: " + include.path));
    }
  }
  return found;
}

// A source of lib includes its own header before anything else, which shows that the header
// includes what it uses; the build compiles only headers without a source by themselves.
inline std::string own_header(const SourceFile& file) {
  return file.path.substr(0, file.path.rfind('.')) + ".hpp";
}
inline Complaints own_header_late(const SourceFile& file) {
  const auto includes = includes_of(file);
  if (!includes.empty() && "lib/" + includes[0].path == own_header(file)) return {};
  return {file.path + ": does not begin with its own header"};
}

// A memory order stronger than relaxed says in a comment what it orders: on its line, or in the
// lines above it up to a blank one, ten at most. Whether the comment is true is for the reader.
inline Complaints unexplained_orders(const SourceFile& file) {
  constexpr std::string_view kOrders[] = {"memory_order_acquire", "memory_order_release",
                                          "memory_order_acq_rel", "memory_order_seq_cst"};
  Complaints found;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto code = lines[i].substr(0, lines[i].find("//"));
    const bool orders = std::any_of(std::begin(kOrders), std::end(kOrders), [&](auto order) {
      return code.find(order) != std::string_view::npos;
    });
    bool explained = code.size() != lines[i].size();
    for (std::size_t back = 1; orders && !explained && back <= 10 && back <= i; ++back) {
      if (lines[i - back].empty()) break;
      explained = lines[i - back].find("//") != std::string_view::npos;
    }
    if (orders && !explained) found.push_back(at(file, i, "a memory order without its reason"));
  }
  return found;
}

struct TestName {
  std::size_t line_index = 0;
  std::string name;
  std::string body;  // up to the next test of the file
};

// The names of every TEST_CASE of a file, adjacent literals joined as the compiler does.
inline std::vector<TestName> test_names(const SourceFile& file) {
  std::vector<TestName> names;
  const std::string& text = file.text;
  std::vector<std::size_t> starts;
  for (auto pos = text.find("\nTEST_CASE"); pos != std::string::npos;
       pos = text.find("\nTEST_CASE", pos + 1)) {
    starts.push_back(pos + 1);
  }
  for (std::size_t n = 0; n < starts.size(); ++n) {
    const auto end = n + 1 < starts.size() ? starts[n + 1] : text.size();
    const auto line = std::count(text.begin(), text.begin() + static_cast<long>(starts[n]), '\n');
    TestName test{static_cast<std::size_t>(line), {}, text.substr(starts[n], end - starts[n])};
    auto pos = text.find('(', starts[n]) + 1;
    bool inside = false;
    for (; pos < end && (inside || (text[pos] != ')' && text[pos] != '*')); ++pos) {
      if (text[pos] == '"') {
        inside = !inside;
      } else if (inside) {
        test.name += text[pos];
      }
    }
    names.push_back(std::move(test));
  }
  return names;
}

// ctest splits a name at a semicolon and doctest reads * , [ as patterns: such a test is counted as
// passed and never runs.
inline Complaints odd_test_names(const SourceFile& file) {
  Complaints found;
  for (const auto& test : test_names(file)) {
    const bool plain =
        !test.name.empty() && std::all_of(test.name.begin(), test.name.end(), [](char c) {
          return c == ' ' || std::isalnum(static_cast<unsigned char>(c)) != 0;
        });
    if (!plain) found.push_back(at(file, test.line_index, "test name: '" + test.name + "'"));
  }
  return found;
}

// A type that a file defines at the top of a namespace.
struct DefinedType {
  std::string name;  // with its namespace
  std::size_t line_index;
};

// Types that start a line, as clang-format leaves those of a namespace; those of an unnamed one are
// the file's own and are left out.
inline std::vector<DefinedType> defined_types(const SourceFile& file) {
  std::vector<DefinedType> found;
  std::string scope;
  std::size_t index = 0;
  for (const auto line : lines_of(file.text)) {
    if (line.starts_with("namespace ") && line.ends_with("{")) {
      scope = line.substr(10, line.size() - 12);
    } else if (line.starts_with("}  // namespace")) {
      scope = "}";
    }
    for (const std::string_view kind : {"class ", "struct ", "enum class "}) {
      if (scope.empty() || scope == "}" || !line.starts_with(kind)) continue;
      auto rest = line.substr(kind.size());
      if (rest.starts_with("alignas("))
        rest = rest.substr(std::min(rest.size(), rest.find(')') + 2));
      std::size_t end = 0;
      while (end < rest.size() && is_word_char(rest[end])) ++end;
      const auto after = rest.substr(end);
      if (end > 0 && !after.starts_with(';') && !after.starts_with("::") && !after.starts_with('<'))
        found.push_back({scope + "::" + std::string(rest.substr(0, end)), index});
    }
    ++index;
  }
  return found;
}

}  // namespace tally::tidy

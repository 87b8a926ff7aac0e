// The only file that includes toml++. Debian's library is built with exceptions, so they stay on
// here and end here.
#define TOML_HEADER_ONLY 0
#include "cli/config.hpp"

#include <toml++/toml.h>
#include <utility>

#include "cli/values.hpp"
#include "core/file.hpp"

namespace tally::cli {
namespace {

class Loader {
 public:
  Loader(std::string path, FileValues& into) : path_(std::move(path)), into_(into) {}

  Status load(const toml::table& table, const CommandParts& command) {
    for (const auto& [key, node] : table) {
      const auto* child = find_command(command, key.str());
      const auto* option = find_option(command, key.str());
      if (option != nullptr && !(child != nullptr && node.is_table())) {
        TALLY_CHECK(take(*option, key, node));
      } else if (child != nullptr) {
        if (!node.is_table()) {
          return fail(wrong(node.source(), key, "is a command and needs a table",
                            fmt::format("write [{}] on a line of its own", key.str())));
        }
        TALLY_CHECK(load(*node.as_table(), *child));
      } else {
        return fail(unknown(command, key));
      }
    }
    return {};
  }

 private:
  static const OptionSpec* find_option(const CommandParts& command, std::string_view key) {
    for (const auto& option : command.options) {
      if (option->in_file && option->key() == key) return option.get();
    }
    return nullptr;
  }

  static const CommandParts* find_command(const CommandParts& command, std::string_view key) {
    for (const auto& child : command.children) {
      if (key_of(child->parts().name) == key) return &child->parts();
    }
    return nullptr;
  }

  [[nodiscard]] std::string place(const toml::source_region& region) const {
    return fmt::format("{}:{}:{}", path_, region.begin.line, region.begin.column);
  }

  [[nodiscard]] Error wrong(const toml::source_region& region, const toml::key& key,
                            const std::string& what, std::string hint) const {
    return Error{Code::configuration, fmt::format("{}: '{}' {}", place(region), key.str(), what),
                 std::move(hint), 0};
  }

  [[nodiscard]] Error unknown(const CommandParts& command, const toml::key& key) const {
    std::vector<std::string> known;
    for (const auto& option : command.options) {
      if (option->in_file) known.push_back(option->key());
    }
    for (const auto& child : command.children) known.push_back(key_of(child->parts().name));
    return wrong(key.source(), key, "is not a key of " + command.path(),
                 suggestion(key.str(), known, command.path() + " --print-config shows the keys"));
  }

  Status take(const OptionSpec& option, const toml::key& key, const toml::node& node) {
    auto value = read(option, node);
    if (value) {
      if (auto checked = check_value(option, *value); !checked) value = fail(checked.error());
    }
    if (!value) {
      return fail(wrong(node.source(), key, value.error().message, value.error().hint));
    }
    into_[&option] = FileValue{std::move(*value), place(node.source())};
    return {};
  }

  static Result<Value> mismatch(const char* should, std::string hint = {}) {
    return fail(Code::configuration, std::string("should be ") + should, std::move(hint));
  }

  // A value with a unit, and a choice, are strings that read as on the command line.
  static Result<Value> from_string(const OptionSpec& option, const toml::node& node,
                                   const char* should, std::string hint) {
    const auto* text = node.as_string();
    if (text == nullptr) return mismatch(should, std::move(hint));
    auto value = value_from_words(option, {text->get()});
    if (!value) return fail(value.error().in("is wrong"));
    return value;
  }

  static Result<Value> read(const OptionSpec& option, const toml::node& node) {
    struct Reader {
      const OptionSpec& option;
      const toml::node& node;
      Result<Value> operator()(const bool*) const {
        if (!node.is_boolean()) return mismatch("true or false");
        return Value{node.as_boolean()->get()};
      }
      Result<Value> operator()(const Count*) const {
        const auto* number = node.as_integer();
        if (number == nullptr || number->get() < 0 || number->get() > 9) {
          return mismatch("a number from 0 to 9");
        }
        return Value{Count{static_cast<int>(number->get())}};
      }
      Result<Value> operator()(const std::string*) const {
        if (!node.is_string()) return mismatch("a string");
        return Value{node.as_string()->get()};
      }
      Result<Value> operator()(const std::vector<std::string>*) const {
        const auto* array = node.as_array();
        if (array == nullptr || !(array->empty() || array->is_homogeneous<std::string>())) {
          return mismatch("a list of strings", "write [\"one\", \"two\"]");
        }
        std::vector<std::string> words;
        for (const auto& element : *array) words.push_back(element.as_string()->get());
        return Value{std::move(words)};
      }
      Result<Value> operator()(const std::int64_t*) const {
        if (!node.is_integer()) return mismatch("a whole number");
        return Value{node.as_integer()->get()};
      }
      Result<Value> operator()(const double*) const {
        if (node.is_integer()) return Value{static_cast<double>(node.as_integer()->get())};
        if (!node.is_floating_point()) return mismatch("a number");
        return Value{node.as_floating_point()->get()};
      }
      Result<Value> operator()(const Duration*) const {
        return from_string(option, node, "a string with a unit", "write \"250us\", \"3ms\"");
      }
      Result<Value> operator()(const ByteSize*) const {
        if (const auto* bytes = node.as_integer(); bytes != nullptr && bytes->get() >= 0) {
          return Value{ByteSize{static_cast<std::uint64_t>(bytes->get())}};
        }
        return from_string(option, node, "bytes or a string with a unit", "write \"64KiB\"");
      }
    };
    return std::visit(Reader{option, node}, option.target);
  }

  std::string path_;
  FileValues& into_;
};

}  // namespace

Status parse_config(const CommandParts& root, const std::string& text, const std::string& path,
                    FileValues& into) {
  try {
    const toml::table table = toml::parse(text, path);
    return Loader(path, into).load(table, root);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return fail(Code::configuration,
                fmt::format("{}:{}:{}: {}", path, at.line, at.column, error.description()),
                "the file is TOML; strings stand in double quotes");
  }
}

Status read_config(const CommandParts& root, const std::string& path, FileValues& into) {
  TALLY_TRY(const std::string text, core::read_file(path));
  return parse_config(root, text, path, into);
}

}  // namespace tally::cli

#include "tune/host.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

namespace tally::tune {

Result<std::string> TreeHost::read(const std::string& path) const {
  return tree_.read(path);
}
Result<std::vector<std::string>> TreeHost::list(const std::string& folder) const {
  return tree_.list(folder);
}
Status TreeHost::write_value(const std::string& path, std::string_view bytes) {
  return tree_.write_value(path, bytes);
}
Status TreeHost::replace(const std::string& path, std::string_view content) {
  TALLY_CHECK(tree_.make_folders(folder_of(path), 0755));
  return tree_.replace(path, content, 0644);
}
Status TreeHost::remove(const std::string& path) {
  return tree_.remove(path);
}
void TreeHost::pause_ms(unsigned milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::vector<int> numbered(const Host& host, const std::string& folder, std::string_view prefix) {
  std::vector<int> numbers;
  const auto names = host.list(folder);
  if (!names) return numbers;
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix)) continue;
    const char* begin = name.data() + prefix.size();
    const char* end = name.data() + name.size();
    int number = 0;
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (begin != end && stop == end && error == std::errc{} && number >= 0) {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace tally::tune

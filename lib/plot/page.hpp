// A page of HTML in one file that needs no other: pictures inside, no script from elsewhere, no
// request at all, which a content security policy in it enforces. Follows the reader's light or
// dark setting. Any thread; allocates what it returns.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally::plot {

// Cells are text. The first column names the row; the others are figures.
struct Table {
  std::string caption;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

[[nodiscard]] std::string table_html(const Table& table);
[[nodiscard]] std::string table_text(const Table& table);

// `body` and `script` are markup and code of ours, not text of a user.
[[nodiscard]] std::string page_html(std::string_view title, std::string_view body,
                                    std::string_view script = {});

// A picture with what is read below it.
[[nodiscard]] std::string figure_html(std::string_view svg, std::string_view below);

}  // namespace tally::plot

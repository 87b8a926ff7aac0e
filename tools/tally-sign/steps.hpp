// What sessions by files have in common at the command line.
#pragma once

#include <string>
#include <string_view>

#include "cli/app.hpp"

namespace tally::sign {

// Errors: usage where none is named.
[[nodiscard]] Status need_folder(const std::string& path);
// Errors: cannot_create; a folder that is there is none.
[[nodiscard]] Status make_folder(const std::string& path);

// Tells of a step that was taken and its file: a line for people, an object of `schema` for
// programs.
void say_step(cli::Invocation& call, std::string_view schema, const char* step,
              const std::string& file);

// How a run ends that waits for the file of another party: well when it `advanced`, else try_again
// with `hint`, on who makes the file.
[[nodiscard]] Result<Code> wait_for(const std::string& file, bool advanced, const std::string& hint,
                                    cli::Invocation& call);

}  // namespace tally::sign

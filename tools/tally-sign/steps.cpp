#include "steps.hpp"

#include <cerrno>
#include <sys/stat.h>

#include "json/writer.hpp"

namespace tally::sign {

Status need_folder(const std::string& path) {
  if (!path.empty()) return {};
  return fail(Code::usage, "a folder for the messages is needed", "give --dir DIR");
}

Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return {};
  return fail(core::os_error(Code::cannot_create, "cannot create " + path, errno));
}

void say_step(cli::Invocation& call, std::string_view schema, const char* step,
              const std::string& file) {
  if (!call.json) {
    call.out.print("{:<12}{}\n", step, file);
    return;
  }
  json::Writer line;
  line.begin_object().field("schema", schema).field("step", step);
  line.field("file", std::string_view(file)).end_object();
  call.out.line(line.text());
}

Result<Code> wait_for(const std::string& file, bool advanced, const std::string& hint,
                      cli::Invocation& call) {
  if (!advanced) return fail(Code::try_again, file + " is not there yet", hint);
  call.out.note("run this again when " + file + " and those of the others are there");
  return Code::ok;
}

}  // namespace tally::sign

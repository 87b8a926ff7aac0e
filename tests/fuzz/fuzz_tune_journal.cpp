// Whatever bytes are read as a journal or as a plan: no more is valid than was there, what is read
// is written as bytes that read the same, and a plan that is accepted holds nothing a shell runs.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/bytes.hpp"
#include "tune/journal.hpp"
#include "tune/plan.hpp"
#include "tune/undo.hpp"

namespace tune = tally::tune;
namespace core = tally::core;

namespace {

void check(bool truth) {
  if (!truth) std::abort();
}

void journal(core::ByteView data) {
  const auto decoded = tune::decode_journal(data);
  if (!decoded) return;
  check(decoded->valid_bytes <= data.size());
  std::string again(tune::kJournalMagic);
  for (const tune::Record& record : decoded->records) again += tune::encode(record);
  const auto reread = tune::decode_journal(core::as_bytes(again));
  check(reread && reread->records == decoded->records);
  const auto transaction = tune::fold("t0001", *decoded);
  if (!transaction) return;
  check(!(transaction->active() && transaction->closed));
  for (const tune::Step& step : transaction->steps) {
    check(tune::compare(step, step.intent.old_bytes, step.intent.existed) == tune::Standing::old ||
          !step.intent.existed);
  }
}

void plan(core::ByteView data) {
  const auto parsed = tune::parse_plan(core::as_text(data));
  if (!parsed) return;
  const auto again = tune::parse_plan(tune::to_json(*parsed));
  check(again && *again == *parsed);
  if (!parsed->boot_file) return;
  const auto parameters = tune::parse_drop_in(parsed->boot_file->new_content);
  check(tune::render_drop_in(parameters) == parsed->boot_file->new_content);
  for (const tune::Parameter& parameter : parameters) {
    check(parameter.token.find_first_of("$`\"'\\;&|<>\n") == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  journal({data, size});
  plan({data, size});
  return 0;
}

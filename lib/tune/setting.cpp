#include "tune/setting.hpp"

namespace tally::tune {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::drift:
      return "drift";
    case Verdict::not_applicable:
      return "not_applicable";
    case Verdict::refused:
      return "refused";
    case Verdict::advice:
      return "advice";
  }
  return "?";
}

const char* name_of(When when) {
  switch (when) {
    case When::live:
      return "live";
    case When::boot:
      return "boot";
    case When::report:
      return "report";
  }
  return "?";
}

std::string Item::instance() const {
  if (unit < 0) return part.empty() ? "host" : part;
  const std::string name = unit_kind + std::to_string(unit);
  return part.empty() ? name : name + "/" + part;
}

}  // namespace tally::tune

#include "commands.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-tune",
                      "measure, plan, apply and roll back a host's low-latency tuning");
  tally::tool::Options options;
  tally::tool::add_status(app, options);
  tally::tool::add_plan(app, options);
  tally::tool::add_apply(app, options);
  tally::tool::add_rollback(app, options);
  tally::tool::add_explain(app, options);
  tally::tool::add_hold(app, options);
  tally::tool::add_doctor(app);
  return app.main(argc, argv);
}

#include "cli/app.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-tune",
                      "measure, plan, apply and roll back a host's low-latency tuning");
  return app.main(argc, argv);
}

#include "cli/app.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-bench", "measure queues, rings, crypto and signing on noisy machines");
  return app.main(argc, argv);
}

#include "cli/app.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-relay",
                      "move packets and records between sockets, pipes, files and rings");
  return app.main(argc, argv);
}

#include "cli/app.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-relay",
                      "move packets and records between sockets, pipes, files and rings");
  tally::relay::add_relay(app);
  tally::relay::add_ring(app);
  tally::relay::add_doctor(app);
  return app.main(argc, argv);
}

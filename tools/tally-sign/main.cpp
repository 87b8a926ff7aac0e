#include "cli/app.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-sign",
                      "sign with a key that no machine holds: t of n parties on secp256k1");
  return app.main(argc, argv);
}

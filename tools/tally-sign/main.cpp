#include "commands.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-sign",
                      "sign with a key that no machine holds: t of n parties on secp256k1");
  tally::sign::add_deal(app);
  tally::sign::add_dkg(app);
  tally::sign::add_recover(app);
  tally::sign::add_derive(app);
  tally::sign::add_pair(app);
  tally::sign::add_refresh(app);
  tally::sign::add_join(app);
  tally::sign::add_inspect(app);
  tally::sign::add_serve(app);
  tally::sign::add_sign(app);
  tally::sign::add_cosign(app);
  tally::sign::add_verify(app);
  tally::sign::add_sign_doctor(app);
  return app.main(argc, argv);
}

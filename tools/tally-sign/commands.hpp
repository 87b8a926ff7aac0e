// The commands of tally-sign, one file each.
#pragma once

#include "cli/app.hpp"

namespace tally::sign {

void add_deal(cli::App& app);
void add_dkg(cli::App& app);
void add_derive(cli::App& app);
void add_recover(cli::App& app);
void add_pair(cli::App& app);
void add_refresh(cli::App& app);
void add_join(cli::App& app);
void add_inspect(cli::App& app);
void add_serve(cli::App& app);
void add_sign(cli::App& app);
void add_cosign(cli::App& app);
void add_verify(cli::App& app);
void add_sign_doctor(cli::App& app);

}  // namespace tally::sign

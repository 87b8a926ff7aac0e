// The folder of a key generation ceremony, which custodians carry from machine to machine: what all
// agreed on beforehand, and one file for each message. None of it is secret.
//
//   ceremony             threshold, host public keys, and the hash that participants compare
//   contribution-I       first message of participant I
//   collection           the coordinator's answer to all
//   agreement-I          second message of participant I
//   recovery             the result: with a host key it gives a share, and it proves that all
//   agreed NAME.group           the public half of the new key
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "mpc/dkg.hpp"

namespace tally::sign {

// The text of the file `ceremony`. It has one spelling. Pre: check_params(params).
[[nodiscard]] std::string encode_ceremony(const mpc::DkgParams& params);
// Errors: bad_data for another spelling or version, and those of mpc::check_params.
[[nodiscard]] Result<mpc::DkgParams> parse_ceremony(std::string_view text);

class CeremonyFolder {
 public:
  // Makes the folder with its file `ceremony`. Errors: cannot_create when it exists.
  [[nodiscard]] static Result<CeremonyFolder> create(const std::string& path,
                                                     const mpc::DkgParams& params);
  // Errors: no_input, bad_data.
  [[nodiscard]] static Result<CeremonyFolder> open(const std::string& path);

  [[nodiscard]] const mpc::DkgParams& params() const { return params_; }
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }

  // A message, at most 1 MiB. Errors: no_input.
  [[nodiscard]] Result<Bytes> read(const std::string& name) const;
  // NAME-0 .. NAME-(n-1). Errors: those of read, so that the missing one is named.
  [[nodiscard]] Result<std::vector<Bytes>> read_all(const std::string& name) const;
  // A new file. Errors: cannot_create when it exists.
  [[nodiscard]] Status write(const std::string& name, ByteView content) const;

 private:
  CeremonyFolder(std::string path, mpc::DkgParams params)
      : path_(std::move(path)), params_(std::move(params)) {}

  std::string path_;
  mpc::DkgParams params_;
};

}  // namespace tally::sign

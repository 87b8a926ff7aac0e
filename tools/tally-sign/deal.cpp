// tally-sign deal: a new key, cut into shares on this machine.
#include "mpc/deal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.hpp"
#include "core/file.hpp"
#include "core/hex.hpp"
#include "core/stop.hpp"
#include "custody/group_file.hpp"
#include "custody/share_file.hpp"
#include "json/writer.hpp"
#include "options.hpp"

namespace tally::sign {
namespace {

struct DealOptions {
  std::int64_t threshold = 0;
  std::int64_t parties = 0;
  std::string out;
  std::string name = "key";
  std::vector<std::string> passphrase_files;
  std::int64_t passphrase_fd = -1;
  cli::ByteSize kdf_memory{custody::KdfParameters{}.memory_bytes};
  std::int64_t kdf_passes = custody::KdfParameters{}.passes;
};

// A folder that appears under its name with everything in it, or not at all.
class NewFolder {
 public:
  [[nodiscard]] static Result<NewFolder> create(const std::string& path) {
    std::string final_path = path;
    while (final_path.size() > 1 && final_path.back() == '/') final_path.pop_back();
    std::string temporary = final_path + ".XXXXXX";
    if (::mkdtemp(temporary.data()) == nullptr) {
      return fail(core::os_error(errno == EACCES ? Code::permission : Code::cannot_create,
                                 "cannot create a folder beside " + final_path, errno));
    }
    return NewFolder(final_path, temporary);
  }
  NewFolder(NewFolder&& other) noexcept = default;
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder() {
    if (temporary_.empty()) return;
    for (const std::string& name : names_) ::unlink((temporary_ + "/" + name).c_str());
    ::rmdir(temporary_.c_str());
  }

  [[nodiscard]] Status add(const std::string& name, ByteView content, mode_t mode) {
    names_.push_back(name);
    return core::create_file(temporary_ + "/" + name, content, mode);
  }
  // An empty folder of that name is replaced, anything else is left and refused.
  [[nodiscard]] Status publish() {
    if (std::rename(temporary_.c_str(), final_.c_str()) != 0) {
      return fail(core::os_error(Code::cannot_create, "cannot create " + final_, errno,
                                 "name a folder that does not exist"));
    }
    temporary_.clear();
    return {};
  }
  [[nodiscard]] std::string path_of(const std::string& name) const { return final_ + "/" + name; }

 private:
  NewFolder(std::string final_path, std::string temporary)
      : final_(std::move(final_path)), temporary_(std::move(temporary)) {}

  std::string final_;
  std::string temporary_;
  std::vector<std::string> names_;
};

Status check(const DealOptions& options) {
  if (options.threshold > options.parties) {
    return fail(Code::usage, fmt::format("a threshold of {} is above {} parties", options.threshold,
                                         options.parties));
  }
  if (options.out.empty()) {
    return fail(Code::usage, "a folder for the shares is needed", "give --out DIR");
  }
  if (options.name.empty() || options.name.find('/') != std::string::npos ||
      options.name.front() == '.') {
    return fail(Code::usage, fmt::format("'{}' is no name for files", options.name));
  }
  const std::size_t files = options.passphrase_files.size();
  if (files > 1 && files != static_cast<std::size_t>(options.parties)) {
    return fail(Code::usage,
                fmt::format("{} passphrase files for {} parties", files, options.parties),
                "give --passphrase-file once for all, or once for each party in their order");
  }
  struct stat about {};
  if (::stat(options.out.c_str(), &about) == 0 && ::rmdir(options.out.c_str()) != 0) {
    return fail(Code::cannot_create, options.out + " exists already",
                "name a folder that does not exist");
  }
  return {};
}

// The passphrases of all parties: one for all from a file or descriptor, or one each.
Result<std::vector<core::SecretBytes>> read_passphrases(const DealOptions& options,
                                                        const cli::Invocation& call) {
  std::vector<core::SecretBytes> passphrases;
  const auto fd = static_cast<int>(options.passphrase_fd);
  const bool one_for_all = options.passphrase_files.size() == 1 || fd >= 0;
  const std::size_t wanted = one_for_all ? 1 : static_cast<std::size_t>(options.parties);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::string file = options.passphrase_files.empty() ? "" : options.passphrase_files[i];
    TALLY_TRY(passphrases.emplace_back(),
              custody::read_passphrase({file, fd, !call.no_input},
                                       fmt::format("new passphrase for party {}", i), true));
  }
  return passphrases;
}

Status write_shares(const mpc::Dealing& dealing, const DealOptions& options,
                    const std::vector<core::SecretBytes>& passphrases, NewFolder& folder) {
  const mpc::GroupKey& group = dealing.group();
  const custody::KdfParameters kdf{options.kdf_memory.bytes,
                                   static_cast<std::uint32_t>(options.kdf_passes)};
  TALLY_CHECK(custody::check_kdf(kdf));
  for (mpc::PartyId party = 0; party < group.parties(); ++party) {
    if (core::StopSignal::requested()) return fail(Code::try_again, "interrupted, nothing is left");
    TALLY_TRY(const mpc::Share share, dealing.share(party));
    TALLY_CHECK(mpc::verify_share(dealing.commitments(), group.threshold(), group.parties(), party,
                                  share.secret_bytes()));
    const auto& passphrase = passphrases[passphrases.size() == 1 ? 0 : party];
    TALLY_TRY(const Bytes file, custody::seal_share(share, passphrase.bytes(), kdf));
    TALLY_CHECK(folder.add(fmt::format("{}-{}.share", options.name, party), file, 0600));
  }
  const std::string text = custody::encode_group(group);
  return folder.add(options.name + ".group", core::as_bytes(text), 0644);
}

void print(const mpc::GroupKey& group, const DealOptions& options, const NewFolder& folder,
           cli::Invocation& call) {
  const std::string group_path = folder.path_of(options.name + ".group");
  const std::string id = core::to_hex(group.key_id());
  const std::string xonly = core::to_hex(group.key().xonly());
  const std::string compressed = core::to_hex(group.key().encode());
  if (!call.json) {
    call.out.print("key id      {}\nquorum      {} of {}\n", id, group.threshold(),
                   group.parties());
    call.out.print("public key  {} (BIP-340, x-only)\n            {} (SEC1, compressed)\n", xonly,
                   compressed);
    call.out.print("group file  {}\n", group_path);
    for (mpc::PartyId party = 0; party < group.parties(); ++party) {
      call.out.print("share {:<4}  {}\n", party,
                     folder.path_of(fmt::format("{}-{}.share", options.name, party)));
    }
    return;
  }
  json::Writer line;
  line.begin_object().field("schema", "tally.sign.deal/1").field("key_id", std::string_view(id));
  line.field("threshold", group.threshold()).field("parties", group.parties());
  line.field("pubkey", std::string_view(xonly));
  line.field("pubkey_compressed", std::string_view(compressed));
  line.field("group", std::string_view(group_path)).key("shares").begin_array();
  for (mpc::PartyId party = 0; party < group.parties(); ++party) {
    line.value(std::string_view(folder.path_of(fmt::format("{}-{}.share", options.name, party))));
  }
  line.end_array().end_object();
  call.out.line(line.text());
}

Result<mpc::Dealing> draw(const DealOptions& options) {
  TALLY_TRY(auto seed, core::SecretBytes::allocate(32));
  core::random_bytes(seed.bytes());
  auto dealing = mpc::deal(static_cast<std::uint32_t>(options.threshold),
                           static_cast<std::uint32_t>(options.parties), seed.bytes());
  if (!dealing) return fail(dealing.error());
  return std::move(*dealing);
}

Result<Code> run(const DealOptions& options, cli::Invocation& call) {
  TALLY_CHECK(core::harden_process());
  TALLY_CHECK(check(options));
  TALLY_TRY(const auto passphrases, read_passphrases(options, call));
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  // A file beyond the limit of the shell is an error to report, not an end in the middle.
  std::signal(SIGXFSZ, SIG_IGN);
  TALLY_TRY(NewFolder folder, NewFolder::create(options.out));
  TALLY_TRY(const mpc::Dealing dealing, draw(options));
  TALLY_CHECK(write_shares(dealing, options, passphrases, folder));
  TALLY_CHECK(folder.publish());
  print(dealing.group(), options, folder, call);
  call.out.note(
      "this machine held the whole key for a moment: deal where nobody else is, hand each share to "
      "its party and remove it here");
  return Code::ok;
}

}  // namespace

void add_deal(cli::App& app) {
  const auto options = std::make_shared<DealOptions>();
  cli::Command& command =
      app.root().command("deal", "make a key and cut it into shares, one encrypted file a party");
  command.option("--threshold", options->threshold, "T", "parties that a signature takes", 1,
                 mpc::kMostParties);
  command.option("--parties", options->parties, "N", "parties that get a share",
                 mpc::kFewestParties, mpc::kMostParties);
  command.option("--out", options->out, "DIR", "new folder for the files",
                 {cli::Completion::Kind::folder, {}, {}});
  command.option("--name", options->name, "NAME", "files are NAME.group and NAME-0.share onwards");
  command.option("--passphrase-file", options->passphrase_files, "FILE",
                 "passphrase for all shares, or once for each party in their order",
                 {cli::Completion::Kind::file, {}, {}});
  command.option("--passphrase-fd", options->passphrase_fd, "N",
                 "read one passphrase for all from an open descriptor, -1 for none", -1, 1023);
  command.option("--kdf-memory", options->kdf_memory,
                 "memory that each guess at a passphrase costs, 64MiB to 1GiB");
  command.option("--kdf-passes", options->kdf_passes, "N", "passes over that memory", 2, 16);
  command.example("tally-sign deal --threshold 3 --parties 4 --out keys");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign

// tally-sign refresh and join: new shares of the same key for its parties, and for newcomers.
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "commands.hpp"
#include "custody/group_file.hpp"
#include "json/writer.hpp"
#include "refreshing.hpp"
#include "steps.hpp"

namespace tally::sign {
namespace {

struct RefreshOptions {
  std::string folder;
  ShareOptions share;
  std::int64_t threshold = 0;
  std::vector<std::string> without;
  std::vector<std::string> with;
  bool anew = false;
};

struct JoinOptions {
  std::string folder;
  std::string group;
  HostKeyOptions key;
  std::string out;
};

Result<RefreshTerms> terms_of(const RefreshOptions& options, const mpc::GroupKey& group) {
  RefreshTerms terms;
  terms.threshold =
      options.threshold == 0 ? group.threshold() : static_cast<std::uint32_t>(options.threshold);
  for (mpc::PartyId party = 0; party < group.parties(); ++party) terms.members.push_back(party);
  for (const std::string& text : options.without) {
    const auto party = parse_party(text, group.parties());
    if (!party) {
      return fail(Code::usage, fmt::format("--without {}: no party of this key", text),
                  fmt::format("its parties are 0 to {}", group.parties() - 1));
    }
    std::erase(terms.members, *party);
  }
  TALLY_TRY(terms.newcomers, parse_host_keys(options.with));
  return terms;
}

constexpr std::string_view kSchema = "tally.sign.refresh/1";

// Every step that can be taken now. Nothing where the session has ended; else what to do next.
Result<std::optional<Code>> go_on(Refreshing& session, cli::Invocation& call) {
  bool advanced = false;
  TALLY_TRY(const auto awaited, session.go_on([&](const char* step, const std::string& file) {
    say_step(call, kSchema, step, file);
    advanced = true;
  }));
  if (!awaited) return std::nullopt;
  const bool newcomer = session.is_newcomer(awaited->party);
  const bool alike = newcomer == session.is_newcomer(session.number());
  const char* other = newcomer ? "tally-sign join" : "tally-sign refresh";
  std::string hint = fmt::format("{} {} makes it by {}", newcomer ? "newcomer" : "party",
                                 awaited->party, alike ? "the same command" : other);
  // From here on others may have ended the session with what does not come here.
  if (awaited->step == RefreshStep::hold)
    hint += "; if it never comes, see refresh in tally-sign(1)";
  TALLY_TRY(const Code code,
            wait_for(session.path_of(awaited->step, awaited->party), advanced, hint, call));
  return code;
}

// The session in the folder is the one that the share came out of. Of which epoch that is tells
// whether the session meant is over, or the folder has a file copied from another one.
void say_over(const std::string& share, std::uint32_t epoch, cli::Invocation& call) {
  if (!call.json) {
    call.out.print("{:<12}{} of epoch {}\n", "over", share, epoch);
    return;
  }
  json::Writer line;
  line.begin_object().field("schema", kSchema).field("step", "over");
  line.field("file", std::string_view(share)).field("epoch", epoch).end_object();
  call.out.line(line.text());
}

void say_what_next(std::uint32_t epoch, const std::string& group_path, cli::Invocation& call) {
  call.out.note(
      fmt::format("the key is in epoch {}: give {} to coordinators, start parties "
                  "again, set up pairs for ECDSA again, destroy copies of old shares",
                  epoch, group_path));
}

Result<Code> run(const RefreshOptions& options, cli::Invocation& call) {
  TALLY_CHECK(need_folder(options.folder));
  TALLY_CHECK(refuse_linked_share(options.share.file));
  TALLY_TRY(const UnlockedShare mine, open_share_to_reseal(options.share, call));
  const mpc::GroupKey& group = mine.share.group();
  TALLY_CHECK(Refreshing::end_interrupted(options.share.file, mine.share));
  TALLY_TRY(const bool over, Refreshing::came_out_of(options.share.file, options.folder, group));
  if (over && !options.anew) {
    say_over(options.share.file, group.epoch(), call);
    const std::string group_path = options.folder + "/key.group";
    if (::access(group_path.c_str(), F_OK) == 0) {
      say_what_next(group.epoch(), group_path, call);
    } else {
      call.out.warning(group_path + " is not there: is this the folder of that refresh?");
    }
    return Code::ok;
  }
  TALLY_TRY(const auto terms, terms_of(options, group));
  TALLY_CHECK(make_folder(options.folder));
  TALLY_TRY(auto session,
            Refreshing::open(options.share.file, mine, options.folder, terms, options.anew));
  TALLY_TRY(const auto waiting, go_on(session, call));
  if (waiting) return *waiting;
  say_what_next(group.epoch() + 1, session.group_path(), call);
  return Code::ok;
}

// What a newcomer is told at the end, by what its share file says.
Result<Code> end_of_join(const JoinOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto sealed, custody::read_share_file(options.out));
  call.out.note(
      fmt::format("{} is the share of party {}, of epoch {}: destroy the host key, which "
                  "gives it again; set up pairs for ECDSA",
                  options.out, sealed.facts.party, sealed.facts.group.epoch()));
  return Code::ok;
}

Result<Code> join(const JoinOptions& options, cli::Invocation& call) {
  TALLY_CHECK(need_folder(options.folder));
  if (options.group.empty()) {
    return fail(Code::usage, "the group file of the key is needed", "give --group FILE");
  }
  if (options.out.empty()) {
    return fail(Code::usage, "a file for the share is needed", "give --out FILE");
  }
  if (::access(options.out.c_str(), F_OK) == 0) {
    TALLY_TRY(const auto sealed, custody::read_share_file(options.out));
    TALLY_TRY(const bool over,
              Refreshing::came_out_of(options.out, options.folder, sealed.facts.group));
    if (!over) {
      return fail(Code::cannot_create, options.out + " is there already, from elsewhere",
                  "a newcomer's share is a new file");
    }
    say_over(options.out, sealed.facts.group.epoch(), call);
    return end_of_join(options, call);
  }
  TALLY_TRY(const auto group, custody::read_group_file(options.group));
  TALLY_TRY(const HostKey key, open_host_key(options.key, call));
  TALLY_TRY(auto session, Refreshing::join(options.out, key, group, options.folder));
  call.out.note(fmt::format("the key goes on with {}", to_text(session.terms())));
  TALLY_TRY(const auto waiting, go_on(session, call));
  if (waiting) return *waiting;
  return end_of_join(options, call);
}

}  // namespace

void add_refresh(cli::App& app) {
  const auto options = std::make_shared<RefreshOptions>();
  cli::Command& command = app.root().command(
      "refresh", "take new shares of the same key, by files that custodians carry");
  command.option("--dir", options->folder, "DIR", "folder for the messages, the same for all",
                 {cli::Completion::Kind::folder, {}, {}});
  add_share_options(command, options->share);
  command.option("--threshold", options->threshold, "T",
                 "parties that a signature takes from now on, 0 for as many as now", 0,
                 mpc::kMostParties);
  command.option("--without", options->without, "N",
                 "leave party N out of the next epoch; those behind it move up by one number");
  command.option("--with", options->with, "HEX",
                 "host public key of a newcomer, who gets a share as well; once for each");
  command.flag("--anew", options->anew,
               "give up a refresh that was begun and has no end, and begin another");
  command.example("tally-sign refresh --dir epoch-1 --share key-0.share");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

void add_join(cli::App& app) {
  const auto options = std::make_shared<JoinOptions>();
  cli::Command& command = app.root().command(
      "join", "take a share of a key whose parties refresh it with your host key");
  command.option("--dir", options->folder, "DIR", "folder for the messages, that of the parties",
                 {cli::Completion::Kind::folder, {}, {}});
  command.option("--group", options->group, "FILE", "group file of the key before the refresh",
                 {cli::Completion::Kind::file, {}, {}});
  add_host_key_options(command, options->key);
  command.option("--out", options->out, "FILE",
                 "new file for the share, under the passphrase of the host key",
                 {cli::Completion::Kind::file, {}, {}});
  command.example("tally-sign join --dir epoch-1 --group key.group --key me.host --out me.share");
  command.on_run([options](cli::Invocation& call) { return join(*options, call); });
}

}  // namespace tally::sign

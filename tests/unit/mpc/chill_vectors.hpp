// ChillDKG's test vectors (BlockstreamResearch/bip-frost-dkg, vectors): the published JSON as cases
// of support/vectors.hpp, and what runs a case. A case's name says which step it is of.
#pragma once

#include <algorithm>
#include <doctest/doctest.h>
#include <map>

#include "json/value.hpp"
#include "mpc/dkg.hpp"
#include "support/vectors.hpp"

namespace tally::test {

// --- the published files
// --------------------------------------------------------------------------

class PublishedChill {
 public:
  // All cases of the document, named after `kind` and their number.
  static std::vector<VectorCase> read(const std::string& kind, const json::Value& document) {
    std::vector<VectorCase> out;
    const json::Value* groups = document.find("testGroups");
    if (groups == nullptr) add_cases(kind, document, {}, out);
    if (groups != nullptr) {
      for (const auto& group : *groups->as_array()) {
        std::map<std::string, std::string> shared;
        flatten(group, shared);
        add_cases(kind, group, shared, out);
      }
    }
    return out;
  }

 private:
  using Fields = std::map<std::string, std::string>;

  static std::string joined(const json::Value& list) {
    std::string out;
    for (const auto& entry : *list.as_array()) {
      if (entry.as_string() == nullptr) return {};
      out += (out.empty() ? "" : " ") + *entry.as_string();
    }
    return out;
  }
  // Strings and lists of strings by their names; what stands in a nested object by its own name.
  static void flatten(const json::Value& value, Fields& into) {
    for (const auto& [name, member] : *value.as_object()) {
      if (member.as_string() != nullptr) {
        into[name] = member.as_string()->empty() ? "-" : *member.as_string();
      } else if (member.as_array() != nullptr && name.find("TestCases") == std::string::npos) {
        const std::string list = joined(member);
        if (!list.empty()) into[name] = list;
      } else if (member.as_object() != nullptr) {
        flatten(member, into);
      } else if (const auto* number = std::get_if<std::int64_t>(&member.content())) {
        into[name] = std::to_string(*number);
      }
    }
  }
  // Indices into a pool become the entries themselves.
  static void pick(const json::Value& group, const json::Value& source, const std::string& indices,
                   const std::string& pool, const std::string& as, Fields& into) {
    const json::Value* chosen = source.find(indices);
    if (chosen == nullptr) return;
    const auto& entries = **group.array_at(pool);
    const auto at = [&](const json::Value& index) {
      return *entries.at(static_cast<std::size_t>(*std::get_if<std::int64_t>(&index.content())))
                  .as_string();
    };
    std::string list;
    if (chosen->as_array() == nullptr) list = at(*chosen);
    if (chosen->as_array() != nullptr) {
      for (const auto& index : *chosen->as_array()) list += (list.empty() ? "" : " ") + at(index);
    }
    into[as] = list;
  }
  static void add_cases(const std::string& kind, const json::Value& group, const Fields& shared,
                        std::vector<VectorCase>& out) {
    for (const char* list : {"validTestCases", "errorTestCases"}) {
      const json::Value* cases = group.find(list);
      if (cases == nullptr) continue;
      for (const auto& source : *cases->as_array()) {
        Fields fields = shared;
        fields.erase("type");
        flatten(source, fields);
        pick(group, source, "pmsg1Indices", "pmsg1Pool", "pmsgs1", fields);
        pick(group, source, "pmsg2Indices", "pmsg2Pool", "pmsgs2", fields);
        pick(group, source, "cmsg1Index", "cmsg1Pool", "cmsg1", fields);
        VectorCase made;
        for (const auto& [name, value] : fields) made.set(name, value);
        made.set("case", kind + "-" + fields["tcId"]);
        made.set("kind", kind);
        out.push_back(std::move(made));
      }
    }
  }
};

// --- running them
// ---------------------------------------------------------------------------------

class ChillVector {
 public:
  explicit ChillVector(const VectorCase& test_case) : case_(test_case) {}

  // False when the interface cannot express the case.
  [[nodiscard]] bool run() const {
    INFO(case_.label());
    const std::string kind = case_.text("kind");
    if (kind == "hostpubkey_gen") return run_host_key();
    if (kind == "params_hash") return run_params_hash();
    if (kind == "participant_step1") return run_start();
    if (kind == "participant_step2") return run_agree();
    if (kind == "participant_finalize") return run_finish();
    if (kind == "participant_investigate") return run_investigate();
    if (kind == "coordinator_step1") return run_collect();
    if (kind == "coordinator_finalize") return run_coordinator_finish();
    if (kind == "coordinator_investigate") return run_investigation();
    REQUIRE_MESSAGE(kind == "recover", kind);
    return run_recover();
  }

 private:
  using Fault = mpc::Fault;

  [[nodiscard]] mpc::DkgParams params() const {
    mpc::DkgParams out;
    out.t = case_.number("t");
    for (const Bytes& key : case_.byte_list("hostpubkeys")) {
      REQUIRE(key.size() == 33);
      std::copy(key.begin(), key.end(), out.host_keys.emplace_back().begin());
    }
    return out;
  }
  [[nodiscard]] bool fails() const { return case_.has("type"); }

  // What the reference's exceptions are called here, and whom they name.
  void expect_fault(const mpc::Failure& failure) const {
    REQUIRE_MESSAGE(fails(), mpc::to_text(failure.fault));
    const std::string type = case_.text("type");
    const std::map<std::string, std::vector<Fault>> kNames = {
        {"ValueError", {Fault::bad_length}},
        {"HostSeckeyError", {Fault::bad_host_secret, Fault::unknown_host_key}},
        {"ThresholdOrCountError", {Fault::bad_parameters}},
        {"InvalidHostPubkeyError", {Fault::bad_host_key}},
        {"DuplicateHostPubkeyError", {Fault::duplicate_host_key}},
        {"RandomnessError", {Fault::bad_randomness}},
        {"RecoveryDataError", {Fault::bad_recovery_data}},
        {"FaultyParticipantError", {Fault::bad_contribution, Fault::bad_agreement}},
        {"FaultyCoordinatorError", {Fault::bad_collection, Fault::bad_certificate}},
        {"FaultyParticipantOrCoordinatorError",
         {Fault::bad_proof, Fault::bad_dealer_nonce, Fault::wrong_dealt_part}},
        {"UnknownFaultyParticipantOrCoordinatorError", {Fault::wrong_dealt_share}}};
    REQUIRE_MESSAGE(kNames.count(type) == 1, type);
    const auto& names = kNames.at(type);
    CHECK_MESSAGE(std::find(names.begin(), names.end(), failure.fault) != names.end(),
                  mpc::to_text(failure.fault));
    if (case_.has("participantId")) CHECK(failure.party == case_.number("participantId"));
    if (case_.has("participantId2")) {
      CHECK(failure.position == case_.number("participantId1"));
      CHECK(failure.party == case_.number("participantId2"));
    }
    const std::map<std::string, mpc::Blame> kBlame = {
        {"FaultyParticipantError", mpc::Blame::party},
        {"FaultyCoordinatorError", mpc::Blame::coordinator},
        {"FaultyParticipantOrCoordinatorError", mpc::Blame::party_or_coordinator},
        {"UnknownFaultyParticipantOrCoordinatorError", mpc::Blame::unattributed}};
    if (kBlame.count(type) != 0) CHECK(mpc::blame_of(failure.fault) == kBlame.at(type));
  }
  bool expect_fault_of(const mpc::Failure& failure) const {
    expect_fault(failure);
    return true;
  }
  void expect_bytes(ByteView bytes, const char* name) const {
    CHECK(core::to_hex(bytes) == core::to_hex(case_.bytes(name)));
  }
  void expect_group(const mpc::GroupKey& group) const {
    expect_bytes(group.key().encode(), "threshPk");
    const auto pubshares = case_.byte_list("pubshares");
    REQUIRE(pubshares.size() == group.parties());
    for (std::size_t i = 0; i < pubshares.size(); ++i) {
      CHECK(core::to_hex(group.pubshares()[i].encode()) == core::to_hex(pubshares[i]));
    }
    CHECK(group.epoch() == 0);
  }

  bool run_host_key() const {
    const auto key = mpc::host_key(case_.bytes("hostseckey"));
    if (!key) return expect_fault_of(key.error());
    REQUIRE_FALSE(fails());
    expect_bytes(key->pub, "expectedHostpubkey");
    return true;
  }
  bool run_params_hash() const {
    const auto hash = mpc::params_hash(params());
    if (!hash) return expect_fault_of(hash.error());
    REQUIRE_FALSE(fails());
    expect_bytes(*hash, "expectedParamsHash");
    return true;
  }
  [[nodiscard]] mpc::Outcome<mpc::DkgParticipant> start() const {
    return mpc::DkgParticipant::start(case_.bytes("hostseckey"), params(), case_.bytes("random"));
  }
  bool run_start() const {
    const auto made = start();
    if (!made) return expect_fault_of(made.error());
    REQUIRE_FALSE(fails());
    expect_bytes(made->contribution(), "expectedPmsg1");
    const auto again =
        mpc::DkgParticipant::resume(case_.bytes("hostseckey"), params(), made->contribution());
    REQUIRE(again);
    CHECK(again->id() == made->id());
    return true;
  }
  bool run_agree() const {
    // The host secret is given once here, so that it cannot change between the steps.
    if (fails() && case_.text("type") == "HostSeckeyError") return false;
    auto participant = start();
    REQUIRE(participant);
    expect_bytes(participant->contribution(), "pmsg1");
    const auto signature = participant->agree(case_.bytes("cmsg1"), case_.bytes("auxRand"));
    if (!signature) return expect_fault_of(signature.error());
    REQUIRE_FALSE(fails());
    expect_bytes(*signature, "expectedPmsg2");
    CHECK(participant->agree(case_.bytes("cmsg1"), case_.bytes("auxRand")).error().fault ==
          Fault::unexpected_message);
    return true;
  }
  bool run_finish() const {
    auto participant = start();
    REQUIRE(participant);
    CHECK(participant->finish(case_.bytes("cmsg2")).error().fault == Fault::unexpected_message);
    const auto signature = participant->agree(case_.bytes("cmsg1"), case_.bytes("auxRand"));
    REQUIRE(signature);
    expect_bytes(*signature, "pmsg2");
    const auto result = participant->finish(case_.bytes("cmsg2"));
    if (!result) return expect_fault_of(result.error());
    REQUIRE_FALSE(fails());
    expect_group(result->share.group());
    expect_bytes(result->share.secret_bytes(), "secshare");
    expect_bytes(result->recovery_data, "recoveryData");
    return true;
  }
  bool run_investigate() const {
    auto participant = start();
    REQUIRE(participant);
    const auto signature = participant->agree(case_.bytes("cmsg1"), case_.bytes("auxRand"));
    REQUIRE_FALSE(signature);
    CHECK(signature.error().fault == Fault::wrong_dealt_share);
    return expect_fault_of(participant->investigate(case_.bytes("cinvMsg")));
  }
  bool run_collect() const {
    const auto coordinator = mpc::DkgCoordinator::collect(params(), case_.byte_list("pmsgs1"));
    if (!coordinator) return expect_fault_of(coordinator.error());
    REQUIRE_FALSE(fails());
    expect_bytes(coordinator->collection(), "expectedCmsg1");
    return true;
  }
  bool run_investigation() const {
    const auto coordinator = mpc::DkgCoordinator::collect(params(), case_.byte_list("pmsgs1"));
    REQUIRE(coordinator);
    const auto expected = case_.byte_list("expectedCinvMsgs");
    REQUIRE(expected.size() == params().n());
    for (mpc::PartyId id = 0; id < expected.size(); ++id) {
      CHECK(coordinator->investigation(id) == expected[id]);
    }
    return true;
  }
  bool run_coordinator_finish() const {
    const auto coordinator = mpc::DkgCoordinator::collect(params(), case_.byte_list("pmsgs1"));
    REQUIRE(coordinator);
    expect_bytes(coordinator->collection(), "cmsg1");
    const auto result = coordinator->finish(case_.byte_list("pmsgs2"));
    if (!result) return expect_fault_of(result.error());
    REQUIRE_FALSE(fails());
    expect_group(result->group);
    expect_bytes(result->certificate, "cmsg2");
    expect_bytes(result->recovery_data, "recoveryData");
    return true;
  }
  bool run_recover() const {
    const Bytes secret = case_.has("hostseckey") ? case_.bytes("hostseckey") : Bytes();
    const auto key = mpc::recover(case_.bytes("recoveryData"), secret);
    if (!key) return expect_fault_of(key.error());
    REQUIRE_FALSE(fails());
    expect_group(key->group);
    CHECK(key->params == params());
    CHECK(key->share.has_value() == case_.has("hostseckey"));
    if (key->share) expect_bytes(key->share->secret_bytes(), "secshare");
    return true;
  }

  const VectorCase& case_;
};

}  // namespace tally::test

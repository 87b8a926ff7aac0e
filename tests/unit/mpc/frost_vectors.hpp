// Runs one case of the BIP-445 vectors against lib/mpc. A case says what it expects: a value, or
// the name of a fault (mpc/failure.hpp) and perhaps the position it blames.
#pragma once

#include <doctest/doctest.h>
#include <string>
#include <utility>

#include "mpc/deal.hpp"
#include "mpc/frost.hpp"
#include "support/vectors.hpp"

namespace tally::test {

inline mpc::Fault fault_named(const std::string& name) {
  using mpc::Fault;
  static const std::map<std::string, Fault> kNames = {
      {"bad_length", Fault::bad_length},
      {"signer_count", Fault::signer_count},
      {"id_out_of_range", Fault::id_out_of_range},
      {"duplicate_id", Fault::duplicate_id},
      {"bad_pubshare", Fault::bad_pubshare},
      {"key_mismatch", Fault::key_mismatch},
      {"bad_tweak", Fault::bad_tweak},
      {"tweak_to_infinity", Fault::tweak_to_infinity},
      {"bad_pubnonce", Fault::bad_pubnonce},
      {"bad_aggnonce", Fault::bad_aggnonce},
      {"bad_share", Fault::bad_share},
      {"share_mismatch", Fault::share_mismatch},
      {"not_a_signer", Fault::not_a_signer},
      {"nonce_spent", Fault::nonce_spent},
      {"bad_partial", Fault::bad_partial},
      {"wrong_partial", Fault::wrong_partial},
  };
  REQUIRE_MESSAGE(kNames.count(name) == 1, name);
  return kNames.at(name);
}

template <std::size_t N>
ByteArray<N> fixed(const Bytes& bytes) {
  REQUIRE(bytes.size() == N);
  ByteArray<N> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}
template <std::size_t N>
std::vector<ByteArray<N>> fixed_list(const std::vector<Bytes>& list) {
  std::vector<ByteArray<N>> out;
  for (const Bytes& bytes : list) out.push_back(fixed<N>(bytes));
  return out;
}

class FrostVector {
 public:
  explicit FrostVector(const VectorCase& test_case) : case_(test_case) {}

  // False when the interface cannot express the case, so that there was nothing to run.
  [[nodiscard]] bool run() const {
    INFO(case_.label());
    const std::string kind = case_.text("kind");
    if (has_unpaired_tweak()) return false;
    if (kind == "nonce_gen") {
      run_nonce_gen();
    } else if (kind == "nonce_agg") {
      expect(mpc::nonce_agg(pubnonces()));
    } else if (kind == "sign") {
      expect(sign());
    } else if (kind == "verify") {
      expect_nothing(verify());
    } else if (kind == "aggregate") {
      expect(aggregate());
    } else {
      FAIL("unknown kind " << kind);
    }
    return true;
  }

 private:
  // A tweak travels with its mode here, so that one cannot be missing.
  [[nodiscard]] bool has_unpaired_tweak() const {
    return case_.has("tweaks") && case_.words("tweaks").size() != case_.words("xonly").size();
  }

  [[nodiscard]] std::vector<mpc::PubNonce> pubnonces() const {
    return fixed_list<66>(case_.byte_list("pubnonces"));
  }

  void run_nonce_gen() const {
    const auto maybe = [this](const char* name) {
      return case_.has(name) ? case_.bytes(name) : Bytes();
    };
    const Bytes secshare = maybe("secshare");
    const Bytes pubshare = maybe("pubshare");
    const Bytes key = maybe("thresh_pk");
    const Bytes message = maybe("msg");
    const Bytes extra = maybe("extra_in");
    mpc::NonceInputs inputs{secshare, pubshare, key, {}, extra};
    if (case_.has("msg")) inputs.message = message;
    auto pair = mpc::nonce_gen(case_.bytes("rand"), inputs);
    REQUIRE(pair);
    Bytes secnonce(mpc::kSecNonceBytes);
    mpc::SecNonce::move_to(std::move(pair->secret), secnonce);
    CHECK(secnonce == case_.bytes("secnonce"));
    CHECK(core::to_hex(pair->pub) == core::to_hex(case_.bytes("pubnonce")));
  }

  [[nodiscard]] mpc::Outcome<mpc::Quorum> make_quorum() const {
    const auto ids = case_.numbers("ids");
    const auto pubshares = fixed_list<33>(case_.byte_list("pubshares"));
    const auto key = case_.bytes("thresh_pk");
    auto quorum = mpc::Quorum::make({case_.number("n"), case_.number("t"), ids, pubshares, key});
    if (!quorum || !case_.has("tweaks")) return quorum;
    const auto tweaks = case_.byte_list("tweaks");
    const auto modes = case_.numbers("xonly");
    for (std::size_t i = 0; i < tweaks.size(); ++i) {
      const auto mode = modes[i] == 1 ? mpc::TweakMode::xonly : mpc::TweakMode::plain;
      const auto tweaked = quorum->apply_tweak(tweaks[i], mode);
      if (!tweaked) return core::unexpected(tweaked.error());
    }
    return quorum;
  }

  [[nodiscard]] mpc::Outcome<mpc::PartialSignature> sign() const {
    const auto quorum = make_quorum();
    if (!quorum) return core::unexpected(quorum.error());
    const auto message = case_.bytes("msg");
    const auto session = mpc::Session::open(*quorum, fixed<66>(case_.bytes("aggnonce")), message);
    if (!session) return core::unexpected(session.error());
    const auto id = case_.number("my_id");
    if (!quorum->position_of(id)) return mpc::failed(mpc::Fault::not_a_signer);

    const auto group =
        mpc::GroupKey::make(case_.number("t"), case_.number("n"), case_.bytes("thresh_pk"),
                            fixed_list<33>(case_.byte_list("group_pubshares")));
    REQUIRE(group);
    const auto share = mpc::Share::make(*group, id, case_.bytes("secshare"));
    if (!share) return core::unexpected(share.error());
    const auto signer = mpc::Signer::make(*share, *quorum);
    if (!signer) return core::unexpected(signer.error());
    Bytes secnonce = case_.bytes("secnonce");
    const auto partial = mpc::sign(mpc::SecNonce::take_from(secnonce), *signer, *session);
    CHECK(secnonce == Bytes(mpc::kSecNonceBytes, 0));
    if (partial && case_.has("pubnonces")) {
      const auto nonces = pubnonces();
      const auto sum = mpc::nonce_agg(nonces);
      REQUIRE(sum);
      CHECK(core::to_hex(*sum) == core::to_hex(case_.bytes("aggnonce")));
      CHECK(
          mpc::verify_partial(*session, signer->position(), nonces[signer->position()], *partial));
    }
    return partial;
  }

  [[nodiscard]] mpc::Outcome<void> verify() const {
    const auto quorum = make_quorum();
    if (!quorum) return core::unexpected(quorum.error());
    const auto nonces = pubnonces();
    const auto sum = mpc::nonce_agg(nonces);
    if (!sum) return core::unexpected(sum.error());
    const auto session = mpc::Session::open(*quorum, *sum, case_.bytes("msg"));
    REQUIRE(session);
    const auto position = case_.number("signer_index");
    return mpc::verify_partial(*session, position, nonces[position],
                               fixed<32>(case_.bytes("psig")));
  }

  [[nodiscard]] mpc::Outcome<mpc::Signature> aggregate() const {
    const auto quorum = make_quorum();
    if (!quorum) return core::unexpected(quorum.error());
    const auto message = case_.bytes("msg");
    const auto session = mpc::Session::open(*quorum, fixed<66>(case_.bytes("aggnonce")), message);
    REQUIRE(session);
    const auto partials = fixed_list<32>(case_.byte_list("psigs"));
    auto signature = mpc::aggregate(*session, partials);
    if (signature) CHECK(crypto::schnorr_verify(*signature, message, quorum->key().xonly()));
    return signature;
  }

  void expect_fault(const mpc::Failure& failure) const {
    REQUIRE_MESSAGE(case_.has("error"), mpc::to_text(failure.fault));
    CHECK(mpc::to_text(failure.fault) == mpc::to_text(fault_named(case_.text("error"))));
    if (case_.has("error_position")) CHECK(failure.position == case_.number("error_position"));
  }
  template <typename Value>
  void expect(const mpc::Outcome<Value>& outcome) const {
    if (!outcome) return expect_fault(outcome.error());
    REQUIRE_FALSE(case_.has("error"));
    CHECK(core::to_hex(*outcome) == core::to_hex(case_.bytes("expected")));
  }
  void expect_nothing(const mpc::Outcome<void>& outcome) const {
    REQUIRE_FALSE(outcome);
    expect_fault(outcome.error());
  }

  const VectorCase& case_;
};

struct VectorTally {
  int run = 0;
  int inexpressible = 0;
};

inline VectorTally run_frost_vectors(const std::vector<VectorCase>& cases) {
  VectorTally tally;
  for (const VectorCase& test_case : cases) {
    ++(FrostVector(test_case).run() ? tally.run : tally.inexpressible);
  }
  return tally;
}

}  // namespace tally::test

// The published JSON of BIP-445's vectors (siv2r/bip-frost-signing, python/vectors) as cases of
// frost_vectors.hpp: lists of indices into pools become the values themselves.
#pragma once

#include <doctest/doctest.h>
#include <string>
#include <utility>
#include <vector>

#include "json/value.hpp"
#include "support/vectors.hpp"

namespace tally::test {

class PublishedCase {
 public:
  PublishedCase(const json::Value& group, const json::Value& source, std::string kind)
      : group_(group), source_(source) {
    const json::Value* name = group.find("tg_id");
    case_.set("case", (name != nullptr ? *name->as_string() + "-" : std::string()) +
                          std::to_string(source.int_at("tc_id").value()));
    case_.set("comment", source.string_at("comment").value());
    case_.set("kind", std::move(kind));
    if (source.find("error") != nullptr) set_error(*source.find("error"));
  }

  [[nodiscard]] VectorCase take() { return std::move(case_); }

  // A hex string of the case; null and absent are left out.
  PublishedCase& hex(const std::string& name, const std::string& as) {
    const json::Value* value = source_.find(name);
    if (value != nullptr && value->as_string() != nullptr) put(as, *value->as_string());
    return *this;
  }
  PublishedCase& hex(const std::string& name) { return hex(name, name); }
  PublishedCase& number(const std::string& name) {
    if (source_.find(name) != nullptr) put(name, std::to_string(source_.int_at(name).value()));
    return *this;
  }
  // A list of numbers, booleans or strings.
  PublishedCase& list(const std::string& name, const std::string& as) {
    if (source_.find(name) == nullptr) return *this;
    std::string joined;
    for (const auto& item : **source_.array_at(name)) joined += text_of(item) + " ";
    put(as, joined);
    return *this;
  }
  // The entries of the group's list `pool` that the case's `indices` name, one or many.
  PublishedCase& pick(const std::string& indices, const std::string& pool, const std::string& as) {
    const json::Value* chosen = source_.find(indices);
    if (chosen == nullptr) return *this;
    const auto& entries = **group_.array_at(pool);
    std::string joined;
    const auto add = [&](const json::Value& index) {
      joined += *entries.at(std::stoul(text_of(index))).as_string() + " ";
    };
    if (chosen->as_array() == nullptr) add(*chosen);
    if (chosen->as_array() != nullptr) {
      for (const auto& index : *chosen->as_array()) add(index);
    }
    put(as, joined);
    return *this;
  }
  // What the whole group shares.
  PublishedCase& group_values() {
    const auto parties = static_cast<std::size_t>(group_.int_at("n").value());
    put("n", std::to_string(parties));
    put("t", std::to_string(group_.int_at("t").value()));
    put("thresh_pk", group_.string_at("thresh_pk").value());
    const auto& all = **group_.array_at("pubshares");
    std::string joined;
    for (std::size_t i = 0; i < parties; ++i) joined += *all.at(i).as_string() + " ";
    put("group_pubshares", joined);
    return *this;
  }
  PublishedCase& put(const std::string& name, std::string value) {
    while (!value.empty() && value.back() == ' ') value.pop_back();
    case_.set(name, value.empty() ? "-" : value);
    return *this;
  }
  [[nodiscard]] const json::Value& source() const { return source_; }

 private:
  static std::string text_of(const json::Value& value) {
    if (value.as_string() != nullptr) return *value.as_string();
    if (value.as_bool() != nullptr) return *value.as_bool() ? "1" : "0";
    if (const auto* number = std::get_if<std::int64_t>(&value.content())) {
      return std::to_string(*number);
    }
    return std::to_string(std::get<std::uint64_t>(value.content()));
  }

  void set_error(const json::Value& error) {
    static const std::vector<std::pair<std::string, std::string>> kNames = {
        {"id must be present", "not_a_signer"},
        {"duplicate", "duplicate_id"},
        {"pubshare must be included", "share_mismatch"},
        {"Invalid pubshare", "bad_pubshare"},
        {"identifier at index", "id_out_of_range"},
        {"key material", "key_mismatch"},
        {"secnonce value", "nonce_spent"},
        {"number of signers", "signer_count"},
        {"secret share value", "bad_share"},
        {"tweak value", "bad_tweak"},
        {"cannot be infinity", "tweak_to_infinity"},
        {"is_xonly arrays", "unpaired"},
        {"must be a 32-byte", "bad_length"},
        {"psigs and ids", "bad_length"},
        {"aggnonce", "bad_aggnonce"},
        {"aggothernonce", "bad_aggothernonce"},
        {"pubnonce", "bad_pubnonce"},
        {"psig", "bad_partial"},
    };
    const char* member = error.find("contrib") != nullptr ? "contrib" : "message";
    const std::string words = error.string_at(member).value();
    for (const auto& [part, name] : kNames) {
      if (words.find(part) == std::string::npos) continue;
      case_.set("error", name);
      const json::Value* position = error.find("signer_index");
      if (position != nullptr && !position->is_null()) {
        case_.set("error_position", text_of(*position));
      }
      return;
    }
    FAIL("unknown error: " << words);
  }

  const json::Value& group_;
  const json::Value& source_;
  VectorCase case_;
};

namespace published {

inline VectorCase session(const json::Value& group, const json::Value& source,
                          const std::string& kind) {
  PublishedCase out(group, source, kind);
  out.group_values().list("ids", "ids").number("my_id").number("signer_index");
  out.pick("pubshare_indices", "pubshares", "pubshares");
  out.pick("pubnonce_indices", "pubnonces", "pubnonces");
  out.pick("secshare_index", "secshares", "secshare");
  out.pick("secnonce_index", "secnonces", "secnonce");
  const json::Value* tweaks = source.find("tweak_indices");
  if (tweaks != nullptr && !tweaks->as_array()->empty()) {
    out.pick("tweak_indices", "tweaks", "tweaks").list("is_xonly", "xonly");
  }
  out.hex("aggnonce").hex("msg").hex("psig").hex("expected").list("psigs", "psigs");
  return out.take();
}

inline VectorCase nonce_gen(const json::Value& document, const json::Value& source) {
  PublishedCase out(document, source, "nonce_gen");
  out.hex("rand_", "rand").hex("secshare").hex("pubshare").hex("thresh_pk").hex("msg");
  out.hex("extra_in");
  const auto& expected = **source.array_at("expected");
  out.put("secnonce", *expected.at(0).as_string()).put("pubnonce", *expected.at(1).as_string());
  return out.take();
}

inline VectorCase nonce_agg(const json::Value& document, const json::Value& source) {
  PublishedCase out(document, source, "nonce_agg");
  return out.pick("pubnonce_indices", "pubnonces", "pubnonces").hex("expected").take();
}

// Which kind of case each list of a file holds.
using Lists = std::vector<std::pair<std::string, std::string>>;

template <typename Convert>
void convert(std::vector<VectorCase>& out, const json::Value& group, const Lists& lists,
             Convert one) {
  for (const auto& [list, kind] : lists) {
    if (group.find(list) == nullptr) continue;
    for (const auto& source : **group.array_at(list)) {
      out.push_back(one(group, source, kind));
      // Cases that fail to verify do not say which of the two ways it is.
      if (list == "verify_fail_tests") {
        const bool range = out.back().text("comment").find("out of range") != std::string::npos;
        out.back().set("error", range ? "bad_partial" : "wrong_partial");
      }
    }
  }
}

}  // namespace published

// Fails the test for a file it does not know: a set is run whole or not at all.
inline std::vector<VectorCase> read_published(const std::string& name,
                                              const json::Value& document) {
  static const std::map<std::string, published::Lists> kSessions = {
      {"sign_verify_vectors.json",
       {{"valid_tests", "sign"},
        {"sign_error_tests", "sign"},
        {"verify_fail_tests", "verify"},
        {"verify_error_tests", "verify"}}},
      {"tweak_vectors.json", {{"valid_tests", "sign"}, {"error_tests", "sign"}}},
      {"sig_agg_vectors.json", {{"valid_tests", "aggregate"}, {"error_tests", "aggregate"}}},
  };
  const published::Lists flat = {{"valid_tests", ""}, {"error_tests", ""}};
  std::vector<VectorCase> out;
  if (name == "nonce_gen_vectors.json") {
    published::convert(out, document, flat, [](const auto& g, const auto& c, const auto&) {
      return published::nonce_gen(g, c);
    });
  } else if (name == "nonce_agg_vectors.json") {
    published::convert(out, document, flat, [](const auto& g, const auto& c, const auto&) {
      return published::nonce_agg(g, c);
    });
  } else {
    REQUIRE_MESSAGE(kSessions.count(name) == 1, "no runner for " << name);
    for (const auto& group : **document.array_at("test_groups")) {
      published::convert(out, group, kSessions.at(name), published::session);
    }
  }
  return out;
}

}  // namespace tally::test

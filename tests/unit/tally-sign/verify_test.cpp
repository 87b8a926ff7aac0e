// Lines of `tally-sign verify` and their way through the window.
#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <thread>
#include <vector>

#include "core/threads.hpp"
#include "crypto/engine.hpp"
#include "crypto/made_items.hpp"
#include "support/verify_lines.hpp"
#include "verify_stats.hpp"
#include "verify_window.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace sign = tally::sign;
using crypto::BackendKind;
using crypto::MadeItems;
using crypto::Scheme;
using tally::test::line_of;

namespace {

std::string answer_of(std::string_view line, std::uint64_t number = 7) {
  sign::QuestionReader reader;
  sign::Question question;
  reader.read(line, number, question);
  if (!question.settled) sign::settle(crypto::verify_singly_var(question.item), question);
  std::string answer;
  sign::append_answer(question, answer);
  return answer;
}

std::vector<BackendKind> backends() {
  std::vector<BackendKind> all = {BackendKind::libsecp, BackendKind::portable};
  if (crypto::ifma_engine() != nullptr) all.push_back(BackendKind::ifma);
  return all;
}

}  // namespace

TEST_SUITE_BEGIN("sign");

TEST_CASE("answers come in the order of the lines from every backend and number of threads") {
  constexpr std::size_t kLines = 3 * sign::VerifyWindow::kSliceItems / 2;
  MadeItems made(21);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kLines; ++i) {
    if (i < 64) {
      made.add(i % 2 == 0 ? Scheme::bip340 : Scheme::ecdsa);
      if (i % 7 == 3) made.corrupt(i);
    }
    // The same 64 again and again, with lines between them that cannot be read.
    lines.push_back(i % 50 == 49 ? "{\"id\":" : line_of(made.items()[i % 64], i));
  }
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < kLines; ++i) expected.push_back(answer_of(lines[i], i + 1));
  for (const BackendKind backend : backends()) {
    for (const std::size_t threads : {0U, 1U}) {
      std::vector<std::string> answers;
      auto window = sign::VerifyWindow::make({backend, threads}, [&](const sign::Question& one) {
        sign::append_answer(one, answers.emplace_back());
      });
      REQUIRE(window);
      sign::QuestionReader reader;
      for (std::size_t i = 0; i < kLines; ++i) {
        reader.read(lines[i], i + 1, (*window)->place());
        (*window)->push();
        if (i == 10) {
          (*window)->drain();
          CHECK(answers.size() == 11);
        }
      }
      (*window)->drain();
      CHECK(answers == expected);
      CHECK((*window)->items() == kLines - kLines / 50);
      CHECK((*window)->verifier().work_ns() > 0);
    }
  }
}

// What goes wrong here only a sanitizer sees: the worker reads what is no longer there.
TEST_CASE("a window goes while its worker verifies questions") {
  MadeItems made(24);
  made.add(Scheme::bip340);
  std::size_t answered = 0;
  auto window = sign::VerifyWindow::make({BackendKind::portable, 1},
                                         [&](const sign::Question&) { ++answered; });
  REQUIRE(window);
  sign::QuestionReader reader;
  const std::string line = line_of(made.items()[0], 1);
  for (std::size_t i = 0; i < 2 * sign::VerifyWindow::kSliceItems; ++i) {
    reader.read(line, i + 1, (*window)->place());
    (*window)->push();
  }
  window->reset();
  CHECK(answered == 0);
}

TEST_CASE("the reason of a bad signature is named") {
  MadeItems made(22);
  made.add(Scheme::ecdsa);
  made.add(Scheme::bip340);
  const auto changed = [&](std::size_t index, auto change) {
    crypto::VerifyItem item = made.items()[index];
    tally::Bytes key(item.key.begin(), item.key.end());
    tally::Bytes sig(item.signature.begin(), item.signature.end());
    change(key, sig);
    item.key = made.keep(key);
    item.signature = made.keep(sig);
    return item;
  };
  const auto why = [](const std::string& reason) {
    return "{\"id\":1,\"ok\":false,\"why\":\"" + reason + "\"}";
  };
  CHECK(answer_of(line_of(made.items()[0], 1)) == "{\"id\":1,\"ok\":true,\"why\":null}");
  CHECK(answer_of(line_of(made.items()[1], 1)) == "{\"id\":1,\"ok\":true,\"why\":null}");
  const auto high = changed(0, [](auto&, auto& sig) {
    const auto s = -crypto::Scalar::from_bytes_reduced(tally::ByteView(sig).subspan(32, 32));
    s.encode_to(std::span(sig).subspan(32, 32));
  });
  CHECK(answer_of(line_of(high, 1)) == why("signature has a high s"));
  CHECK(answer_of(line_of(high, 1, false)) == "{\"id\":1,\"ok\":true,\"why\":null}");
  for (const std::size_t index : {0U, 1U}) {
    const auto other = changed(index, [](auto&, auto& sig) { sig[40] ^= 1U; });
    CHECK(answer_of(line_of(other, 1)) ==
          (index == 0 ? why("signature does not verify") : why("the signature does not verify")));
    const auto off_curve = changed(
        index, [](auto& key, auto&) { std::fill(key.end() - 32, key.end(), std::uint8_t{0xff}); });
    CHECK(answer_of(line_of(off_curve, 1)) ==
          (index == 0 ? why("public key is malformed or not on the curve")
                      : why("pubkey is not on the curve")));
  }
  const auto cut = changed(0, [](auto&, auto& sig) { sig.pop_back(); });
  CHECK(answer_of(line_of(cut, 1)) == why("signature is malformed"));
  const auto beyond =
      changed(0, [](auto&, auto& sig) { std::fill(sig.begin(), sig.end(), std::uint8_t{0xff}); });
  CHECK(answer_of(line_of(beyond, 1)) == why("signature is malformed"));
}

TEST_CASE("memory of a question is used again without a trace of the one before") {
  sign::QuestionReader reader;
  sign::Question question;
  MadeItems made(23);
  made.add(Scheme::bip340);
  const auto answer = [&](std::string_view line) {
    reader.read(line, 3, question);
    if (!question.settled) sign::settle(crypto::verify_singly_var(question.item), question);
    std::string text;
    sign::append_answer(question, text);
    return text;
  };
  const std::string good = line_of(made.items()[0], 5);
  CHECK(answer(good) == "{\"id\":5,\"ok\":true,\"why\":null}");
  CHECK(answer("{}") == "{\"id\":null,\"ok\":false,\"why\":\"member 'scheme' is missing\"}");
  CHECK(answer(good) == "{\"id\":5,\"ok\":true,\"why\":null}");
  CHECK(answer("x").starts_with("{\"id\":null,\"line\":3,\"ok\":false,\"why\":\"not JSON"));
  CHECK(answer("{\"id\":\"a\\\"b\",\"scheme\":1}") ==
        "{\"id\":\"a\\\"b\",\"ok\":false,\"why\":\"member 'scheme' is not a string\"}");
  CHECK(answer(good) == "{\"id\":5,\"ok\":true,\"why\":null}");
}

TEST_CASE("questions with long ids and reasons stay within the bound of bytes") {
  MadeItems made(25);
  made.add(Scheme::bip340);
  constexpr std::size_t kLong = std::size_t{1} << 20U;
  const std::string text(kLong - 1000, 'x');
  const std::string rest = line_of(made.items()[0], 1).substr(std::string("{\"id\":1").size());
  const std::string with_id = "{\"id\":\"" + text + "\"" + rest;
  const std::string with_reason =
      "{\"" + text.substr(kLong / 2) + "\":1,\"" + text.substr(kLong / 2) + "\":2}";
  std::size_t answered = 0;
  auto window = sign::VerifyWindow::make({BackendKind::libsecp, 0},
                                         [&](const sign::Question&) { ++answered; });
  REQUIRE(window);
  sign::QuestionReader reader;
  std::size_t most = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    reader.read(i % 20 == 19 ? with_reason : with_id, i + 1, (*window)->place());
    (*window)->push();
    most = std::max(most, (*window)->held_bytes());
  }
  // The bound, and the question with which it is passed.
  CHECK(most > sign::VerifyWindow::kMostBytes / 2);
  CHECK(most < sign::VerifyWindow::kMostBytes + 4 * kLong);
  (*window)->drain();
  CHECK(answered == 200);
  CHECK((*window)->held_bytes() < kLong);
}

TEST_CASE("places that were used keep no more than the bound of bytes") {
  MadeItems made(26);
  made.add(Scheme::bip340);
  // Each part is one that a single place could keep for good.
  constexpr std::size_t kPart = 3900;
  const std::string rest = line_of(made.items()[0], 1).substr(std::string("{\"id\":1").size());
  const std::string line = "{\"id\":\"" + std::string(kPart, 'x') + "\"" + rest;
  auto window = sign::VerifyWindow::make({BackendKind::automatic, 1}, [](const auto&) {});
  REQUIRE(window);
  sign::QuestionReader reader;
  constexpr std::size_t kPlaces = 3 * sign::VerifyWindow::kSliceItems;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    reader.read(line, i + 1, (*window)->place());
    (*window)->push();
  }
  (*window)->drain();
  // So many would keep more than a third of the bound by this part alone.
  CHECK(kPlaces * kPart > sign::VerifyWindow::kMostBytes / 3);
  CHECK((*window)->held_bytes() < sign::VerifyWindow::kMostBytes / 3 + (1U << 20U));
}

TEST_CASE("more threads than processors are refused") {
  const auto window = sign::VerifyWindow::make({BackendKind::libsecp, 100000}, nullptr);
  REQUIRE_FALSE(window);
  CHECK(window.error().code == tally::Code::usage);
  // Of those that this process may run on, not of those that there are.
  std::thread([] {
    const int only = core::worker_cpus(1).at(0);
    REQUIRE(core::pin_to_cpu(only));
    CHECK(sign::VerifyWindow::make({BackendKind::libsecp, 1}, nullptr));
    const auto two = sign::VerifyWindow::make({BackendKind::libsecp, 2}, nullptr);
    REQUIRE_FALSE(two);
    CHECK(two.error().message == "--threads 2: this process may run on 1 processors");
  }).join();
}

TEST_CASE("figures of a stream set reading against verifying") {
  sign::VerifyStats stats;
  stats.what = "lines";
  stats.backend = "ifma";
  stats.count = 1000;
  stats.bad = 3;
  stats.items = 1000;
  stats.elapsed_ns = 10'000'000;
  stats.input_ns = 1'000'000;
  stats.waited_ns = 8'000'000;
  stats.verify_ns = 8'000'000;
  CHECK(stats.read_ns() == 1'000'000);
  CHECK(stats.text() ==
        "stats: 1000 lines, 3 bad, 100000/s, 1000 ns each to read and answer, 8000 ns to verify by "
        "ifma, reading 12.5 % of verifying");
  stats.items = 0;
  stats.verify_ns = 0;
  CHECK(stats.text() ==
        "stats: 1000 lines, 3 bad, 100000/s, 1000 ns each to read and answer, nothing to verify");
}

TEST_SUITE_END();

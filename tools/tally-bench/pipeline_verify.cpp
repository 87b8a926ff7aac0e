#include "pipeline_verify.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <string>
#include <thread>
#include <vector>

#include "core/hex.hpp"

namespace tally::bench_tool {

namespace {

struct Destroy {
  void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};
using Context = std::unique_ptr<secp256k1_context, Destroy>;

Context make_context() {
  return Context(secp256k1_context_create(SECP256K1_CONTEXT_NONE));
}

// What the threads share. Each takes the next stretch of sequences until there is none.
struct Work {
  const Ledger& ledger;
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> checked{0};
  std::atomic<bool> stop{false};
};

VerifyResult verify_stretches(Work& work, const ByteArray<32>& key) {
  constexpr std::uint64_t kStretch = 64;
  VerifyResult result;
  const Context context = make_context();
  secp256k1_xonly_pubkey parsed;
  if (secp256k1_xonly_pubkey_parse(context.get(), &parsed, key.data()) != 1) return result;
  Bytes packet(work.ledger.packet_bytes());
  const std::uint64_t sent = work.ledger.counts().sent;
  // Relaxed: the stretches are independent and the threads are joined before results are read.
  while (!work.stop.load(std::memory_order_relaxed)) {
    const std::uint64_t first = work.next.fetch_add(kStretch, std::memory_order_relaxed);
    if (first >= sent) break;
    const std::uint64_t last = std::min(first + kStretch, sent);
    for (std::uint64_t sequence = first; sequence < last; ++sequence) {
      if (!work.ledger.has_signature(sequence)) continue;
      work.ledger.rewrite(sequence, packet);
      if (secp256k1_schnorrsig_verify(context.get(), work.ledger.signature(sequence).data(),
                                      packet.data(), packet.size(), &parsed) == 1) {
        ++result.verified;
        continue;
      }
      ++result.bad;
      if (!result.first_bad) result.first_bad = sequence;
    }
    // Relaxed: read for progress alone.
    work.checked.fetch_add(last - first, std::memory_order_relaxed);
  }
  return result;
}

void add(VerifyResult& total, const VerifyResult& part) {
  total.verified += part.verified;
  total.bad += part.bad;
  if (part.first_bad && (!total.first_bad || *part.first_bad < *total.first_bad))
    total.first_bad = part.first_bad;
}

}  // namespace

Result<ByteArray<32>> parse_xonly_key(const std::string& hex) {
  TALLY_TRY(const Bytes bytes, core::from_hex(hex));
  const bool compressed = bytes.size() == 33 && (bytes[0] == 2 || bytes[0] == 3);
  if (bytes.size() != 32 && !compressed)
    return fail(Code::bad_data, "the public key is not 32 bytes, nor 33 that begin with 02 or 03",
                "tally-sign inspect SHARE prints the group's key");
  ByteArray<32> key{};
  std::copy(bytes.end() - 32, bytes.end(), key.begin());
  secp256k1_xonly_pubkey parsed;
  if (secp256k1_xonly_pubkey_parse(make_context().get(), &parsed, key.data()) != 1)
    return fail(Code::bad_data, "the public key is no point of secp256k1");
  return key;
}

VerifyResult verify_signatures(const Ledger& ledger, const ByteArray<32>& key,
                               const VerifyOptions& options) {
  Work work{ledger};
  const unsigned threads = std::max(1U, options.threads);
  std::vector<VerifyResult> parts(threads);
  std::atomic<unsigned> running{threads};
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i)
    pool.emplace_back([&, i] {
      parts[i] = verify_stretches(work, key);
      // Relaxed: join() below orders the results.
      running.fetch_sub(1, std::memory_order_relaxed);
    });
  // Relaxed, all three: they end a wait and show progress; the results are read after join().
  while (running.load(std::memory_order_relaxed) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (options.stop && options.stop()) work.stop.store(true, std::memory_order_relaxed);
    if (options.progress) options.progress(work.checked.load(std::memory_order_relaxed));
  }
  VerifyResult total;
  for (unsigned i = 0; i < threads; ++i) {
    pool[i].join();
    add(total, parts[i]);
  }
  total.complete = total.verified + total.bad == ledger.counts().signed_;
  return total;
}

}  // namespace tally::bench_tool

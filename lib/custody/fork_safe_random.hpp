// The hedged generator of threshold ECDSA, bound to the process that made it. A forked child holds
// a copy of the generator's key and would draw what its parent draws: two signatures under one
// nonce, or two multiplications under one salt. So every draw asks the fork guard first, and in a
// child it comes from the operating system alone.
//
// What a session drew before the fork is in both processes all the same; a party therefore also
// asks its guard before each step of a session, and its presignatures are wiped in the child.
// Any thread; costs a system call a draw.
#pragma once

#include "custody/fork_guard.hpp"
#include "mpc/dkls_random.hpp"

namespace tally::custody {

class ForkSafeRandomness final : public mpc::dkls::Randomness {
 public:
  // One generator a session or batch: it seeds itself with 32 bytes of the operating system. The
  // guard must outlive it.
  ForkSafeRandomness(const ForkGuard& guard, const mpc::dkls::Hedge& hedge)
      : guard_(guard), hedged_(*Seed(), hedge) {}

  void fill(mpc::dkls::Draw draw, std::uint32_t index, MutableByteView out) override;

 private:
  // Lives for the construction of the generator only.
  class Seed {
   public:
    Seed() { core::random_bytes(bytes_); }
    Seed(const Seed&) = delete;
    Seed& operator=(const Seed&) = delete;
    ~Seed() { core::wipe(bytes_); }
    ByteView operator*() const { return bytes_; }

   private:
    ByteArray<32> bytes_{};
  };

  const ForkGuard& guard_;
  mpc::dkls::HedgedRandomness hedged_;
};

}  // namespace tally::custody

// Products of scalars with mulx, adcx and adox: two carry chains at once, one over the low halves
// of the products and one over the high ones (E. Ozturk, J. Guilford, V. Gopal, "Large Integer
// Squaring on Intel Architecture Processors", 2013, for the idea). Written out, because neither
// compiler keeps two carries in flags.
#include <immintrin.h>

#include "core/cpu.hpp"
#include "crypto/scalar_limbs.hpp"

namespace tally::crypto::limbs {
namespace {

// The eight limbs of a * b.
struct Eight {
  std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7;
};

[[gnu::always_inline]] inline Eight product(const Limbs& a, const Limbs& b) {
  Eight p;
  std::uint64_t lo;
  std::uint64_t hi;
  __asm__(
      "movq 0(%[a]), %%rdx\n\t"
      "mulxq 0(%[b]), %[r0], %[r1]\n\t"
      "mulxq 8(%[b]), %[lo], %[r2]\n\t"
      "addq %[lo], %[r1]\n\t"
      "mulxq 16(%[b]), %[lo], %[r3]\n\t"
      "adcq %[lo], %[r2]\n\t"
      "mulxq 24(%[b]), %[lo], %[r4]\n\t"
      "adcq %[lo], %[r3]\n\t"
      "adcq $0, %[r4]\n\t"
      // Each further row: the exclusive or clears both carries and the new top limb.
      "movq 8(%[a]), %%rdx\n\t"
      "xorl %k[r5], %k[r5]\n\t"
      "mulxq 0(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r1]\n\t"
      "adoxq %[hi], %[r2]\n\t"
      "mulxq 8(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r2]\n\t"
      "adoxq %[hi], %[r3]\n\t"
      "mulxq 16(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[hi], %[r4]\n\t"
      "mulxq 24(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r4]\n\t"
      "adoxq %[hi], %[r5]\n\t"
      "movl $0, %k[lo]\n\t"
      "adcxq %[lo], %[r5]\n\t"
      "movq 16(%[a]), %%rdx\n\t"
      "xorl %k[r6], %k[r6]\n\t"
      "mulxq 0(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r2]\n\t"
      "adoxq %[hi], %[r3]\n\t"
      "mulxq 8(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[hi], %[r4]\n\t"
      "mulxq 16(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r4]\n\t"
      "adoxq %[hi], %[r5]\n\t"
      "mulxq 24(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r5]\n\t"
      "adoxq %[hi], %[r6]\n\t"
      "movl $0, %k[lo]\n\t"
      "adcxq %[lo], %[r6]\n\t"
      "movq 24(%[a]), %%rdx\n\t"
      "xorl %k[r7], %k[r7]\n\t"
      "mulxq 0(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[hi], %[r4]\n\t"
      "mulxq 8(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r4]\n\t"
      "adoxq %[hi], %[r5]\n\t"
      "mulxq 16(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r5]\n\t"
      "adoxq %[hi], %[r6]\n\t"
      "mulxq 24(%[b]), %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r6]\n\t"
      "adoxq %[hi], %[r7]\n\t"
      "movl $0, %k[lo]\n\t"
      "adcxq %[lo], %[r7]\n\t"
      : [r0] "=&r"(p.r0), [r1] "=&r"(p.r1), [r2] "=&r"(p.r2), [r3] "=&r"(p.r3), [r4] "=&r"(p.r4),
        [r5] "=&r"(p.r5), [r6] "=&r"(p.r6), [r7] "=&r"(p.r7), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [a] "r"(a.data()), [b] "r"(b.data()), "m"(a), "m"(b)
      : "rdx", "cc");
  return p;
}

// 2^384 and 2^448 modulo n.
constexpr Limbs kFold384 = {kFold[0], kFold[1], kFold[0] + 1, kFold[1]};
constexpr Limbs kFold448 = {0x8F564D667EC7EB3C, 0x9509B0B074EC0AEA, 0x9D671CD581C69BC5,
                            0x402DA1732FC9BEC0};

// One fold of all of h, its two upper limbs by their own residues, leaves less than 2^320; a second
// one leaves a bit above 2^256 at most, and then n is taken off once by a conditional move.
[[gnu::always_inline]] inline void reduce_product(Limbs& r, Eight p) {
  std::uint64_t t;
  std::uint64_t lo;
  std::uint64_t hi;
  __asm__(
      "movabsq %[c0], %%rdx\n\t"
      "xorl %k[t], %k[t]\n\t"
      "mulxq %[h0], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r0]\n\t"
      "adoxq %[hi], %[r1]\n\t"
      "mulxq %[h1], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r1]\n\t"
      "adoxq %[hi], %[r2]\n\t"
      "movl $0, %k[lo]\n\t"
      "adcxq %[lo], %[r2]\n\t"
      "adoxq %[h1], %[r3]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[lo], %[t]\n\t"
      "adcxq %[lo], %[t]\n\t"
      "movabsq %[c1], %%rdx\n\t"
      "xorl %k[lo], %k[lo]\n\t"
      "mulxq %[h1], %[h1], %[hi]\n\t"
      "adcxq %[h0], %[r2]\n\t"
      "adoxq %[h1], %[r2]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[hi], %[r3]\n\t"
      "adcxq %[lo], %[t]\n\t"
      "adoxq %[lo], %[t]\n\t"
      "mulxq %[h0], %[lo], %[hi]\n\t"
      "movl $0, %k[h0]\n\t"
      "addq %[lo], %[r1]\n\t"
      "adcq %[hi], %[r2]\n\t"
      "adcq %[h0], %[r3]\n\t"
      "adcq %[h0], %[t]\n\t"
      "movq %[h2], %%rdx\n\t"
      "xorl %k[h1], %k[h1]\n\t"
      "mulxq 0+%[k384], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r0]\n\t"
      "adoxq %[hi], %[r1]\n\t"
      "mulxq 8+%[k384], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r1]\n\t"
      "adoxq %[hi], %[r2]\n\t"
      "mulxq 16+%[k384], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r2]\n\t"
      "adoxq %[hi], %[r3]\n\t"
      "mulxq 24+%[k384], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[hi], %[t]\n\t"
      "adcxq %[h0], %[t]\n\t"
      "movq %[h3], %%rdx\n\t"
      "xorl %k[h1], %k[h1]\n\t"
      "mulxq 0+%[k448], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r0]\n\t"
      "adoxq %[hi], %[r1]\n\t"
      "mulxq 8+%[k448], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r1]\n\t"
      "adoxq %[hi], %[r2]\n\t"
      "mulxq 16+%[k448], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r2]\n\t"
      "adoxq %[hi], %[r3]\n\t"
      "mulxq 24+%[k448], %[lo], %[hi]\n\t"
      "adcxq %[lo], %[r3]\n\t"
      "adoxq %[hi], %[t]\n\t"
      "adcxq %[h0], %[t]\n\t"
      // r += t * c; h0 becomes the carry.
      "movq %[t], %%rdx\n\t"
      "mulxq 0+%[k384], %[lo], %[hi]\n\t"
      "mulxq 8+%[k384], %[h1], %[h2]\n\t"
      "xorl %k[h3], %k[h3]\n\t"
      "addq %[h1], %[hi]\n\t"
      "adcq %[h2], %[t]\n\t"
      "adcq $0, %[h3]\n\t"
      "addq %[lo], %[r0]\n\t"
      "adcq %[hi], %[r1]\n\t"
      "adcq %[t], %[r2]\n\t"
      "adcq %[h3], %[r3]\n\t"
      "adcq $0, %[h0]\n\t"
      // r + c has a carry exactly when r >= n; then, or after the carry above, it is the answer.
      "movq 0+%[k384], %[lo]\n\t"
      "movq 8+%[k384], %[hi]\n\t"
      "movl $1, %k[t]\n\t"
      "xorl %k[h3], %k[h3]\n\t"
      "addq %[r0], %[lo]\n\t"
      "adcq %[r1], %[hi]\n\t"
      "adcq %[r2], %[t]\n\t"
      "adcq %[r3], %[h3]\n\t"
      "adcq $0, %[h0]\n\t"
      "cmovnzq %[lo], %[r0]\n\t"
      "cmovnzq %[hi], %[r1]\n\t"
      "cmovnzq %[t], %[r2]\n\t"
      "cmovnzq %[h3], %[r3]\n\t"
      : [r0] "+&r"(p.r0), [r1] "+&r"(p.r1), [r2] "+&r"(p.r2), [r3] "+&r"(p.r3), [h0] "+&r"(p.r4),
        [h1] "+&r"(p.r5), [h2] "+&r"(p.r6), [h3] "+&r"(p.r7), [t] "=&r"(t), [lo] "=&r"(lo),
        [hi] "=&r"(hi)
      : [c0] "i"(kFold[0]), [c1] "i"(kFold[1]), [k384] "m"(kFold384), [k448] "m"(kFold448)
      : "rdx", "cc");
  // In halves of 16 bytes: a copy of the result would load those, and wait some fifteen cycles if
  // each came from two stores.
  const auto store = [](std::uint64_t* to, std::uint64_t lower, std::uint64_t upper) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_set_epi64x(static_cast<long long>(upper), static_cast<long long>(lower)));
  };
  store(r.data(), p.r0, p.r1);
  store(r.data() + 2, p.r2, p.r3);
}

}  // namespace

void multiply_reduced_mulx(Limbs& r, const Limbs& a, const Limbs& b) {
  reduce_product(r, product(a, b));
}

void multiply_mulx(Product& wide, const Limbs& a, const Limbs& b) {
  const Eight p = product(a, b);
  wide = {p.r0, p.r1, p.r2, p.r3, p.r4, p.r5, p.r6, p.r7};
}

bool has_mulx() {
  static const bool kHas = core::cpu_features().bmi2_adx;
  return kHas;
}

}  // namespace tally::crypto::limbs

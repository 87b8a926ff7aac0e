// Secret scalars gathered for one call of crypto/secret_mul.hpp, wiped at the end.
#pragma once

#include <vector>

#include "crypto/scalar_vector.hpp"

namespace tally::mpc {

class SecretBatch {
 public:
  // Allocates room for `most` scalars, so that none is left behind by a reallocation.
  explicit SecretBatch(std::size_t most) { scalars_.reserve(most); }
  SecretBatch(const SecretBatch&) = delete;
  SecretBatch& operator=(const SecretBatch&) = delete;
  ~SecretBatch() { core::wipe(scalars_.data(), scalars_.size() * sizeof(crypto::Scalar)); }

  // Pre: fewer than `most` were added.
  void add(const crypto::Scalar& scalar) { scalars_.push_back(scalar); }
  [[nodiscard]] crypto::Scalars get() const { return scalars_; }

 private:
  std::vector<crypto::Scalar> scalars_;
};

}  // namespace tally::mpc

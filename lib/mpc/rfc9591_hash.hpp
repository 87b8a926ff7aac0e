// The hashes of RFC 9591's suites on secp256k1: to a scalar by expand_message_xmd of RFC 9380 with
// SHA-256 and 48 bytes, and to bytes. Constant time in what is hashed.
#pragma once

#include <initializer_list>
#include <string_view>

#include "mpc/rfc9591.hpp"

namespace tally::mpc::rfc9591 {

// H1, H3, HDKG and, for sha256, H2: the suite's context string and `name` are the domain.
[[nodiscard]] crypto::Scalar hash_to_scalar(Suite suite, std::string_view name,
                                            std::initializer_list<ByteView> parts);
// H4 and H5.
[[nodiscard]] ByteArray<32> hash_bytes(Suite suite, std::string_view name, ByteView message);

}  // namespace tally::mpc::rfc9591

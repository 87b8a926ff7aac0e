#include "crypto/verify_backend.hpp"

#include "crypto/engine.hpp"
#include "crypto/verify_sums.hpp"

namespace tally::crypto {
namespace {

class SingleVerifier final : public VerifyBackend {
 public:
  [[nodiscard]] std::string_view name() const override { return "libsecp"; }
  void verify_var(std::span<const VerifyItem> items, std::span<Verdict> verdicts) override {
    for (std::size_t i = 0; i < items.size(); ++i) verdicts[i] = verify_singly_var(items[i]);
  }
};

}  // namespace

std::optional<BackendKind> parse_backend(std::string_view name) {
  if (name == "auto") return BackendKind::automatic;
  if (name == "libsecp") return BackendKind::libsecp;
  if (name == "portable") return BackendKind::portable;
  if (name == "ifma") return BackendKind::ifma;
  return std::nullopt;
}

std::unique_ptr<VerifyBackend> make_backend(BackendKind kind) {
  switch (kind) {
    case BackendKind::libsecp:
      return std::make_unique<SingleVerifier>();
    case BackendKind::portable:
      return std::make_unique<SumVerifier>(portable_engine());
    case BackendKind::ifma:
      if (ifma_engine() == nullptr) return nullptr;
      return std::make_unique<SumVerifier>(*ifma_engine());
    case BackendKind::automatic:
      break;
  }
  // One signature by itself is faster in libsecp256k1 than in portable code.
  return std::make_unique<SumVerifier>(
      engine(), engine().lanes > 1 ? SumVerifier::Singly::engine : SumVerifier::Singly::libsecp);
}

}  // namespace tally::crypto

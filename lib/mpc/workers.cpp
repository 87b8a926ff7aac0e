#include "mpc/workers.hpp"

namespace tally::mpc {
namespace {

class OneThread final : public Workers {
 public:
  void each(std::size_t count, const std::function<void(std::size_t)>& work) override {
    for (std::size_t i = 0; i < count; ++i) work(i);
  }
};

}  // namespace

Workers& one_thread() {
  static OneThread workers;
  return workers;
}

}  // namespace tally::mpc

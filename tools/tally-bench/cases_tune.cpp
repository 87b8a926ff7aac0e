// A case of lib/tune: what one look at the whole host costs.
#include <memory>
#include <utility>

#include "cases.hpp"
#include "subjects.hpp"
#include "tune/host.hpp"
#include "tune/profile.hpp"
#include "tune/survey.hpp"
#include "tune/tree.hpp"

namespace tally::bench_tool {

namespace {

class Survey {
 public:
  explicit Survey(tune::Tree tree) : tree_(std::make_unique<tune::Tree>(std::move(tree))) {}
  bool operator()() {
    const tune::TreeHost host(*tree_);
    const auto found = tune::survey(host, tune::profiles().front(), {});
    return found.has_value() && !found->items.empty();
  }

 private:
  std::unique_ptr<tune::Tree> tree_;
};

}  // namespace

void add_tune_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "tune.survey";
  definition.summary = "every setting of this host read and judged, as tally-tune status does";
  // How much there is to read depends on the host.
  definition.countable = false;
  definition.make = []() -> Result<std::unique_ptr<bench::Subject>> {
    TALLY_TRY(auto tree, tune::Tree::open("/"));
    return make_loop(Survey(std::move(tree)));
  };
  registry.add(definition);
}

}  // namespace tally::bench_tool

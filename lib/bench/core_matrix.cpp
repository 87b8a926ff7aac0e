#include "bench/core_matrix.hpp"

#include <algorithm>
#include <memory>

#include "bench/team.hpp"

namespace tally::bench {

namespace {

// Empty when the two threads did not meet in time.
std::optional<double> round_trip_ns(Team& team, const core::TscCalibration& clock) {
  const auto lines = std::make_unique<PingPong>();
  Meeting meeting(2);
  std::optional<double> trip_ns;
  team.run(2, [&](std::size_t side) {
    if (!meeting.wait()) return;
    const double mine = lines->round_trips(side, clock);
    if (side == 0) trip_ns = mine;
  });
  return trip_ns;
}

}  // namespace

std::size_t CorePair::in_mode(Mode mode) const {
  return static_cast<std::size_t>(
      std::count_if(round_trips_ns.begin(), round_trips_ns.end(),
                    [&](double trip_ns) { return classify_round_trip(trip_ns) == mode; }));
}

std::string relation_of(const std::vector<core::LogicalCpu>& topology, int a, int b) {
  const auto find = [&](int cpu) {
    return std::find_if(topology.begin(), topology.end(),
                        [&](const core::LogicalCpu& one) { return one.id == cpu; });
  };
  const auto first = find(a);
  const auto second = find(b);
  if (first == topology.end() || second == topology.end()) return {};
  const auto& siblings = first->siblings;
  if (std::find(siblings.begin(), siblings.end(), b) != siblings.end()) return "siblings";
  return first->package_id == second->package_id && first->numa_node == second->numa_node
             ? "package"
             : "remote";
}

Result<CoreMatrix> measure_core_matrix(const std::vector<int>& cpus,
                                       const core::TscCalibration& clock,
                                       const CoreMatrixOptions& options) {
  CoreMatrix matrix;
  matrix.cpus = cpus;
  const auto topology = core::cpu_topology();
  for (std::size_t i = 0; i < cpus.size(); ++i)
    for (std::size_t j = i + 1; j < cpus.size(); ++j) {
      CorePair pair;
      pair.a = cpus[i];
      pair.b = cpus[j];
      if (topology) pair.relation = relation_of(*topology, pair.a, pair.b);
      matrix.pairs.push_back(std::move(pair));
    }
  std::size_t measured = 0;
  for (std::size_t round = 0; round < options.rounds; ++round)
    for (CorePair& pair : matrix.pairs) {
      if (options.stop && options.stop()) return matrix;
      TALLY_TRY(const auto team, Team::start({pair.a, pair.b}));
      matrix.fifo = matrix.fifo && team->fifo();
      if (const auto trip_ns = round_trip_ns(*team, clock))
        pair.round_trips_ns.push_back(*trip_ns);
      else
        ++pair.not_met;
      if (options.progress) options.progress(++measured);
    }
  return matrix;
}

}  // namespace tally::bench

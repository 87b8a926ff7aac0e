#include "bench/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/random.hpp"
#include "bench/statistics.hpp"

namespace tally::bench {

namespace {

// Below this a side's median says little; nine values have no split that could be significant.
constexpr std::size_t kMinSide = 3;
constexpr std::size_t kMinStretch = 10;

// Ranks around 0, the mean rank for equal values, so that a stretch sums up to 0.
std::vector<double> centred_ranks(std::span<const double> values) {
  const std::size_t count = values.size();
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(count);
  const double middle = static_cast<double>(count - 1) / 2;
  for (std::size_t begin = 0; begin < count;) {
    std::size_t end = begin + 1;
    while (end < count && values[order[end]] <= values[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + end - 1) / 2 - middle;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

struct Split {
  std::size_t at = 0;     // the first value of the right side
  double difference = 0;  // of the sides' mean ranks, scaled so that splits compare
};

// (mean left - mean right) * sqrt(l * r / n) is sum left * sqrt(n / (l * r)), the ranks being
// centred.
Split best_split(std::span<const double> ranks) {
  Split best;
  const std::size_t count = ranks.size();
  double sum = 0;
  for (std::size_t left = 1; left + kMinSide <= count; ++left) {
    sum += ranks[left - 1];
    if (left < kMinSide) continue;
    const double sides = static_cast<double>(left) * static_cast<double>(count - left);
    const double difference = std::abs(sum) * std::sqrt(static_cast<double>(count) / sides);
    if (difference > best.difference) best = {left, difference};
  }
  return best;
}

void shuffle(std::vector<double>& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

// How often a shuffled stretch splits at least as well, the stretch itself counted.
double permutation_p(std::vector<double> ranks, double difference,
                     const ChangePointOptions& options) {
  Random random(options.seed);
  // A rounding error must not make a shuffle that is as good look worse.
  const double threshold = difference * (1 - 1e-12);
  std::size_t as_good = 1;
  for (std::size_t i = 0; i < options.permutations; ++i) {
    shuffle(ranks, random);
    if (best_split(ranks).difference >= threshold) ++as_good;
  }
  return static_cast<double>(as_good) / static_cast<double>(options.permutations + 1);
}

double median_of(std::span<const double> values) {
  return summarize({values.begin(), values.end()})->median;
}

bool large_enough(double before, double after, double min_change) {
  return std::abs(std::log(after / before)) >= std::log1p(min_change);
}

class Search {
 public:
  Search(std::span<const double> values, const ChangePointOptions& options)
      : values_(values), options_(options) {}

  std::vector<ChangePoint> run() {
    split(0, values_.size());
    std::sort(found_.begin(), found_.end(),
              [](const ChangePoint& a, const ChangePoint& b) { return a.index < b.index; });
    settle();
    return found_;
  }

 private:
  // Looks for a change in values begin..end, then on both sides of it. Depth is at most the number
  // of change points, since each call that goes deeper has found one.
  void split(std::size_t begin, std::size_t end) {
    if (end - begin < kMinStretch) return;
    const auto stretch = values_.subspan(begin, end - begin);
    const std::vector<double> ranks = centred_ranks(stretch);
    const Split best = best_split(ranks);
    if (best.at == 0) return;
    const double p_value = permutation_p(ranks, best.difference, options_);
    if (p_value > options_.significance) return;
    const std::size_t at = begin + best.at;
    found_.push_back({at, 0, 0, p_value});
    split(begin, at);
    split(at, end);
  }

  [[nodiscard]] std::size_t begin_of(std::size_t i) const {
    return i == 0 ? 0 : found_[i - 1].index;
  }
  [[nodiscard]] std::size_t end_of(std::size_t i) const {
    return i + 1 == found_.size() ? values_.size() : found_[i + 1].index;
  }

  // A first split of a long stretch is drawn off its place by changes that were found later, so
  // each is placed again between its neighbours; one that does not matter then is dropped, the
  // smallest first, and its neighbours are looked at again.
  void settle() {
    while (!found_.empty()) {
      for (std::size_t i = 0; i < found_.size(); ++i) place(i);
      for (std::size_t i = 0; i < found_.size(); ++i) measure(i);
      const auto smallest = std::min_element(
          found_.begin(), found_.end(),
          [](const ChangePoint& a, const ChangePoint& b) { return size_of(a) < size_of(b); });
      if (large_enough(smallest->before, smallest->after, options_.min_change)) return;
      found_.erase(smallest);
    }
  }

  static double size_of(const ChangePoint& point) {
    return std::abs(std::log(point.after / point.before));
  }

  void place(std::size_t i) {
    const std::size_t begin = begin_of(i);
    const std::size_t end = end_of(i);
    const Split best = best_split(centred_ranks(values_.subspan(begin, end - begin)));
    if (best.at != 0) found_[i].index = begin + best.at;
  }

  void measure(std::size_t i) {
    const std::size_t begin = begin_of(i);
    const std::size_t end = end_of(i);
    found_[i].before = median_of(values_.subspan(begin, found_[i].index - begin));
    found_[i].after = median_of(values_.subspan(found_[i].index, end - found_[i].index));
  }

  std::span<const double> values_;
  ChangePointOptions options_;
  std::vector<ChangePoint> found_;
};

}  // namespace

std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                            const ChangePointOptions& options) {
  return Search(values, options).run();
}

}  // namespace tally::bench

#include "bench/ab.hpp"

#include <algorithm>
#include <cmath>

#include "bench/holm.hpp"

namespace tally::bench {

namespace {

// ln(second / first) for a cost and ln(first / second) for a rate: above 0 is worse. The mean over
// the modes both have; empty when they have none.
std::optional<double> log_ratio(const std::vector<Reading>& first,
                                const std::vector<Reading>& second, Kind kind) {
  double sum = 0;
  std::size_t modes = 0;
  for (const Reading& a : first) {
    for (const Reading& b : second) {
      if (a.mode != b.mode || !(a.value > 0) || !(b.value > 0)) continue;
      sum += std::log(b.value / a.value);
      ++modes;
    }
  }
  if (modes == 0) return std::nullopt;
  const double mean = sum / static_cast<double>(modes);
  return kind == Kind::cost ? mean : -mean;
}

double band_of(const Interval& interval) {
  return std::max(std::abs(interval.low), std::abs(interval.high));
}

bool within(const Interval& interval, double floor) {
  return band_of(interval) <= floor;
}

Judgement judge_one(const PairLogs& logs, const std::vector<double>& aa, const AbOptions& options) {
  const BootstrapOptions bootstrap{options.confidence, 4000, options.seed};
  Judgement judgement;
  judgement.pairs = logs.ab.size();
  judgement.unusable = logs.unusable;
  const auto noise = bootstrap_median(aa, bootstrap);
  judgement.floor_measured = noise ? band_of(*noise) : 0;
  judgement.floor = std::max(std::log1p(options.floor), judgement.floor_measured);
  const auto interval = bootstrap_median(logs.ab, bootstrap);
  if (!interval) return judgement;
  judgement.worse = summarize(logs.ab)->median;
  judgement.interval = *interval;
  judgement.p_value = beyond_band_p(logs.ab, judgement.floor);
  return judgement;
}

Change change_of(const Judgement& judgement, const AbOptions& options) {
  if (judgement.pairs < kMinPairs) return Change::inconclusive;
  const bool likely = judgement.p_value <= 1 - options.confidence;
  if (likely && judgement.interval.low > judgement.floor) return Change::regression;
  if (likely && judgement.interval.high < -judgement.floor) return Change::improvement;
  return within(judgement.interval, judgement.floor) ? Change::none : Change::inconclusive;
}

bool is_claim(Change change) {
  return change == Change::regression || change == Change::improvement;
}

// Pairs of a batch, and those of a command with itself, which both batches share: they are about
// the host.
class Pairs {
 public:
  Pairs(const std::vector<Kind>& kinds, const Measure& measure, const AbOptions& options)
      : kinds_(kinds),
        measure_(measure),
        logs_(kinds.size()),
        aa_(kinds.size()),
        values_a_(kinds.size()),
        values_b_(kinds.size()),
        b_first_(options.b_first) {}

  // Each is false when the run was stopped. A command's first run finds its files cold; it does
  // not count.
  Result<bool> warm_up() {
    for (const Side side : {Side::a, Side::b}) {
      TALLY_TRY(const auto readings, measure_(side));
      if (!readings) return false;
    }
    return true;
  }

  // Each side once. The orders AB and BA in turn bring the same side together at every border of
  // two pairs, and so a pair of a command with itself for each pair of both.
  Result<bool> run_ab() {
    const Side first = b_first_ ? Side::b : Side::a;
    b_first_ = !b_first_;
    TALLY_TRY(auto one, measure_(first));
    if (!one) return false;
    if (last_ && last_side_ == first) keep_self_pair(*last_, *one);
    TALLY_TRY(auto two, measure_(first == Side::a ? Side::b : Side::a));
    if (!two) return false;
    keep_pair(first == Side::a ? *one : *two, first == Side::a ? *two : *one);
    last_ = std::move(*two);
    last_side_ = first == Side::a ? Side::b : Side::a;
    return true;
  }

  Result<bool> run_aa() {
    TALLY_TRY(const auto one, measure_(Side::a));
    if (!one) return false;
    TALLY_TRY(const auto two, measure_(Side::a));
    if (!two) return false;
    keep_self_pair(*one, *two);
    return true;
  }

  // Begins the second batch.
  void forget_pairs() {
    logs_.assign(kinds_.size(), {});
    last_.reset();
  }

  [[nodiscard]] const std::vector<PairLogs>& logs() const { return logs_; }
  [[nodiscard]] const std::vector<std::vector<double>>& aa() const { return aa_; }
  [[nodiscard]] std::optional<double> median_a(std::size_t i) const { return median(values_a_[i]); }
  [[nodiscard]] std::optional<double> median_b(std::size_t i) const { return median(values_b_[i]); }

 private:
  void keep_pair(const Readings& a, const Readings& b) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      keep_values(a[i], values_a_[i]);
      keep_values(b[i], values_b_[i]);
      if (const auto log = log_ratio(a[i], b[i], kinds_[i]))
        logs_[i].ab.push_back(*log);
      else
        ++logs_[i].unusable;
    }
  }

  // The second of a pair may be slower for its place alone. AB and BA in turn cancel that, and so
  // do self pairs turned round two by two, since every other one is of the same side.
  void keep_self_pair(const Readings& first, const Readings& second) {
    const bool turned = (self_pairs_++ / 2) % 2 != 0;
    for (std::size_t i = 0; i < kinds_.size(); ++i)
      if (const auto log = log_ratio(first[i], second[i], kinds_[i]))
        aa_[i].push_back(turned ? -*log : *log);
  }

  static void keep_values(const std::vector<Reading>& readings, std::vector<double>& values) {
    for (const Reading& reading : readings) values.push_back(reading.value);
  }
  static std::optional<double> median(const std::vector<double>& values) {
    const auto summary = summarize(values);
    if (!summary) return std::nullopt;
    return summary->median;
  }

  const std::vector<Kind>& kinds_;
  const Measure& measure_;
  std::vector<PairLogs> logs_;
  std::vector<std::vector<double>> aa_;
  std::vector<std::vector<double>> values_a_;
  std::vector<std::vector<double>> values_b_;
  std::optional<Readings> last_;
  Side last_side_ = Side::a;
  std::size_t self_pairs_ = 0;
  bool b_first_;
};

class Comparison {
 public:
  Comparison(const std::vector<Kind>& kinds, const Measure& measure, const AbOptions& options)
      : options_(options), pairs_(kinds, measure, options), begin_ns_(options.now()) {}

  Result<AbResult> run() {
    TALLY_CHECK(note(pairs_.warm_up()));
    for (std::size_t i = 0; i < options_.first_aa_pairs && go_on(); ++i)
      TALLY_CHECK(note(pairs_.run_aa()));
    TALLY_TRY(const std::vector<Judgement> first, run_batch([](std::size_t) { return true; }));
    AbResult result;
    for (std::size_t i = 0; i < first.size(); ++i) {
      MetricResult metric;
      metric.first = first[i];
      metric.change = first[i].change;
      result.metrics.push_back(metric);
    }
    if (std::any_of(first.begin(), first.end(),
                    [](const Judgement& judgement) { return is_claim(judgement.change); }))
      TALLY_CHECK(confirm(result));
    finish(result);
    return result;
  }

 private:
  [[nodiscard]] bool go_on() {
    if (!stopped_ && options_.stop && options_.stop()) stopped_ = true;
    const std::uint64_t elapsed_ns = options_.now() - begin_ns_;
    if (options_.progress) options_.progress(elapsed_ns);
    return !stopped_ && elapsed_ns < options_.budget_ns;
  }

  Status note(const Result<bool>& ran) {
    if (!ran) return fail(ran.error());
    if (!*ran) stopped_ = true;
    return {};
  }

  // Adds pairs until each metric that `wanted` names has settled, or the budget ends. Looks are
  // taken at numbers of pairs that grow by a quarter, since every look is one more chance to err.
  template <typename Wanted>
  Result<std::vector<Judgement>> run_batch(const Wanted& wanted) {
    std::vector<Judgement> judged = judge_pairs(pairs_.logs(), pairs_.aa(), options_);
    std::size_t next_look = kMinPairs;
    for (std::size_t pairs = 1; go_on(); ++pairs) {
      TALLY_CHECK(note(pairs_.run_ab()));
      if (stopped_ || pairs < next_look) continue;
      next_look += std::max<std::size_t>(1, next_look / 4);
      judged = judge_pairs(pairs_.logs(), pairs_.aa(), options_);
      bool settled = true;
      for (std::size_t i = 0; i < judged.size(); ++i)
        settled = settled && (judged[i].settled || !wanted(i));
      if (settled) return judged;
    }
    return judge_pairs(pairs_.logs(), pairs_.aa(), options_);
  }

  Status confirm(AbResult& result) {
    pairs_.forget_pairs();
    const auto claimed = [&](std::size_t i) { return is_claim(result.metrics[i].first.change); };
    TALLY_TRY(const std::vector<Judgement> second, run_batch(claimed));
    for (std::size_t i = 0; i < second.size(); ++i) {
      if (!claimed(i)) continue;
      MetricResult& metric = result.metrics[i];
      metric.second = second[i];
      if (second[i].change != metric.first.change) metric.change = Change::inconclusive;
    }
    return {};
  }

  void finish(AbResult& result) {
    for (std::size_t i = 0; i < result.metrics.size(); ++i) {
      result.metrics[i].aa_pairs = pairs_.aa()[i].size();
      result.metrics[i].median_a = pairs_.median_a(i);
      result.metrics[i].median_b = pairs_.median_b(i);
    }
    const auto any = [&](Change change) {
      return std::any_of(result.metrics.begin(), result.metrics.end(),
                         [&](const MetricResult& metric) { return metric.change == change; });
    };
    result.change = Change::none;
    for (const Change change : {Change::improvement, Change::inconclusive, Change::regression})
      if (any(change)) result.change = change;
    result.stopped = stopped_;
    result.elapsed_ns = options_.now() - begin_ns_;
  }

  const AbOptions& options_;
  Pairs pairs_;
  std::uint64_t begin_ns_;
  bool stopped_ = false;
};

}  // namespace

const char* change_name(Change change) {
  switch (change) {
    case Change::regression:
      return "regression";
    case Change::improvement:
      return "improvement";
    case Change::none:
      return "none";
    case Change::inconclusive:
      break;
  }
  return "inconclusive";
}

std::vector<Judgement> judge_pairs(const std::vector<PairLogs>& metrics,
                                   const std::vector<std::vector<double>>& aa,
                                   const AbOptions& options) {
  std::vector<Judgement> judged;
  std::vector<double> p_values;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    judged.push_back(judge_one(metrics[i], aa[i], options));
    p_values.push_back(judged.back().p_value);
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < judged.size(); ++i) {
    Judgement& judgement = judged[i];
    judgement.p_value = adjusted[i];
    judgement.change = change_of(judgement, options);
    // A floor that the noise has raised may still fall as pairs are added; the one that was
    // asked for does not.
    const bool surely_none =
        judgement.change == Change::none && within(judgement.interval, std::log1p(options.floor));
    judgement.settled = is_claim(judgement.change) || surely_none;
  }
  return judged;
}

Result<AbResult> compare_ab(const std::vector<Kind>& kinds, const Measure& measure,
                            const AbOptions& options) {
  return Comparison(kinds, measure, options).run();
}

}  // namespace tally::bench

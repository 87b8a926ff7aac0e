// Runs a fuzz target without libFuzzer: on each file of the folders it is given, on each of their
// beginnings and on each file with one bit turned, as long as two seconds last. A target aborts on
// what must not be; coming to the end is the pass.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::chrono::seconds kVariationTime{2};

std::vector<Bytes> read_corpus(int argc, char** argv) {
  std::vector<Bytes> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  }
  return files;
}

// The copy has exactly `size` bytes, so that a sanitizer sees a read past the end.
void run(const Bytes& file, std::size_t size) {
  const Bytes input(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

// The `step`-th variation of a file; false when it has no more.
bool run_variation(Bytes& file, std::size_t step) {
  if (step < file.size()) {
    run(file, step);
    return true;
  }
  const std::size_t bit = step - file.size();
  if (bit >= file.size() * 8) return false;
  const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
  file[bit / 8] ^= mask;
  run(file, file.size());
  file[bit / 8] ^= mask;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  auto files = read_corpus(argc, argv);
  if (files.empty()) {
    std::fprintf(stderr, "no corpus: each target needs one file at least\n");
    return 1;
  }
  for (const auto& file : files) run(file, file.size());
  const auto end = std::chrono::steady_clock::now() + kVariationTime;
  std::size_t variations = 0;
  bool any = true;
  for (std::size_t step = 0; any && std::chrono::steady_clock::now() < end; ++step) {
    any = false;
    for (auto& file : files) {
      if (!run_variation(file, step)) continue;
      ++variations;
      any = true;
    }
  }
  std::printf("%zu files and %zu variations of them\n", files.size(), variations);
  return 0;
}

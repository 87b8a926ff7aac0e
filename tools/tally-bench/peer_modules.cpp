#include "peer_modules.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include "cases.hpp"
#include "peer_process.hpp"

namespace tally::bench_tool {

namespace {

namespace fs = std::filesystem;

bool is_module(const fs::path& path) {
  return path.extension() == ".so";
}

// Modules and programs.
std::vector<fs::path> peer_paths() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> found;
  if (error) return found;
  for (const auto& entry :
       fs::directory_iterator(program.parent_path() / "tally-bench-peers", error))
    if (is_module(entry.path()) || ::access(entry.path().c_str(), X_OK) == 0)
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

const PeerTable* load_table(const fs::path& path) {
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) return nullptr;
  using Entry = const PeerTable* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(module, kPeerSymbol));
  const PeerTable* table = entry == nullptr ? nullptr : entry();
  return table != nullptr && table->version == kPeerVersion ? table : nullptr;
}

bench::Factory factory_of(const PeerEntry& entry) {
  return [make = entry.make]() -> Result<std::unique_ptr<bench::Subject>> {
    std::unique_ptr<bench::Subject> subject(make());
    if (!subject) return fail(Code::os_failure, "no memory");
    return subject;
  };
}

}  // namespace

bool has_peer_modules() {
  return !peer_paths().empty();
}

namespace {

// Whether the file is a module of this build.
bool add_module(bench::Registry& registry, const fs::path& path) {
  const PeerTable* table = load_table(path);
  if (table == nullptr) return false;
  for (std::size_t i = 0; i < table->count; ++i)
    registry.add_peer(table->entries[i].case_name,
                      {table->entries[i].peer_name, factory_of(table->entries[i])});
  return true;
}

// Whether the file is a program that offers peers.
bool add_program(bench::Registry& registry, const fs::path& path) {
  const auto offers = list_peer_program(path.string());
  for (const auto& offer : offers)
    registry.add_peer(offer.first, {offer.second, [path = path.string(), offer] {
                                      return PeerProcess::start(path, offer.first, offer.second);
                                    }});
  return !offers.empty();
}

}  // namespace

std::vector<std::string> load_peers(bench::Registry& registry) {
  std::vector<std::string> refused;
  for (const fs::path& path : peer_paths()) {
    const bool added = is_module(path) ? add_module(registry, path) : add_program(registry, path);
    if (!added) refused.push_back(path.filename().string());
  }
  return refused;
}

}  // namespace tally::bench_tool

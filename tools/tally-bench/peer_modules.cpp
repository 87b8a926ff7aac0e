#include "peer_modules.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <vector>

#include "cases.hpp"

namespace tally::bench_tool {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> module_paths() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> found;
  if (error) return found;
  for (const auto& entry :
       fs::directory_iterator(program.parent_path() / "tally-bench-peers", error))
    if (entry.path().extension() == ".so") found.push_back(entry.path());
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
  return !module_paths().empty();
}

std::vector<std::string> load_peers(bench::Registry& registry) {
  std::vector<std::string> refused;
  for (const fs::path& path : module_paths()) {
    const PeerTable* table = load_table(path);
    if (table == nullptr) {
      refused.push_back(path.filename().string());
      continue;
    }
    for (std::size_t i = 0; i < table->count; ++i)
      registry.add_peer(table->entries[i].case_name,
                        {table->entries[i].peer_name, factory_of(table->entries[i])});
  }
  return refused;
}

}  // namespace tally::bench_tool

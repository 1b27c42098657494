// Executing a kernel: blocks one after the other, their warps in turn until each waits or ends, lanes by the
// lowest program counter. Memory is checked access by access.
#include <algorithm>

#include "machine/scheduling.h"

namespace sim {

void Fault(const Warp& w, const Instr& i, CUresult code, const std::string& text) {
  throw Error{code, Format("%s at %#x of %s, block %u,%u,%u, warp %u, lanes %#x: %s", text.c_str(), i.pc,
                           Demangle(w.cta->kernel->name).c_str(), w.cta->index[0], w.cta->index[1],
                           w.cta->index[2], w.number, w.active, i.text.c_str())};
}

namespace {

constexpr std::uint64_t kMaxSteps = 4'000'000'000ull;
// The barriers of the block: `expected` threads, or all that have not ended.
bool ReleaseBlock(Cta& cta) {
  bool released = false;
  for (unsigned id = 0; id < 16; ++id) {
    unsigned waiting = 0, live = 0, expected = 0, offered = 0;
    for (const auto& w : cta.warps) {
      for (int l = 0; l < kLanes; ++l) {
        if ((w->present >> l & 1) == 0 || w->lane[l] == LaneState::kExited) continue;
        ++live;
        if (w->lane[l] == LaneState::kBarrier && w->waits_on[l] == id) {
          ++waiting;
          expected = w->expected[l];
          offered += w->offered[l];
        }
      }
    }
    // A thread that has ended counts as arrived.
    if (waiting == 0 || waiting < std::min(expected != 0 ? expected : live, live)) continue;
    released = true;
    for (const auto& w : cta.warps) {
      for (int l = 0; l < kLanes; ++l) {
        if ((w->present >> l & 1) != 0 && w->lane[l] == LaneState::kBarrier && w->waits_on[l] == id) {
          w->lane[l] = LaneState::kRuns;
          w->reduced_count = offered;
          w->expected[l] = waiting;
        }
      }
    }
  }
  return released;
}

void RunBlock(Cta& cta, std::uint64_t& steps) {
  for (;;) {
    bool any_live = false;
    bool progress = false;
    for (const auto& w : cta.warps) {
      std::uint64_t turn = 0;
      while (turn < kTurn) {
        if (!Step(*w)) {
          const auto before = w->lane;
          Release(*w);
          if (before == w->lane) break;
        }
        ++turn;
      }
      if (turn > 0) progress = true;
      steps += turn;
      if (w->Live() != 0) any_live = true;
    }
    if (!any_live) return;
    if (ReleaseBlock(cta)) progress = true;
    if (!progress) throw Error{CUDA_ERROR_LAUNCH_FAILED, "a deadlock in " + Demangle(cta.kernel->name)};
    if (steps > kMaxSteps)
      throw Error{CUDA_ERROR_LAUNCH_TIMEOUT, "too long in " + Demangle(cta.kernel->name)};
  }
}

void Put(std::string& bank, std::size_t at, const void* from, std::size_t bytes) {
  std::memcpy(bank.data() + at, from, bytes);
}

}  // namespace

void Execute(Kernel& kernel, const Launch& launch) {
  if (kernel.program == nullptr) {
    kernel.program = std::make_shared<Program>(Decode(Disassemble(kernel.name, kernel.text)));
  }
  Cta cta;
  cta.kernel = &kernel;
  cta.program = kernel.program.get();
  cta.launch = &launch;
  const std::size_t stack = kernel.local_bytes + 1024;
  cta.bank0.assign(kernel.parameter_base + launch.parameters.size(), '\0');
  Put(cta.bank0, 0, launch.block, 12);
  Put(cta.bank0, 12, launch.grid, 12);
  Put(cta.bank0, 0x18, &kSharedWindow, 8);
  Put(cta.bank0, 0x20, &kLocalWindow, 8);
  Put(cta.bank0, 0x28, &stack, 4);
  Put(cta.bank0, kernel.parameter_base, launch.parameters.data(), launch.parameters.size());
  cta.shared.resize(kernel.shared_bytes + launch.shared_bytes);
  const unsigned threads = launch.block[0] * launch.block[1] * launch.block[2];
  const unsigned warps = (threads + kLanes - 1) / kLanes;
  static auto& pool = *new std::vector<std::unique_ptr<Warp>>;  // under the state's mutex, as all of this is
  const std::size_t registers = std::min<std::size_t>(256, std::max(kernel.registers + 8u, 32u));
  for (unsigned n = 0; n < warps; ++n) {
    if (pool.empty()) pool.push_back(std::make_unique<Warp>());
    cta.warps.push_back(std::move(pool.back()));
    pool.pop_back();
    cta.warps.back()->r[255].fill(0);
    cta.warps.back()->cta = &cta;
    cta.warps.back()->number = n;
  }
  struct GiveBack {
    Cta& cta;
    ~GiveBack() {
      for (auto& w : cta.warps) pool.push_back(std::move(w));
    }
  } give_back{cta};
  std::uint64_t steps = 0;
  for (cta.index[2] = 0; cta.index[2] < launch.grid[2]; ++cta.index[2]) {
    for (cta.index[1] = 0; cta.index[1] < launch.grid[1]; ++cta.index[1]) {
      for (cta.index[0] = 0; cta.index[0] < launch.grid[0]; ++cta.index[0]) {
        std::fill(cta.shared.begin(), cta.shared.end(), 0xCB);
        for (unsigned n = 0; n < warps; ++n) {
          Warp& w = *cta.warps[n];
          const unsigned lanes = std::min<unsigned>(kLanes, threads - n * kLanes);
          w.present = lanes == kLanes ? kAll : (1u << lanes) - 1;
          w.lane.fill(LaneState::kRuns);
          w.pc.fill(0);
          for (std::size_t r = 0; r < registers; ++r) w.r[r].fill(0);
          w.p.fill(0);
          w.ur.fill(0);
          w.up.fill(0);
          for (auto& b : w.barriers) b.fill(0);
          w.offered.fill(0);
          w.local.clear();
          w.local.resize(kLanes);
          w.steps = 0;
          w.together = true;
          w.at = 0;
          w.live = w.present;
          w.yielded = false;
        }
        RunBlock(cta, steps);
      }
    }
  }
}

}  // namespace sim
